// Evaluation of CEL expressions over JSON values.
#include <cmath>
#include <limits>

#include "operator/local/cel.h"
#include "operator/local/cel_expression.h"

namespace quorate::local::cel {

namespace {

using Kind = Expression::Kind;

constexpr int64_t kStepCountMax = 2000000;

Answer integer_arithmetic(const std::string& op, int64_t left, int64_t right) {
  int64_t result = 0;
  bool overflow = false;
  if (op == "+") {
    overflow = __builtin_add_overflow(left, right, &result);
  } else if (op == "-") {
    overflow = __builtin_sub_overflow(left, right, &result);
  } else if (op == "*") {
    overflow = __builtin_mul_overflow(left, right, &result);
  } else if (right == 0) {
    return error(op == "/" ? "division by zero" : "modulus by zero");
  } else if (right == -1) {
    overflow = op == "/" && left == std::numeric_limits<int64_t>::min();
    result = op == "/" && !overflow ? -left : 0;
  } else {
    result = op == "/" ? left / right : left % right;
  }
  return overflow ? error("integer overflow") : value_of(result);
}

Answer arithmetic(const std::string& op, const Json& left, const Json& right) {
  if (left.is_number_integer() && right.is_number_integer()) {
    return integer_arithmetic(op, left.get<int64_t>(), right.get<int64_t>());
  }
  if (left.is_number() && right.is_number() && op != "%") {
    const double a = left.get<double>();
    const double b = right.get<double>();
    return value_of(op == "+" ? a + b : op == "-" ? a - b : op == "*" ? a * b : a / b);
  }
  if (op == "+" && left.is_string() && right.is_string()) {
    return value_of(left.get_ref<const std::string&>() + right.get_ref<const std::string&>());
  }
  if (op == "+" && left.is_array() && right.is_array()) {
    Json joined = left;
    joined.insert(joined.end(), right.begin(), right.end());
    return value_of(std::move(joined));
  }
  return error("no such overload");
}

Answer contains(const Json& item, const Json& container) {
  if (container.is_array()) {
    for (const Json& candidate : container) {
      if (is_equal(candidate, item)) {
        return value_of(true);
      }
    }
    return value_of(false);
  }
  if (container.is_object() && item.is_string()) {
    return value_of(container.contains(item.get_ref<const std::string&>()));
  }
  return error("no such overload");
}

Answer binary(const std::string& op, const Json& left, const Json& right) {
  if (op == "==") {
    return value_of(is_equal(left, right));
  }
  if (op == "!=") {
    return value_of(!is_equal(left, right));
  }
  if (op == "in") {
    return contains(left, right);
  }
  if (op.starts_with('<') || op.starts_with('>')) {
    const auto order = compare(left, right);
    if (!order) {
      return error("no such overload");
    }
    return value_of(op == "<"    ? *order < 0
                    : op == "<=" ? *order <= 0
                    : op == ">"  ? *order > 0
                                 : *order >= 0);
  }
  return arithmetic(op, left, right);
}

class Evaluator {
 public:
  explicit Evaluator(std::map<std::string, Json> scope) : scope_(std::move(scope)) {}

  Answer run(const Expression& node) {
    if (++steps_ > kStepCountMax) {
      return error("operation cancelled: actual cost limit exceeded");
    }
    switch (node.kind) {
      case Kind::kLiteral:
        return value_of(node.literal);
      case Kind::kName:
        return value_of(scope_[node.name]);
      case Kind::kField:
      case Kind::kOptionalField:
        return field(node);
      case Kind::kIndex:
      case Kind::kOptionalIndex:
        return index(node);
      case Kind::kList:
      case Kind::kMap:
        return collection(node);
      case Kind::kUnary:
        return unary(node);
      case Kind::kBinary:
        return with_two(node);
      case Kind::kAnd:
      case Kind::kOr:
        return logic(node);
      case Kind::kConditional:
        return conditional(node);
      case Kind::kHas:
        return has_field(node);
      case Kind::kMacro:
        return macro(node);
      case Kind::kCall:
        return call(node);
    }
    return error("unknown expression");
  }

