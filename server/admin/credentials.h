// The Authorization header, and the bearer token in its file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/secret.h"

namespace quorate::admin {

/// "digest user:password" in two parts.
struct Credentials {
  std::string scheme;  ///< Lower case.
  Secret payload;
};

/// The parts of the header's value; nothing unless it is exactly two words.
[[nodiscard]] std::optional<Credentials> parse_authorization(std::string_view value);

/// The token is the first line of a file, without blanks around it. The file is read at each check,
/// so that a replaced Secret counts at once.
class TokenFile {
 public:
  /// Longest file that is looked at.
  static constexpr size_t kBytesMax = 4096;

  explicit TokenFile(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] bool is_configured() const { return !path_.empty(); }
  /// Whether `token` is the token, in constant time. False if the file cannot be read or is empty.
  [[nodiscard]] bool matches(const Secret& token) const;
  /// Whether there is a token to match.
  [[nodiscard]] bool is_usable() const { return read().has_value(); }

 private:
  [[nodiscard]] std::optional<Secret> read() const;

  std::string path_;
};

}  // namespace quorate::admin
