// Whether text is a distinguished name, by the grammar of Java's X500Principal.
#pragma once

#include <string_view>

namespace quorate::auth {

/// True for the texts that X500Principal(String) accepts: "CN=a,O=b", quoted and escaped values,
/// "#" with DER in hex, "+" for several values, ";" as a comma, keywords in any case, OIDs. The
/// empty name is one. ZooKeeper accepts exactly these as ids of scheme x509.
[[nodiscard]] bool is_valid_dn(std::string_view text);

}  // namespace quorate::auth
