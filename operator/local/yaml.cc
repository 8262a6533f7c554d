// YAML to JSON; the library's exceptions stay here.
#include "operator/local/yaml.h"

#include <sstream>

#include <yaml-cpp/eventhandler.h>
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

/// Aliases could make a small text huge.
class AliasFinder final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { has_found = true; }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  bool has_found = false;
};

bool has_alias(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  AliasFinder finder;
  while (parser.HandleNextDocument(finder)) {
  }
  return finder.has_found;
}

}  // namespace

std::optional<std::string> yaml_to_json(const std::string& text) {
  try {
    if (has_alias(text)) {
      return std::nullopt;
    }
    return dump(convert(YAML::Load(text), 0));
  } catch (const YAML::Exception&) {
    return std::nullopt;
  }
}

}  // namespace quorate::local
