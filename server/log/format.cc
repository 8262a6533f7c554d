// Formatting of log lines.
#include "server/log/format.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace quorate::log {
namespace {

std::string_view name_of(Level level) {
  constexpr std::array<std::string_view, 6> kNames = {"trace", "debug", "info",
                                                      "warn",  "error", "off"};
  return kNames[static_cast<size_t>(level)];
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(ms));
  return text.data();
}

/// Length of the UTF-8 sequence at the start of `text`, 0 if it is not one.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t index) { return static_cast<unsigned char>(text[index]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80   ? 1
                        : lead < 0xC2 ? 0
                        : lead < 0xE0 ? 2
                        : lead < 0xF0 ? 3
                        : lead < 0xF5 ? 4
                                      : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (size_t index = 1; index < length; ++index) {
    if ((byte(index) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xED && byte(1) > 0x9F;
  const bool too_large = lead == 0xF4 && byte(1) > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

void append_escaped_byte(std::string& to, unsigned char byte) {
  switch (byte) {
    case '\n':
      to += "\\n";
      return;
    case '\r':
      to += "\\r";
      return;
    case '\t':
      to += "\\t";
      return;
    case '"':
      to += "\\\"";
      return;
    case '\\':
      to += "\\\\";
      return;
    default:
      break;
  }
  std::array<char, 8> code{};
  std::snprintf(code.data(), code.size(), "\\u%04x", byte);
  to += code.data();
}

bool needs_quotes(std::string_view text) {
  return text.empty() || text.find_first_of(" =,;'\"\\") != std::string_view::npos ||
         text != escape(text);
}

std::string render(const Value& value, Format format) {
  if (const auto* text = std::get_if<std::string>(&value.get())) {
    const bool quoted = format == Format::kJson || needs_quotes(*text);
    return quoted ? "\"" + escape(*text) + "\"" : *text;
  }
  if (const auto* flag = std::get_if<bool>(&value.get())) {
    return *flag ? "true" : "false";
  }
  if (const auto* number = std::get_if<int64_t>(&value.get())) {
    return std::to_string(*number);
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", std::get<double>(value.get()));
  return text.data();
}

}  // namespace

std::string escape(std::string_view text) {
  std::string to;
  to.reserve(text.size());
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      to += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    // C1 controls can steer a terminal as well.
    const bool c1 = length == 2 && lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (lead < 0x20 || lead == 0x7F || lead == '"' || lead == '\\') {
      append_escaped_byte(to, lead);
    } else if (c1) {
      append_escaped_byte(to, static_cast<unsigned char>(text[1]));
    } else {
      to.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return to;
}

std::string format_line(Format format, Level level, std::string_view event, Fields fields) {
  const bool json = format == Format::kJson;
  std::string line = json ? "{\"time\":\"" + timestamp() + "\",\"level\":\"" : timestamp() + " ";
  line += name_of(level);
  line += json ? "\",\"event\":\"" : " ";
  line += event;
  line += json ? "\"" : "";
  for (const Field& field : fields) {
    line += json ? ",\"" : " ";
    line += field.key;
    line += json ? "\":" : "=";
    line += render(field.value, format);
  }
  return line + (json ? "}" : "");
}

}  // namespace quorate::log