 private:
  Answer field(const Expression& node) {
    Answer operand = run(*node.children[0]);
    if (!operand.ok()) {
      return operand;
    }
    const bool wants_optional = node.kind == Kind::kOptionalField || is_optional(operand.value);
    if (is_optional(operand.value)) {
      if (!optional_has_value(operand.value)) {
        return operand;
      }
      operand.value = Json(operand.value["value"]);
    }
    if (!operand.value.is_object()) {
      return wants_optional ? value_of(optional_none()) : error("no such key: " + node.name);
    }
    const auto found = operand.value.find(node.name);
    if (found == operand.value.end()) {
      return wants_optional ? value_of(optional_none()) : error("no such key: " + node.name);
    }
    return value_of(wants_optional ? optional_of(*found) : *found);
  }

  Answer index(const Expression& node) {
    Answer operand = run(*node.children[0]);
    if (!operand.ok()) {
      return operand;
    }
    const Answer place = run(*node.children[1]);
    if (!place.ok()) {
      return place;
    }
    const bool wants_optional = node.kind == Kind::kOptionalIndex || is_optional(operand.value);
    if (is_optional(operand.value)) {
      if (!optional_has_value(operand.value)) {
        return operand;
      }
      operand.value = Json(operand.value["value"]);
    }
    const Json& container = operand.value;
    if (container.is_array() && place.value.is_number_integer()) {
      const auto at = place.value.get<int64_t>();
      if (at >= 0 && at < static_cast<int64_t>(container.size())) {
        const Json& item = container[static_cast<size_t>(at)];
        return value_of(wants_optional ? optional_of(item) : item);
      }
      return wants_optional ? value_of(optional_none())
                            : error("index out of bounds: " + std::to_string(at));
    }
    if (container.is_object() && place.value.is_string()) {
      const auto& key = place.value.get_ref<const std::string&>();
      if (const auto found = container.find(key); found != container.end()) {
        return value_of(wants_optional ? optional_of(*found) : *found);
      }
      return wants_optional ? value_of(optional_none()) : error("no such key: " + key);
    }
    return error("no such overload");
  }

  Answer collection(const Expression& node) {
    const bool is_map = node.kind == Kind::kMap;
    Json made = is_map ? Json::object() : Json::array();
    for (size_t i = 0; i < node.children.size(); i += is_map ? 2 : 1) {
      const Answer first = run(*node.children[i]);
      if (!first.ok()) {
        return first;
      }
      if (!is_map) {
        made.push_back(first.value);
        continue;
      }
      const Answer second = run(*node.children[i + 1]);
      if (!second.ok()) {
        return second;
      }
      made[first.value.is_string() ? first.value.get<std::string>() : first.value.dump()] =
          second.value;
    }
    return value_of(std::move(made));
  }

  Answer unary(const Expression& node) {
    Answer operand = run(*node.children[0]);
    if (!operand.ok()) {
      return operand;
    }
    if (node.name == "!" && operand.value.is_boolean()) {
      return value_of(!operand.value.get<bool>());
    }
    if (node.name == "-" && operand.value.is_number_integer()) {
      return integer_arithmetic("-", 0, operand.value.get<int64_t>());
    }
    if (node.name == "-" && operand.value.is_number()) {
      return value_of(-operand.value.get<double>());
    }
    return error("no such overload");
  }

  Answer with_two(const Expression& node) {
    const Answer left = run(*node.children[0]);
    if (!left.ok()) {
      return left;
    }
    const Answer right = run(*node.children[1]);
    if (!right.ok()) {
      return right;
    }
    return binary(node.name, left.value, right.value);
  }

  // One side that decides wins over an error of the other, as CEL has it.
  Answer logic(const Expression& node) {
    const bool decisive = node.kind == Kind::kOr;
    Answer left = run(*node.children[0]);
    if (left.ok() && left.value == decisive) {
      return left;
    }
    Answer right = run(*node.children[1]);
    if (right.ok() && right.value == decisive) {
      return right;
    }
    if (!left.ok()) {
      return left;
    }
    if (!right.ok()) {
      return right;
    }
    const bool both = left.value.is_boolean() && right.value.is_boolean();
    return both ? value_of(!decisive) : error("no such overload");
  }

  Answer conditional(const Expression& node) {
    const Answer condition = run(*node.children[0]);
    if (!condition.ok()) {
      return condition;
    }
    if (!condition.value.is_boolean()) {
      return error("no such overload");
    }
    return run(*node.children[condition.value.get<bool>() ? 1 : 2]);
  }

