// Parsing and matching of selectors.
#include "operator/local/selector.h"

#include <algorithm>
#include <optional>
#include <set>

#include "server/base/text.h"

namespace quorate::local {

namespace {

using Operator = Requirement::Operator;

bool matches(const Requirement& requirement, const std::optional<std::string>& value) {
  const auto& values = requirement.values;
  const bool listed = value && std::find(values.begin(), values.end(), *value) != values.end();
  switch (requirement.op) {
    case Operator::kIn:
      return listed;
    case Operator::kNotIn:
      return !listed;
    case Operator::kExists:
      return value.has_value();
    case Operator::kNotExists:
      return !value.has_value();
    case Operator::kGreater:
    case Operator::kLess: {
      const auto left = value ? parse_integer(*value) : std::nullopt;
      const auto right = values.empty() ? std::nullopt : parse_integer(values.front());
      if (!left || !right) {
        return false;
      }
      return requirement.op == Operator::kGreater ? *left > *right : *left < *right;
    }
  }
  return false;
}

// Reads a selector from left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Selector> read() {
    Selector selector;
    skip_spaces();
    while (!text_.empty()) {
      auto requirement = read_one();
      if (!requirement) {
        return std::nullopt;
      }
      selector.requirements.push_back(*std::move(requirement));
      skip_spaces();
      if (!text_.empty() && !take(",")) {
        return std::nullopt;
      }
      skip_spaces();
    }
    return selector;
  }

 private:
  std::optional<Requirement> read_one() {
    Requirement requirement;
    const bool negated = take("!");
    requirement.key = word();
    if (requirement.key.empty()) {
      return std::nullopt;
    }
    skip_spaces();
    if (negated) {
      requirement.op = Operator::kNotExists;
      return requirement;
    }
    if (text_.empty() || text_.starts_with(",")) {
      return requirement;
    }
    return read_operator(std::move(requirement));
  }

  std::optional<Requirement> read_operator(Requirement requirement) {
    if (take("notin")) {
      requirement.op = Operator::kNotIn;
      return read_set(std::move(requirement));
    }
    if (take("in")) {
      requirement.op = Operator::kIn;
      return read_set(std::move(requirement));
    }
    if (take("!=")) {
      requirement.op = Operator::kNotIn;
    } else if (take("==") || take("=")) {
      requirement.op = Operator::kIn;
    } else if (take(">")) {
      requirement.op = Operator::kGreater;
    } else if (take("<")) {
      requirement.op = Operator::kLess;
    } else {
      return std::nullopt;
    }
    skip_spaces();
    requirement.values.push_back(word());
    return requirement;
  }

  std::optional<Requirement> read_set(Requirement requirement) {
    skip_spaces();
    if (!take("(")) {
      return std::nullopt;
    }
    while (true) {
      skip_spaces();
      requirement.values.push_back(word());
      skip_spaces();
      if (take(")")) {
        return requirement;
      }
      if (!take(",")) {
        return std::nullopt;
      }
    }
  }

  bool take(std::string_view token) {
    if (!text_.starts_with(token)) {
      return false;
    }
    text_.remove_prefix(token.size());
    return true;
  }

  std::string word() {
    const size_t end = text_.find_first_of(",=!<>() \t");
    std::string found(text_.substr(0, end));
    text_.remove_prefix(found.size());
    return found;
  }

  void skip_spaces() {
    while (text_.starts_with(' ') || text_.starts_with('\t')) {
      text_.remove_prefix(1);
    }
  }

  std::string_view text_;
};

// Fields beyond metadata.name and metadata.namespace that Kubernetes lets a list select.
const std::set<std::string>& selectable_fields(const std::string& resource) {
  static const std::map<std::string, std::set<std::string>> kFields = {
      {"pods",
       {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"}},
      {"events",
       {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
        "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
        "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type",
        "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid",
        "reportingController"}},
      {"nodes", {"spec.unschedulable"}},
      {"namespaces", {"status.phase"}},
      {"secrets", {"type"}},
      {"services", {"spec.clusterIP", "spec.type"}}};
  static const std::set<std::string> kNone;
  const auto found = kFields.find(resource);
  return found == kFields.end() ? kNone : found->second;
}

std::string field_text(const Json& object, const std::string& field) {
  std::string path = field;
  std::replace(path.begin(), path.end(), '.', '/');
  // An event of events.k8s.io is stored as one of the core group.
  if (path.starts_with("regarding/")) {
    path = "involvedObject/" + path.substr(10);
  } else if (path == "reportingController") {
    path = "reportingComponent";
  }
  const Json& value = at(object, path);
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_object()) {
    return text(value, "component");  // An event's source.
  }
  if (value.is_null()) {
    return field == "spec.unschedulable" || field == "spec.hostNetwork" ? "false" : "";
  }
  return dump(value);
}

}  // namespace

