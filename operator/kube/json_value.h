// Reading and writing JSON that others wrote: bounded, and without assumptions about its shape.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace quorate::kube {

/// How deeply a text may be nested; Kubernetes' own objects stay below 30.
inline constexpr int kJsonDepthMax = 100;

/// The value of a text, or nothing when it is no JSON or is nested more deeply than kJsonDepthMax.
[[nodiscard]] std::optional<nlohmann::json> parse_json(std::string_view text);

/// The text of a value for a request body. An API server reads bodies of apply patches as YAML, so
/// that what YAML does not take as it stands (DEL, C1, line separators, noncharacters, the byte
/// order mark) is escaped as \uXXXX, and nothing else is escaped beyond JSON's need. Bytes that are
/// not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_body(const nlohmann::json& value);

/// The value at a path of keys, or null when something on the way is missing or no object.
[[nodiscard]] const nlohmann::json* find_at(const nlohmann::json& value,
                                            std::initializer_list<std::string_view> path);

/// The text at a path; empty when it is missing or no text.
[[nodiscard]] std::string text_at(const nlohmann::json& value,
                                  std::initializer_list<std::string_view> path);

/// The integer at a path; nothing when it is missing, no integer, or beyond int64.
[[nodiscard]] std::optional<int64_t> integer_at(const nlohmann::json& value,
                                                std::initializer_list<std::string_view> path);

/// The truth at a path; false when it is missing or no boolean.
[[nodiscard]] bool flag_at(const nlohmann::json& value,
                           std::initializer_list<std::string_view> path);

}  // namespace quorate::kube
