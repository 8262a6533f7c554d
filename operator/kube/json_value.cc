// Bounded parsing, careful access, and bodies that YAML readers take.
#include "operator/kube/json_value.h"

#include <limits>

namespace quorate::kube {

namespace {

/// Depth of brackets outside texts; more than the true depth in a text that is no JSON.
bool is_too_deep(std::string_view text) {
  int depth = 0;
  bool is_in_text = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char each = text[i];
    if (is_in_text) {
      if (each == '\\') {
        ++i;
      } else if (each == '"') {
        is_in_text = false;
      }
    } else if (each == '"') {
      is_in_text = true;
    } else if (each == '{' || each == '[') {
      if (++depth > kJsonDepthMax) {
        return true;
      }
    } else if (each == '}' || each == ']') {
      --depth;
    }
  }
  return false;
}

/// The code point of the UTF-8 sequence of 2 or 3 bytes at `at`, or 0.
uint32_t code_point_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  if ((byte(0) & 0xE0) == 0xC0 && at + 1 < text.size()) {
    return static_cast<uint32_t>(byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
  }
  if ((byte(0) & 0xF0) == 0xE0 && at + 2 < text.size()) {
    return static_cast<uint32_t>(byte(0) & 0x0F) << 12 |
           static_cast<uint32_t>(byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  }
  return 0;
}

bool needs_escape(uint32_t code_point) {
  return code_point == 0x7F || (code_point >= 0x80 && code_point <= 0x9F) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0xFEFF || code_point == 0xFFFE ||
         code_point == 0xFFFF;
}

void append_escape(std::string& to, uint32_t code_point) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) {
    to += kHex[(code_point >> shift) & 15];
  }
}

}  // namespace

std::optional<nlohmann::json> parse_json(std::string_view text) {
  if (is_too_deep(text)) {
    return std::nullopt;
  }
  nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
  if (value.is_discarded()) {
    return std::nullopt;
  }
  return value;
}

std::string to_body(const nlohmann::json& value) {
  const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string body;
  body.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0x7F) {
      append_escape(body, byte);
      continue;
    }
    // Such characters stand in texts only, where an escape means the same.
    const uint32_t code_point = byte >= 0xC0 ? code_point_at(text, i) : 0;
    if (needs_escape(code_point)) {
      append_escape(body, code_point);
      i += code_point < 0x800 ? 1 : 2;
    } else {
      body += text[i];
    }
  }
  return body;
}

const nlohmann::json* find_at(const nlohmann::json& value,
                              std::initializer_list<std::string_view> path) {
  const nlohmann::json* at = &value;
  for (const std::string_view key : path) {
    if (!at->is_object()) {
      return nullptr;
    }
    const auto found = at->find(key);
    if (found == at->end()) {
      return nullptr;
    }
    at = &*found;
  }
  return at;
}

std::string text_at(const nlohmann::json& value, std::initializer_list<std::string_view> path) {
  const nlohmann::json* found = find_at(value, path);
  if (found == nullptr || !found->is_string()) {
    return {};
  }
  return found->get_ref<const std::string&>();
}

std::optional<int64_t> integer_at(const nlohmann::json& value,
                                  std::initializer_list<std::string_view> path) {
  const nlohmann::json* found = find_at(value, path);
  if (found == nullptr || !found->is_number_integer()) {
    return std::nullopt;
  }
  if (found->is_number_unsigned() &&
      found->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return found->get<int64_t>();
}

bool flag_at(const nlohmann::json& value, std::initializer_list<std::string_view> path) {
  const nlohmann::json* found = find_at(value, path);
  return found != nullptr && found->is_boolean() && found->get<bool>();
}

}  // namespace quorate::kube
