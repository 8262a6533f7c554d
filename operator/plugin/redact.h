// What must not leave with a report: passwords, tokens, keys.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace quorate::plugin {

/// A copy without values that may be secret: data of Secrets; texts under keys, and of environment
/// variables, whose names speak of passwords, tokens, digests or keys; what a person applied as a
/// whole (kubectl's annotation). Names of Secrets stay. What stands in place of a value is "***".
[[nodiscard]] nlohmann::json redacted(const nlohmann::json& object);

/// The same for lines of logs and configuration: `password=...`, `token: ...`, `Bearer ...`,
/// private keys in PEM.
[[nodiscard]] std::string redacted_text(std::string_view text);

}  // namespace quorate::plugin
