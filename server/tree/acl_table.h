// Interned ACLs: equal lists share one small id; nodes hold the id.
#pragma once

#include <cstdint>
#include <string_view>

#include "server/tree/applied.h"
#include "server/wire/acl.h"

namespace quorate::tree {

class AclTable {
 public:
  /// The encoded list of `id`; borrowed until the entry is dropped (not before the next apply).
  [[nodiscard]] wire::AclList get(AclId id) const;
  [[nodiscard]] size_t size() const;
};

}  // namespace quorate::tree
