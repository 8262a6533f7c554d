// The syntax tree of a CEL expression, shared by its parser and its evaluator.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "operator/local/object.h"

namespace quorate::local::cel {

struct Expression {
  enum class Kind : uint8_t {
    kLiteral,        ///< literal
    kName,           ///< name: a variable
    kField,          ///< children[0].name
    kOptionalField,  ///< children[0].?name
    kIndex,          ///< children[0][children[1]]
    kOptionalIndex,  ///< children[0][?children[1]]
    kList,           ///< [children...]
    kMap,            ///< {children[0]: children[1], ...}
    kUnary,          ///< name is `!` or `-`
    kBinary,         ///< name is the operator
    kAnd,
    kOr,
    kConditional,  ///< children[0] ? children[1] : children[2]
    kHas,          ///< has(children[0].name): children[0] is the operand
    kMacro,        ///< children[0].name(variables..., children[1...])
    kCall,         ///< name(children...); a method's receiver is children[0]
  };
  Kind kind = Kind::kLiteral;
  std::string name;
  Json literal;
  std::vector<std::string> variables;
  std::vector<std::shared_ptr<const Expression>> children;
  bool is_method = false;
};

/// Calls a function that is neither a macro nor an operator. Returns false when there is none of
/// that name for these arguments; `answer` then is not touched.
[[nodiscard]] bool is_known_function(const std::string& name, bool is_method);

struct Answer;
[[nodiscard]] Answer call_function(const std::string& name, bool is_method,
                                   const std::vector<Json>& arguments);
/// Equality of values: numbers by value.
[[nodiscard]] bool is_equal(const Json& left, const Json& right);
/// An order of two values of a kind that has one; nothing otherwise.
[[nodiscard]] std::optional<int> compare(const Json& left, const Json& right);

/// Optional values are maps with these two keys; no other value looks so.
[[nodiscard]] Json optional_of(Json value);
[[nodiscard]] Json optional_none();
[[nodiscard]] bool is_optional(const Json& value);
[[nodiscard]] bool optional_has_value(const Json& value);

}  // namespace quorate::local::cel
