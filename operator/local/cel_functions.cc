// The functions of CEL: conversions, strings, lists, optional values, quantities.
#include <algorithm>
#include <cctype>
#include <set>

#include "operator/local/cel.h"
#include "operator/local/cel_expression.h"
#include "operator/local/schema.h"
#include "server/base/text.h"

namespace quorate::local::cel {

namespace {

constexpr const char* kQuantity = "$quantity";

Answer no_overload() { return error("no such overload"); }

int64_t code_points(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

Answer size_of(const Json& value) {
  if (value.is_string()) {
    return value_of(code_points(value.get_ref<const std::string&>()));
  }
  if (value.is_array() || value.is_object()) {
    return value_of(static_cast<int64_t>(value.size()));
  }
  return no_overload();
}

Answer to_integer(const Json& value) {
  if (value.is_number_integer()) {
    return value_of(value);
  }
  if (value.is_number()) {
    return value_of(static_cast<int64_t>(value.get<double>()));
  }
  if (value.is_string()) {
    const auto parsed = parse_integer(value.get_ref<const std::string&>());
    return parsed ? value_of(*parsed)
                  : error("strconv.ParseInt: parsing " + dump(value) + ": invalid syntax");
  }
  return no_overload();
}

Answer to_double(const Json& value) {
  if (value.is_number()) {
    return value_of(value.get<double>());
  }
  if (value.is_string()) {
    return value_of(std::strtod(value.get_ref<const std::string&>().c_str(), nullptr));
  }
  return no_overload();
}

std::string type_name(const Json& value) {
  return value.is_number_integer() ? "int"
         : value.is_number()       ? "double"
         : value.is_string()       ? "string"
         : value.is_boolean()      ? "bool"
         : value.is_array()        ? "list"
         : value.is_null()         ? "null_type"
                                   : "map";
}

Answer quantity_of(const Json& value) {
  const auto milli = value.is_string() ? parse_quantity_milli(value) : std::nullopt;
  return milli ? value_of(Json{{kQuantity, *milli}})
               : error(
                     "quantities must match the regular expression "
                     "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

Answer call_global(const std::string& name, const std::vector<Json>& arguments) {
  if (name == "optional.none") {
    return value_of(optional_none());
  }
  if (arguments.size() != 1) {
    return no_overload();
  }
  const Json& value = arguments[0];
  if (name == "size") {
    return size_of(value);
  }
  if (name == "int" || name == "uint") {
    return to_integer(value);
  }
  if (name == "double") {
    return to_double(value);
  }
  if (name == "string") {
    return value_of(value.is_string() ? value : Json(dump(value)));
  }
  if (name == "bool") {
    return value_of(value == true || value == "true");
  }
  if (name == "type") {
    return value_of(type_name(value));
  }
  if (name == "dyn") {
    return value_of(value);
  }
  if (name == "quantity") {
    return quantity_of(value);
  }
  if (name == "isQuantity") {
    return value_of(value.is_string() && parse_quantity_milli(value).has_value());
  }
  if (name == "optional.of") {
    return value_of(optional_of(value));
  }
  return no_overload();
}

std::string changed_case(std::string text, bool upper) {
  std::transform(text.begin(), text.end(), text.begin(), [&](unsigned char c) {
    return static_cast<char>(c > 127 ? c : upper ? std::toupper(c) : std::tolower(c));
  });
  return text;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos
             ? ""
             : text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Json split_text(const std::string& text, const std::string& separator) {
  Json parts = Json::array();
  if (separator.empty()) {
    for (const char c : text) {
      parts.push_back(std::string(1, c));
    }
    return parts;
  }
  size_t begin = 0;
  for (size_t at = text.find(separator); at != std::string::npos;
       at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); !from.empty() && at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

Answer string_with_text(const std::string& name, const std::string& text,
                        const std::string& argument) {
  if (name == "startsWith") {
    return value_of(text.starts_with(argument));
  }
  if (name == "endsWith") {
    return value_of(text.ends_with(argument));
  }
  if (name == "contains") {
    return value_of(text.find(argument) != std::string::npos);
  }
  if (name == "matches") {
    return regex_is_valid(argument) ? value_of(regex_found(argument, text))
                                    : error("error parsing regexp: " + argument);
  }
  if (name == "split") {
    return value_of(split_text(text, argument));
  }
  if (name == "indexOf" || name == "lastIndexOf") {
    const size_t at = name == "indexOf" ? text.find(argument) : text.rfind(argument);
    return value_of(at == std::string::npos ? -1 : static_cast<int64_t>(at));
  }
  return no_overload();
}

Answer substring(const std::string& text, const std::vector<Json>& arguments) {
  const auto length = static_cast<int64_t>(text.size());
  const int64_t begin = arguments[1].is_number_integer() ? arguments[1].get<int64_t>() : -1;
  int64_t end = length;
  if (arguments.size() == 3) {
    end = arguments[2].is_number_integer() ? arguments[2].get<int64_t>() : -1;
  }
  if (begin < 0 || end > length || begin > end) {
    return error("index out of range: " + std::to_string(begin));
  }
  return value_of(text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
}

Answer call_string(const std::string& name, const std::vector<Json>& arguments) {
  const auto& text = arguments[0].get_ref<const std::string&>();
  if (arguments.size() == 1) {
    if (name == "lowerAscii" || name == "upperAscii") {
      return value_of(changed_case(text, name == "upperAscii"));
    }
    if (name == "trim") {
      return value_of(trimmed(text));
    }
    return name == "size" ? size_of(arguments[0]) : no_overload();
  }
  if (name == "substring") {
    return substring(text, arguments);
  }
  if (!arguments[1].is_string()) {
    return no_overload();
  }
  const auto& argument = arguments[1].get_ref<const std::string&>();
  if (name == "replace" && arguments.size() == 3 && arguments[2].is_string()) {
    return value_of(replaced(text, argument, arguments[2].get<std::string>()));
  }
  if (name == "find") {
    const size_t at = text.find(argument);
    return value_of(at == std::string::npos ? "" : argument);
  }
  return arguments.size() == 2 ? string_with_text(name, text, argument) : no_overload();
}

Answer sum_of(const Json& list) {
  int64_t whole = 0;
  double real = 0;
  bool is_real = false;
  for (const Json& item : list) {
    if (!item.is_number()) {
      return no_overload();
    }
    is_real = is_real || !item.is_number_integer();
    if (item.is_number_integer() && __builtin_add_overflow(whole, item.get<int64_t>(), &whole)) {
      return error("integer overflow");
    }
    real += item.get<double>();
  }
  return value_of(is_real ? Json(real) : Json(whole));
}

Answer extreme_of(const Json& list, bool wants_max) {
  if (list.empty()) {
    return error(wants_max ? "max called on empty list" : "min called on empty list");
  }
  const Json* best = &list[0];
  for (const Json& item : list) {
    const auto order = compare(item, *best);
    if (!order) {
      return no_overload();
    }
    best = (wants_max ? *order > 0 : *order < 0) ? &item : best;
  }
  return value_of(*best);
}

Answer call_list(const std::string& name, const std::vector<Json>& arguments) {
  const Json& list = arguments[0];
  if (name == "size") {
    return size_of(list);
  }
  if (name == "sum") {
    return sum_of(list);
  }
  if (name == "min" || name == "max") {
    return extreme_of(list, name == "max");
  }
  if (name == "isSorted") {
    for (size_t i = 1; i < list.size(); ++i) {
      const auto order = compare(list[i - 1], list[i]);
      if (!order || *order > 0) {
        return order ? value_of(false) : no_overload();
      }
    }
    return value_of(true);
  }
  if (name == "join") {
    std::vector<std::string> parts;
    for (const Json& item : list) {
      if (!item.is_string()) {
        return no_overload();
      }
      parts.push_back(item.get<std::string>());
    }
    const bool has_separator = arguments.size() == 2 && arguments[1].is_string();
    return value_of(join(parts, has_separator ? arguments[1].get<std::string>() : ""));
  }
  if ((name == "indexOf" || name == "lastIndexOf") && arguments.size() == 2) {
    int64_t found = -1;
    for (size_t i = 0; i < list.size(); ++i) {
      if (is_equal(list[i], arguments[1]) && (found < 0 || name == "lastIndexOf")) {
        found = static_cast<int64_t>(i);
      }
    }
    return value_of(found);
  }
  return no_overload();
}

Answer call_quantity(const std::string& name, const std::vector<Json>& arguments) {
  const int64_t left = integer(arguments[0], kQuantity);
  if (arguments.size() == 1) {
    if (name == "asInteger") {
      return value_of(left / 1000);
    }
    if (name == "sign") {
      return value_of(left > 0 ? 1 : left < 0 ? -1 : 0);
    }
    return name == "isInteger" ? value_of(left % 1000 == 0) : no_overload();
  }
  if (!arguments[1].is_object() || !arguments[1].contains(kQuantity)) {
    return no_overload();
  }
  const int64_t right = integer(arguments[1], kQuantity);
  if (name == "compareTo") {
    return value_of(left > right ? 1 : left < right ? -1 : 0);
  }
  if (name == "isGreaterThan") {
    return value_of(left > right);
  }
  return name == "isLessThan" ? value_of(left < right) : no_overload();
}

Answer call_optional(const std::string& name, const std::vector<Json>& arguments) {
  const bool has_value = optional_has_value(arguments[0]);
  if (name == "hasValue") {
    return value_of(has_value);
  }
  if (name == "value") {
    return has_value ? value_of(arguments[0]["value"]) : error("optional.none() dereference");
  }
  if (name == "orValue" && arguments.size() == 2) {
    return value_of(has_value ? arguments[0]["value"] : arguments[1]);
  }
  if (name == "or" && arguments.size() == 2) {
    return value_of(has_value ? arguments[0] : arguments[1]);
  }
  return no_overload();
}

}  // namespace

bool is_known_function(const std::string& name, bool is_method) {
  static const std::set<std::string> kGlobals = {
      "size", "int", "uint",     "double",     "string",      "bool",
      "type", "dyn", "quantity", "isQuantity", "optional.of", "optional.none"};
  static const std::set<std::string> kMethods = {
      "size",      "startsWith",  "endsWith",      "contains",   "matches",   "split",
      "indexOf",   "lastIndexOf", "lowerAscii",    "upperAscii", "trim",      "substring",
      "replace",   "find",        "join",          "sum",        "min",       "max",
      "isSorted",  "compareTo",   "isGreaterThan", "isLessThan", "asInteger", "sign",
      "isInteger", "hasValue",    "value",         "orValue",    "or"};
  return (is_method ? kMethods : kGlobals).contains(name);
}

Answer call_function(const std::string& name, bool is_method, const std::vector<Json>& arguments) {
  if (!is_method) {
    return call_global(name, arguments);
  }
  const Json& receiver = arguments[0];
  if (receiver.is_string()) {
    return call_string(name, arguments);
  }
  if (receiver.is_array()) {
    return call_list(name, arguments);
  }
  if (is_optional(receiver)) {
    return call_optional(name, arguments);
  }
  if (receiver.is_object() && receiver.contains(kQuantity)) {
    return call_quantity(name, arguments);
  }
  return name == "size" ? size_of(receiver) : no_overload();
}

bool is_equal(const Json& left, const Json& right) {
  return left == right;  // Numbers compare by value; lists and maps by their elements.
}

std::optional<int> compare(const Json& left, const Json& right) {
  const bool is_ordered = (left.is_number() && right.is_number()) ||
                          (left.is_string() && right.is_string()) ||
                          (left.is_boolean() && right.is_boolean());
  if (!is_ordered) {
    return std::nullopt;
  }
  return left < right ? -1 : right < left ? 1 : 0;
}

Json optional_of(Json value) { return {{"$optional", true}, {"value", std::move(value)}}; }
Json optional_none() { return {{"$optional", false}, {"value", nullptr}}; }

bool is_optional(const Json& value) {
  return value.is_object() && value.size() == 2 && value.contains("$optional") &&
         value.contains("value");
}

bool optional_has_value(const Json& value) { return boolean(value, "$optional"); }

}  // namespace quorate::local::cel
