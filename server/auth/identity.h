// Who a connection is: its ordered list of authenticated ids.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/wire/acl.h"

namespace quorate::auth {

/// Ids of one connection. The first is always ip:<address>.
struct Identities {
  std::vector<wire::Id> ids;
  bool super = false;  ///< Some id has scheme "super": every permission check passes.

  void add(wire::Id id);
};

}  // namespace quorate::auth
