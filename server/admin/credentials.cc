// Parsing of credentials; comparison of the token.
#include "server/admin/credentials.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "server/auth/secret.h"

namespace quorate::admin {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::optional<Credentials> parse_authorization(std::string_view value) {
  value = trimmed(value);
  const size_t gap = value.find_first_of(kBlanks);
  if (gap == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view payload = trimmed(value.substr(gap));
  if (payload.empty() || payload.find_first_of(kBlanks) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string scheme(value.substr(0, gap));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return Credentials{.scheme = std::move(scheme), .payload = Secret(std::string(payload))};
}

bool TokenFile::matches(const Secret& token) const {
  const std::optional<Secret> expected = read();
  return expected && auth::equal_in_constant_time(expected->reveal(), token.reveal());
}

std::optional<Secret> TokenFile::read() const {
  if (!is_configured()) {
    return std::nullopt;
  }
  std::ifstream file(path_, std::ios::binary);
  std::array<char, kBytesMax> bytes;
  file.read(bytes.data(), bytes.size());
  const std::string_view text(bytes.data(), static_cast<size_t>(file.gcount()));
  const std::string_view line = trimmed(text.substr(0, text.find('\n')));
  if (line.empty()) {
    return std::nullopt;
  }
  return Secret(std::string(line));
}

}  // namespace quorate::admin
