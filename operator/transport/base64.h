// Base64 of RFC 4648, as kubeconfig files hold certificates.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quorate::transport {

/// Nothing when it is no base64. White space between is ignored.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);
[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace quorate::transport
