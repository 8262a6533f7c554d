// YAML to JSON; the library's exceptions stay here.
#include "operator/local/yaml.h"

#include <yaml-cpp/yaml.h>

#include "operator/local/object.h"

namespace quorate::local {

namespace {

constexpr int kDepthMax = 100;

Json scalar(const YAML::Node& node) {
  const std::string& value = node.Scalar();
  if (node.Tag() == "!") {
    return value;  // It stood in quotes.
  }
  if (value.empty() || value == "~" || value == "null") {
    return Json();
  }
  if (value == "true" || value == "false") {
    return value == "true";
  }
  if (const auto number = parse_integer(value)) {
    return *number;
  }
  double real = 0;
  const bool looks_real = value.find_first_not_of("+-.0123456789eE") == std::string::npos;
  if (looks_real && YAML::convert<double>::decode(node, real)) {
    return real;
  }
  return value;
}

Json convert(const YAML::Node& node, int depth) {
  if (depth > kDepthMax) {
    return Json();
  }
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      Json made = Json::object();
      for (const auto& entry : node) {
        made[entry.first.Scalar()] = convert(entry.second, depth + 1);
      }
      return made;
    }
    case YAML::NodeType::Sequence: {
      Json made = Json::array();
      for (const auto& item : node) {
        made.push_back(convert(item, depth + 1));
      }
      return made;
    }
    case YAML::NodeType::Scalar:
      return scalar(node);
    default:
      return Json();
  }
}

}  // namespace

std::optional<std::string> yaml_to_json(const std::string& text) {
  // Aliases could make a small text huge.
  if (text.find('&') != std::string::npos && text.find('*') != std::string::npos) {
    return std::nullopt;
  }
  try {
    return dump(convert(YAML::Load(text), 0));
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace quorate::local
