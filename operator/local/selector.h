// Label and field selectors: from the query of a list, and from objects' own selectors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/local/api_error.h"
#include "operator/local/object.h"

namespace quorate::local {

/// One condition on a label or field.
struct Requirement {
  enum class Operator : uint8_t { kIn, kNotIn, kExists, kNotExists, kGreater, kLess };
  std::string key;
  Operator op = Operator::kExists;
  std::vector<std::string> values;
};

/// All requirements together; without any it matches everything.
struct Selector {
  std::vector<Requirement> requirements;
  /// Matches nothing: an absent selector of a PodDisruptionBudget or Service.
  bool is_nothing = false;

  [[nodiscard]] bool matches_labels(const Json& labels) const;
};

/// `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Errors: it is malformed.
[[nodiscard]] Outcome<Selector> parse_label_selector(std::string_view text);
/// `metadata.name=x,spec.nodeName!=y`. Errors: malformed; a field that the resource cannot select.
[[nodiscard]] Outcome<Selector> parse_field_selector(std::string_view text,
                                                     const std::string& resource);
/// A LabelSelector: matchLabels and matchExpressions. Null matches nothing, `{}` everything.
[[nodiscard]] Selector selector_of(const Json& label_selector);
/// A map of labels, all of which must be there.
[[nodiscard]] Selector selector_of_labels(const Json& labels);
/// The canonical text of a LabelSelector: `a=b,c in (d,e)`.
[[nodiscard]] std::string to_text(const Selector& selector);

[[nodiscard]] bool matches_fields(const Selector& selector, const Json& object);

}  // namespace quorate::local
