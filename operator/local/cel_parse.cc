// The parser of CEL: from text to a tree whose functions and variables are known to exist.
#include <cctype>
#include <cstdlib>
#include <set>

#include "operator/local/cel.h"
#include "operator/local/cel_expression.h"

namespace quorate::local::cel {

namespace {

using Kind = Expression::Kind;
using Node = std::shared_ptr<const Expression>;

constexpr int kDepthMax = 100;
constexpr size_t kTextBytesMax = 20000;

const std::set<std::string>& macros() {
  static const std::set<std::string> kMacros = {"all", "exists", "exists_one", "filter", "map"};
  return kMacros;
}

Node make(Kind kind, std::string name, std::vector<Node> children) {
  auto node = std::make_shared<Expression>();
  node->kind = kind;
  node->name = std::move(name);
  node->children = std::move(children);
  return node;
}

Node literal(Json value) {
  auto node = std::make_shared<Expression>();
  node->literal = std::move(value);
  return node;
}

// In Kubernetes, names that CEL reserves are written with underscores around them.
std::string unescape_name(std::string name) {
  constexpr std::pair<std::string_view, std::string_view> kSigns[] = {
      {"__underscores__", "__"}, {"__dot__", "."}, {"__dash__", "-"}, {"__slash__", "/"}};
  for (const auto& [sign, meaning] : kSigns) {
    for (size_t at = name.find(sign); at != std::string::npos; at = name.find(sign, at + 1)) {
      name.replace(at, sign.size(), meaning);
    }
  }
  if (name.size() > 4 && name.starts_with("__") && name.ends_with("__")) {
    return name.substr(2, name.size() - 4);
  }
  return name;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { names_.insert({"self", "oldSelf"}); }

  Compiled parse() {
    if (text_.size() > kTextBytesMax) {
      return Compiled::failed("the expression is too long");
    }
    Node root = conditional();
    skip_spaces();
    if (error_.empty() && position_ < text_.size()) {
      fail("Syntax error: unexpected '" + std::string(text_.substr(position_, 10)) + "'");
    }
    if (!error_.empty()) {
      return Compiled::failed(error_);
    }
    return Compiled(std::move(root));
  }

 private:
  Node fail(const std::string& why) {
    if (error_.empty()) {
      error_ = "1:" + std::to_string(position_) + ": " + why;
    }
    return literal(Json());
  }

  void skip_spaces() {
    while (position_ < text_.size()) {
      if (std::isspace(static_cast<unsigned char>(text_[position_])) != 0) {
        ++position_;
      } else if (text_.substr(position_).starts_with("//")) {
        const size_t end = text_.find('\n', position_);
        position_ = end == std::string_view::npos ? text_.size() : end;
      } else {
        return;
      }
    }
  }

  bool take(std::string_view token) {
    skip_spaces();
    if (!error_.empty() || !text_.substr(position_).starts_with(token)) {
      return false;
    }
    position_ += token.size();
    return true;
  }

  bool take_word(std::string_view word) {
    skip_spaces();
    const size_t end = position_ + word.size();
    if (!text_.substr(position_).starts_with(word) ||
        (end < text_.size() &&
         (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_'))) {
      return false;
    }
    return take(word);
  }

  void expect(std::string_view token) {
    if (!take(token)) {
      fail("Syntax error: expected '" + std::string(token) + "'");
    }
  }

  Node conditional() {
    if (++depth_ > kDepthMax) {
      return fail("the expression is nested too deeply");
    }
    Node condition = alternatives();
    if (take("?")) {
      Node yes = conditional();
      expect(":");
      condition = make(Kind::kConditional, "?:", {condition, yes, conditional()});
    }
    --depth_;
    return condition;
  }

  Node alternatives() {
    Node left = conjunction();
    while (take("||")) {
      left = make(Kind::kOr, "||", {left, conjunction()});
    }
    return left;
  }

  Node conjunction() {
    Node left = relation();
    while (take("&&")) {
      left = make(Kind::kAnd, "&&", {left, relation()});
    }
    return left;
  }

  Node relation() {
    Node left = sum();
    while (error_.empty()) {
      std::string op;
      for (const char* candidate : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (take(candidate)) {
          op = candidate;
          break;
        }
      }
      if (op.empty() && take_word("in")) {
        op = "in";
      }
      if (op.empty()) {
        return left;
      }
      left = make(Kind::kBinary, op, {left, sum()});
    }
    return left;
  }

  Node sum() {
    Node left = product();
    while (true) {
      if (take("+")) {
        left = make(Kind::kBinary, "+", {left, product()});
      } else if (take("-")) {
        left = make(Kind::kBinary, "-", {left, product()});
      } else {
        return left;
      }
    }
  }

  Node product() {
    Node left = unary();
    while (true) {
      if (take("*")) {
        left = make(Kind::kBinary, "*", {left, unary()});
      } else if (take("/")) {
        left = make(Kind::kBinary, "/", {left, unary()});
      } else if (take("%")) {
        left = make(Kind::kBinary, "%", {left, unary()});
      } else {
        return left;
      }
    }
  }

  Node unary() {
    if (++depth_ > kDepthMax) {
      return fail("the expression is nested too deeply");
    }
    Node node;
    skip_spaces();
    const bool is_not_equal = text_.substr(position_).starts_with("!=");
    if (!is_not_equal && take("!")) {
      node = make(Kind::kUnary, "!", {unary()});
    } else if (take("-")) {
      node = make(Kind::kUnary, "-", {unary()});
    } else {
      node = member();
    }
    --depth_;
    return node;
  }

  Node member() {
    Node node = primary();
    while (error_.empty()) {
      if (take("[")) {
        const bool optional = take("?");
        Node index = conditional();
        expect("]");
        node = make(optional ? Kind::kOptionalIndex : Kind::kIndex, "", {node, index});
      } else if (take(".")) {
        const bool optional = take("?");
        std::string name = identifier();
        if (name.empty()) {
          return fail("Syntax error: expected a field");
        }
        if (!optional && take("(")) {
          node = method(node, name);
        } else {
          node = make(optional ? Kind::kOptionalField : Kind::kField, unescape_name(name), {node});
        }
      } else {
        return node;
      }
    }
    return node;
  }

  Node method(Node receiver, const std::string& name) {
    if (macros().contains(name)) {
      return macro(std::move(receiver), name);
    }
    std::vector<Node> arguments = {std::move(receiver)};
    read_arguments(arguments, ")");
    if (!is_known_function(name, true)) {
      return fail("undeclared reference to '" + name + "' (in container '')");
    }
    auto node = std::make_shared<Expression>(*make(Kind::kCall, name, std::move(arguments)));
    node->is_method = true;
    return node;
  }

  // Its variables are the identifiers before the last arguments: all(x, p), map(x, p, t), or
  // all(i, x, p) where the second argument is an identifier too.
  Node macro(Node receiver, const std::string& name) {
    auto node = std::make_shared<Expression>();
    node->kind = Kind::kMacro;
    node->name = name;
    node->children.push_back(std::move(receiver));
    node->variables.push_back(identifier());
    if (node->variables.back().empty()) {
      return fail("argument must be a simple name");
    }
    expect(",");
    const size_t before = position_;
    const std::string second = identifier();
    if (!second.empty() && take(",") && name != "map" && name != "filter") {
      node->variables.push_back(second);
    } else {
      position_ = before;
    }
    std::multiset<std::string> outer = names_;
    names_.insert(node->variables.begin(), node->variables.end());
    read_arguments(node->children, ")");
    names_ = std::move(outer);
    const size_t count = node->children.size();
    if (count != 2 && !(name == "map" && count == 3)) {
      return fail("'" + name + "' has a wrong number of arguments");
    }
    return node;
  }

  void read_arguments(std::vector<Node>& into, std::string_view end) {
    if (take(end)) {
      return;
    }
    while (error_.empty()) {
      into.push_back(conditional());
      if (take(end)) {
        return;
      }
      expect(",");
      if (take(end)) {
        return;  // A comma after the last one.
      }
    }
  }

  std::string identifier() {
    skip_spaces();
    const size_t begin = position_;
    while (
        position_ < text_.size() &&
        (std::isalpha(static_cast<unsigned char>(text_[position_])) != 0 ||
         text_[position_] == '_' ||
         (position_ > begin && std::isdigit(static_cast<unsigned char>(text_[position_])) != 0))) {
      ++position_;
    }
    return std::string(text_.substr(begin, position_ - begin));
  }

  Node primary() {
    skip_spaces();
    if (position_ >= text_.size()) {
      return fail("Syntax error: unexpected end");
    }
    const char c = text_[position_];
    if (take("(")) {
      Node inner = conditional();
      expect(")");
      return inner;
    }
    if (take("[")) {
      std::vector<Node> items;
      read_arguments(items, "]");
      return make(Kind::kList, "", std::move(items));
    }
    if (take("{")) {
      return map_literal();
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.') {
      return number();
    }
    const bool is_raw = (c == 'r' || c == 'R' || c == 'b') && position_ + 1 < text_.size() &&
                        (text_[position_ + 1] == '"' || text_[position_ + 1] == '\'');
    if (c == '"' || c == '\'' || is_raw) {
      position_ += is_raw ? 1 : 0;
      return string(is_raw && c != 'b');
    }
    return named();
  }

  Node map_literal() {
    std::vector<Node> items;
    while (error_.empty() && !take("}")) {
      items.push_back(conditional());
      expect(":");
      items.push_back(conditional());
      if (!take(",")) {
        expect("}");
        break;
      }
    }
    return make(Kind::kMap, "", std::move(items));
  }

  Node number() {
    const size_t begin = position_;
    bool is_double = false;
    while (position_ < text_.size()) {
      const char c = text_[position_];
      const bool is_exponent_sign =
          (c == '+' || c == '-') && (text_[position_ - 1] == 'e' || text_[position_ - 1] == 'E');
      if (c == '.' || c == 'e' || c == 'E' || is_exponent_sign) {
        is_double = true;
      } else if (std::isdigit(static_cast<unsigned char>(c)) == 0) {
        break;
      }
      ++position_;
    }
    const std::string digits(text_.substr(begin, position_ - begin));
    take("u");
    if (is_double) {
      return literal(std::strtod(digits.c_str(), nullptr));
    }
    const auto value = parse_integer(digits);
    return value ? literal(*value) : fail("invalid int literal");
  }

  Node string(bool is_raw) {
    const char quote = text_[position_++];
    const std::string_view triple = quote == '"' ? "\"\"" : "''";
    const bool is_triple = text_.substr(position_).starts_with(triple);
    std::string value;
    if (is_triple && position_ + 2 < text_.size() && text_[position_ + 2] == quote) {
      position_ += 2;
      return fail("triple-quoted strings are not supported");
    }
    while (position_ < text_.size() && text_[position_] != quote) {
      char c = text_[position_++];
      if (c == '\\' && !is_raw && position_ < text_.size()) {
        c = text_[position_++];
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      }
      value += c;
    }
    if (position_ >= text_.size()) {
      return fail("Syntax error: token recognition error: unterminated string");
    }
    ++position_;
    return literal(std::move(value));
  }

  Node named() {
    const std::string name = identifier();
    if (name == "true" || name == "false") {
      return literal(name == "true");
    }
    if (name == "null") {
      return literal(Json());
    }
    if (name.empty()) {
      return fail("Syntax error: unexpected '" + std::string(text_.substr(position_, 10)) + "'");
    }
    if (name == "optional" && take(".")) {
      return optional_call();
    }
    if (take("(")) {
      return function(name);
    }
    if (!names_.contains(name)) {
      return fail("undeclared reference to '" + name + "' (in container '')");
    }
    return make(Kind::kName, name, {});
  }

  Node optional_call() {
    const std::string name = "optional." + identifier();
    std::vector<Node> arguments;
    expect("(");
    read_arguments(arguments, ")");
    if (!is_known_function(name, false)) {
      return fail("undeclared reference to '" + name + "' (in container '')");
    }
    return make(Kind::kCall, name, std::move(arguments));
  }

  Node function(const std::string& name) {
    std::vector<Node> arguments;
    read_arguments(arguments, ")");
    if (name == "has") {
      if (arguments.size() != 1 || arguments[0]->kind != Kind::kField) {
        return fail("invalid argument to has() macro");
      }
      return make(Kind::kHas, arguments[0]->name, arguments[0]->children);
    }
    if (!is_known_function(name, false)) {
      return fail("undeclared reference to '" + name + "' (in container '')");
    }
    return make(Kind::kCall, name, std::move(arguments));
  }

  std::string_view text_;
  size_t position_ = 0;
  int depth_ = 0;
  std::string error_;
  std::multiset<std::string> names_;
};

}  // namespace

Compiled compile(std::string_view text) { return Parser(text).parse(); }

bool uses_old_self(const Expression& program) {
  if (program.kind == Kind::kName && program.name == "oldSelf") {
    return true;
  }
  for (const Node& child : program.children) {
    if (uses_old_self(*child)) {
      return true;
    }
  }
  return false;
}

}  // namespace quorate::local::cel
