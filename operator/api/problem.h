// What is wrong with a value of the custom resource.
#pragma once

#include <string>
#include <vector>

namespace quorate::api {

/// One error: where, what stands there, what may stand there.
struct Problem {
  std::string path;     ///< "spec.zones[1].voters"
  std::string value;    ///< As JSON, cut after 80 characters; empty if there is none.
  std::string allowed;  ///< "an odd number of 1 to 15"

  /// "spec.voters: 4: must be odd"
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};
using Problems = std::vector<Problem>;

/// A text as JSON shows it; what is no UTF-8 is replaced.
[[nodiscard]] std::string quoted_json(const std::string& text);
/// All of them, in their order, joined by "; ".
[[nodiscard]] std::string to_text(const Problems& problems);

}  // namespace quorate::api
