// Small operations on text that parsers share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quorate {

/// `text` without characters <= ' ' at both ends. Source: java.lang.String.trim.
[[nodiscard]] std::string_view trim(std::string_view text);

/// ASCII letters as lower case; other bytes as they are.
[[nodiscard]] std::string to_lower(std::string_view text);

/// Equality but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// The parts of `text` between separators; one more than there are separators.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

/// The trimmed, non-empty parts of `text` between commas.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// `parts` joined by `separator`.
[[nodiscard]] std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// `'text'`, cut after 80 characters, for messages.
[[nodiscard]] std::string quoted(std::string_view text);

/// The number whose hexadecimal digits are all of `text`, without sign or prefix; at most 64 bits.
[[nodiscard]] std::optional<uint64_t> parse_hex(std::string_view text);

/// A decimal integer that is all of `text` and of min..max; one leading '+' or '-' is allowed.
[[nodiscard]] std::optional<int64_t> parse_integer(std::string_view text, int64_t min, int64_t max);

}  // namespace quorate