bool Selector::matches_labels(const Json& labels) const {
  if (is_nothing) {
    return false;
  }
  return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& wanted) {
    const auto found = labels.is_object() ? labels.find(wanted.key) : labels.end();
    const bool there = labels.is_object() && found != labels.end() && found->is_string();
    return matches(wanted, there ? std::optional(found->get<std::string>()) : std::nullopt);
  });
}

Outcome<Selector> parse_label_selector(std::string_view text) {
  auto selector = Reader(text).read();
  if (!selector) {
    return bad_request("unable to parse requirement: the label selector \"" + std::string(text) +
                       "\" is malformed");
  }
  return *std::move(selector);
}

Outcome<Selector> parse_field_selector(std::string_view text, const std::string& resource) {
  auto selector = Reader(text).read();
  if (!selector) {
    return bad_request("invalid field selector: \"" + std::string(text) + "\"");
  }
  for (const Requirement& requirement : selector->requirements) {
    const std::string& key = requirement.key;
    if (requirement.values.size() != 1) {
      return bad_request("invalid field selector: \"" + std::string(text) + "\"");
    }
    if (key != "metadata.name" && key != "metadata.namespace" &&
        !selectable_fields(resource).contains(key)) {
      return bad_request("field label not supported: " + key);
    }
  }
  return *std::move(selector);
}

Selector selector_of(const Json& label_selector) {
  if (!label_selector.is_object()) {
    return {.requirements = {}, .is_nothing = true};
  }
  Selector selector = selector_of_labels(map_at(label_selector, "matchLabels"));
  for (const Json& expression : list_at(label_selector, "matchExpressions")) {
    Requirement requirement;
    requirement.key = text(expression, "key");
    const std::string op = text(expression, "operator");
    requirement.op = op == "In"             ? Operator::kIn
                     : op == "NotIn"        ? Operator::kNotIn
                     : op == "DoesNotExist" ? Operator::kNotExists
                     : op == "Gt"           ? Operator::kGreater
                     : op == "Lt"           ? Operator::kLess
                                            : Operator::kExists;
    for (const Json& value : list_at(expression, "values")) {
      requirement.values.push_back(value.is_string() ? value.get<std::string>() : dump(value));
    }
    selector.requirements.push_back(std::move(requirement));
  }
  return selector;
}

Selector selector_of_labels(const Json& labels) {
  Selector selector;
  if (!labels.is_object()) {
    selector.is_nothing = true;
    return selector;
  }
  for (const auto& [key, value] : labels.items()) {
    selector.requirements.push_back(
        {.key = key,
         .op = Operator::kIn,
         .values = {value.is_string() ? value.get<std::string>() : dump(value)}});
  }
  return selector;
}

std::string to_text(const Selector& selector) {
  std::vector<std::string> parts;
  for (const Requirement& requirement : selector.requirements) {
    const std::string values = join(requirement.values, ",");
    switch (requirement.op) {
      case Operator::kIn:
        parts.push_back(requirement.values.size() == 1 ? requirement.key + "=" + values
                                                       : requirement.key + " in (" + values + ")");
        break;
      case Operator::kNotIn:
        parts.push_back(requirement.key + " notin (" + values + ")");
        break;
      case Operator::kExists:
        parts.push_back(requirement.key);
        break;
      case Operator::kNotExists:
        parts.push_back("!" + requirement.key);
        break;
      case Operator::kGreater:
        parts.push_back(requirement.key + ">" + values);
        break;
      case Operator::kLess:
        parts.push_back(requirement.key + "<" + values);
        break;
    }
  }
  return join(parts, ",");
}

bool matches_fields(const Selector& selector, const Json& object) {
  return std::all_of(selector.requirements.begin(), selector.requirements.end(),
                     [&](const Requirement& requirement) {
                       return matches(requirement, field_text(object, requirement.key));
                     });
}

}  // namespace quorate::local
