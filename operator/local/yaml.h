// YAML bodies, for people who send them by hand: kubectl sends JSON.
#pragma once

#include <optional>
#include <string>

namespace quorate::local {

/// One YAML document as JSON text; nothing when it is malformed or nested too deeply.
[[nodiscard]] std::optional<std::string> yaml_to_json(const std::string& text);

}  // namespace quorate::local
