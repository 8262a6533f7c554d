// Keys of zoo.cfg that the operator owns, and how a person's keys are checked.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quorate::api {

/// Keys that only the operator sets.
[[nodiscard]] std::span<const std::string_view> owned_keys();
/// Beginnings of keys that only the operator sets.
[[nodiscard]] std::span<const std::string_view> owned_prefixes();
/// Our own keys below an owned beginning that a person may set all the same.
[[nodiscard]] std::span<const std::string_view> free_prefixes();

[[nodiscard]] bool is_owned_key(std::string_view key);

/// Letters, digits, '.', '_' and '-', 1 to 128 of them.
[[nodiscard]] bool is_config_key(std::string_view key);

/// The same as rules of the CRD.
[[nodiscard]] std::string owned_keys_rule();
[[nodiscard]] std::string owned_keys_message();
inline constexpr std::string_view kConfigKeyRule =
    "self.all(k, size(k) <= 128 && k.matches('^[-._A-Za-z0-9]+$'))";
inline constexpr std::string_view kConfigKeyMessage =
    "a key of zoo.cfg has 1 to 128 letters, digits, '.', '_' and '-'";

}  // namespace quorate::api
