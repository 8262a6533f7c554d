// Secret: a text that must never reach a log, a status page or an error message.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace quorate {

/// Holds a password, token or key. It has no conversion to text: what prints values prints
/// kRedacted for it, and only the code that uses the secret calls reveal().
class Secret {
 public:
  /// What every printer shows in place of a secret.
  static constexpr std::string_view kRedacted = "***";

  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace quorate
