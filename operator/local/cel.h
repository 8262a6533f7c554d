// A small evaluator of the Common Expression Language: what authors of custom resources use in
// x-kubernetes-validations.
//
// Literals, lists and maps; arithmetic, comparison, logic with CEL's error rules, `in`, `?:`;
// fields, indexes, optional fields (`a.?b.orValue(c)`); has, size, type conversions; the macros
// all, exists, exists_one, filter, map, and all and exists of two variables; the strings, lists,
// regex and quantity libraries of Kubernetes as far as rules of ours and others' use them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "operator/local/object.h"
#include "server/base/assert.h"

namespace quorate::local::cel {

struct Expression;
using ProgramPtr = std::shared_ptr<const Expression>;

/// A program, or why the text is none.
class [[nodiscard]] Compiled {
 public:
  Compiled(ProgramPtr program) : state_(std::move(program)) {}  // NOLINT implicit
  static Compiled failed(std::string why) {
    Compiled compiled{ProgramPtr()};
    compiled.state_ = std::move(why);
    return compiled;
  }
  explicit operator bool() const { return std::holds_alternative<ProgramPtr>(state_); }
  const ProgramPtr& operator*() const { return std::get<ProgramPtr>(state_); }
  [[nodiscard]] const std::string& error() const { return std::get<std::string>(state_); }

 private:
  std::variant<ProgramPtr, std::string> state_;
};

/// Parses a rule and checks that its functions and variables exist; `self` and `oldSelf` do.
[[nodiscard]] Compiled compile(std::string_view text);

/// Whether the rule names oldSelf, so that it applies to changes only.
[[nodiscard]] bool uses_old_self(const Expression& program);

/// A value, or the error that stopped the evaluation.
struct Answer {
  Json value;
  std::string error;  ///< Empty: none.
  [[nodiscard]] bool ok() const { return error.empty(); }
};

[[nodiscard]] inline Answer error(std::string why) {
  return {.value = {}, .error = std::move(why)};
}
[[nodiscard]] inline Answer value_of(Json value) {
  return {.value = std::move(value), .error = {}};
}

/// Evaluates with the given variables. Work is bounded; a rule that does too much is an error.
[[nodiscard]] Answer evaluate(const Expression& program, const std::map<std::string, Json>& scope);

}  // namespace quorate::local::cel
