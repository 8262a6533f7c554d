// The two Secrets of a cluster whose certificates the operator makes: what is in them, and what a
// decision makes of it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "operator/certificates/lifecycle.h"
#include "operator/certificates/material.h"
#include "server/base/result.h"

namespace quorate::certificates {

/// Keys and certificates as they lie in the Secrets:
///
///     authority Secret, for the operator alone:   ca.crt ca.key previous.crt previous.key
///     Secret of the members, mounted in each:     ca.crt <member>.crt <member>.key ...
struct Bundle {
  std::optional<KeyPair> newest;
  std::optional<KeyPair> previous;
  std::map<std::string, KeyPair> leaves;  ///< By member.
};

/// Reads both; null: there is none. What is broken counts as missing and is made anew.
[[nodiscard]] Bundle read_secrets(const nlohmann::json& authority, const nlohmann::json& members);

[[nodiscard]] Held held_of(const Bundle& bundle);

/// Makes and signs what `decision` asks for. Errors: OpenSSL's.
[[nodiscard]] Result<Bundle> carry_out(const Decision& decision, Bundle bundle,
                                       const Hosts& members, const Terms& terms,
                                       const std::string& cluster, WallMillis now);

/// The field `data` of either Secret, base64 as Kubernetes has it.
[[nodiscard]] nlohmann::json authority_data(const Bundle& bundle);
[[nodiscard]] nlohmann::json members_data(const Bundle& bundle);

/// Those whom members trust, in PEM.
[[nodiscard]] std::string trusted_pem(const Bundle& bundle);

}  // namespace quorate::certificates
