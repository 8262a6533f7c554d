// What applying one transaction did: results for the reply, changes for the watches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/error_code.h"
#include "server/wire/opcode.h"
#include "server/wire/stat.h"

namespace quorate::tree {

/// Index of an interned ACL in the AclTable. 0 is world:anyone:cdrwa.
struct AclId {
  uint32_t value = 0;
  friend constexpr auto operator<=>(const AclId&, const AclId&) = default;
};

enum class ChangeKind : uint8_t { kCreated, kDeleted, kDataChanged };

/// One visible change of one znode. `path` borrows from the txn's bytes, or for ephemerals deleted
/// with their session from `Applied::owned_paths`. The ACL ids stay resolvable until the next
/// apply.
struct Change {
  ChangeKind kind = ChangeKind::kCreated;
  std::string_view path;
  AclId acl;         ///< Of the node; for a deletion, as it was before.
  AclId parent_acl;  ///< Created and deleted only.
};

/// Outcome of one operation: the txn's own, or one of a multi's.
struct OpResult {
  wire::OpCode type = wire::OpCode::kError;
  /// Of an error (sub-)txn. Otherwise kOk; or kNodeExists or kNoNode if the operation found that a
  /// fuzzy snapshot holds its effect, or that of a later one, already. A txn that was prepared
  /// against this very state never gives those two.
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string_view path;  ///< Borrows from the txn.
  wire::Stat stat;        ///< create*, setData, setACL.
};

/// Filled by Database::apply; reused between calls so that its vectors keep their capacity.
struct Applied {
  wire::ErrorCode error = wire::ErrorCode::kOk;  ///< Of an error txn; kOk for a failed multi.
  std::vector<OpResult> results;                 ///< One, or one for each operation of a multi.
  std::vector<Change> changes;                   ///< In the order in which they happened.
  std::vector<std::string> owned_paths;          ///< Backs paths that no txn bytes hold.

  void clear();
};

}  // namespace quorate::tree
