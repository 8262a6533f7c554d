// Who a connection is: its ordered list of authenticated ids.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/acl.h"

namespace quorate::auth {

/// Ids that one connection may gather. ZooKeeper has no limit; without one a client could fill the
/// memory with opcode 100. A client that needs more than a handful is not known.
inline constexpr size_t kIdentitiesMax = 1024;

/// Ids of one connection. The first is always ip:<address>.
struct Identities {
  std::vector<wire::Id> ids;
  bool super = false;  ///< Some id has scheme "super": every permission check passes.

  /// Appends `id` unless it is already there. False, and nothing happens, when the list is full;
  /// the caller then refuses the authentication.
  bool add(wire::Id id);
};

}  // namespace quorate::auth