  Answer has_field(const Expression& node) {
    Answer operand = run(*node.children[0]);
    if (!operand.ok()) {
      return operand;
    }
    if (is_optional(operand.value)) {
      if (!optional_has_value(operand.value)) {
        return value_of(false);
      }
      operand.value = Json(operand.value["value"]);
    }
    if (!operand.value.is_object()) {
      return error("no such overload");
    }
    const auto found = operand.value.find(node.name);
    return value_of(found != operand.value.end() && !found->is_null());
  }

  Answer call(const Expression& node) {
    std::vector<Json> arguments;
    for (const auto& child : node.children) {
      Answer argument = run(*child);
      if (!argument.ok()) {
        return argument;
      }
      arguments.push_back(std::move(argument.value));
    }
    return call_function(node.name, node.is_method, arguments);
  }

  Answer macro(const Expression& node) {
    Answer range = run(*node.children[0]);
    if (!range.ok()) {
      return range;
    }
    if (!range.value.is_array() && !range.value.is_object()) {
      return error("no such overload");
    }
    const std::map<std::string, Json> outer = scope_;
    Answer answer = fold(node, range.value);
    scope_ = outer;
    return answer;
  }

  // Binds the variables to one element. One variable of a map is its key.
  void bind(const Expression& node, const Json& key, const Json& item, bool is_map) {
    if (node.variables.size() == 2) {
      scope_[node.variables[0]] = key;
      scope_[node.variables[1]] = item;
    } else {
      scope_[node.variables[0]] = is_map ? key : item;
    }
  }

  struct Folded {
    Json kept = Json::array();
    int64_t true_count = 0;
    bool any_false = false;
    std::string first_error;
  };

  Answer fold(const Expression& node, const Json& range) {
    Folded folded;
    int64_t position = 0;
    for (const auto& [name, item] : range.items()) {
      const bool is_map = range.is_object();
      bind(node, is_map ? Json(name) : Json(position), item, is_map);
      ++position;
      if (steps_ > kStepCountMax) {
        return error("operation cancelled: actual cost limit exceeded");
      }
      if (!fold_one(node, is_map ? Json(name) : item, folded)) {
        break;
      }
    }
    return folded_answer(node, folded);
  }

  // Returns false when the rest cannot change the answer.
  bool fold_one(const Expression& node, const Json& element, Folded& folded) {
    const Answer first = run(*node.children[1]);
    const auto remember_error = [&](const std::string& why) {
      folded.first_error = folded.first_error.empty() ? why : folded.first_error;
    };
    if (!first.ok()) {
      remember_error(first.error);
      return node.name == "all" || node.name == "exists";
    }
    if (node.name == "map" && node.children.size() == 2) {
      folded.kept.push_back(first.value);
      return true;
    }
    if (!first.value.is_boolean()) {
      remember_error("no such overload");
      return false;
    }
    if (!first.value.get<bool>()) {
      folded.any_false = true;
      return node.name != "all";
    }
    ++folded.true_count;
    if (node.name == "filter") {
      folded.kept.push_back(element);
    } else if (node.name == "map") {
      const Answer made = run(*node.children[2]);
      if (!made.ok()) {
        remember_error(made.error);
        return false;
      }
      folded.kept.push_back(made.value);
    }
    return node.name != "exists";
  }

  Answer folded_answer(const Expression& node, Folded& folded) {
    const bool has_error = !folded.first_error.empty();
    if (node.name == "exists" && folded.true_count > 0) {
      return value_of(true);
    }
    if (node.name == "all" && folded.any_false) {
      return value_of(false);
    }
    if (has_error) {
      return error(folded.first_error);
    }
    if (node.name == "all") {
      return value_of(true);
    }
    if (node.name == "exists") {
      return value_of(false);
    }
    if (node.name == "exists_one") {
      return value_of(folded.true_count == 1);
    }
    return value_of(std::move(folded.kept));
  }

  std::map<std::string, Json> scope_;
  int64_t steps_ = 0;
};

}  // namespace

Answer evaluate(const Expression& program, const std::map<std::string, Json>& scope) {
  return Evaluator(scope).run(program);
}

}  // namespace quorate::local::cel
