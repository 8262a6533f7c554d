// Escaping of values: whatever bytes a client sends, a line of the log stays one line, in UTF-8,
// and cannot steer a terminal.
#pragma once

#include <string>
#include <string_view>

namespace quorate::log {

/// Bytes of one text value that are written; the rest is cut and counted.
inline constexpr size_t kValueBytesMax = 4096;

/// Appends `value` to a text line: bare where it is one plain word, else in double quotes, with
/// \" \\ \n \r \t, \xHH for other control bytes and for bytes that are not UTF-8, and \u{H} for
/// control characters above ASCII (C1, line separators, direction overrides). Beyond
/// kValueBytesMax bytes it is cut, and `...(+N bytes)` stands inside the quotes.
void append_text_value(std::string& to, std::string_view value);

/// Appends `value` to a JSON line as a string with its quotes: valid JSON in every case. Control
/// characters are \uXXXX, and each byte that is not UTF-8 becomes U+FFFD. Cut like a text value.
void append_json_string(std::string& to, std::string_view value);

/// Appends a key: bytes other than letters, digits, `_`, `.` and `-` become `_`.
void append_key(std::string& to, std::string_view key);

}  // namespace quorate::log
