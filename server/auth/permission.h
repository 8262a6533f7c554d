// The permission check, and the fix-up of ACLs that a client asks for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/auth/identity.h"
#include "server/wire/acl.h"

namespace quorate::auth {

/// Which providers are registered; world, ip and auth always are, sasl and super never.
struct Schemes {
  bool digest = true;
  bool x509 = true;
  bool x509_any_id = false;  ///< Ids come from a SAN: any non-empty one, not just a subject DN.
};

/// Bytes that expanding `auth:` may add to a list; more is an invalid ACL.
inline constexpr size_t kExpansionBytesMax = size_t{1} << 20;

/// Whether `who` has any of the permission bits `wanted` on a node with `acls`. An empty list
/// allows all. Fast for world:anyone. Source: facts of ZooKeeperServer.checkACL.
[[nodiscard]] bool is_allowed(wire::AclList acls, int32_t wanted, const Identities& who);

/// The list that create or setACL stores: duplicates dropped, `auth:` expanded to the caller's
/// authenticated ids, each scheme known and each id valid. Nothing: the request is kInvalidAcl.
/// The result is the encoded vector<ACL>; when nothing changes it is a copy of `asked`.
[[nodiscard]] std::optional<std::string> fix_up(wire::AclList asked, const Identities& who,
                                                const Schemes& schemes = {});

/// Fast path of fix_up: true if `asked` is exactly world:anyone:cdrwa and can be stored as it is.
[[nodiscard]] bool is_open_acl(wire::AclList asked);

/// getACL for a caller without ADMIN: digest ids become "user:x". Returns the encoded list.
[[nodiscard]] std::string mask_digests(wire::AclList acls);

}  // namespace quorate::auth
