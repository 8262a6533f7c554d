// Interned ACLs: equal lists share one small id; nodes hold the id.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/tree/applied.h"
#include "server/tree/name_hash.h"
#include "server/wire/acl.h"

namespace quorate::tree {

/// Ids are counted references: an entry is dropped when its last node goes, but not before the next
/// purge(), which the database calls at the start of each apply. Ids of dropped entries are reused.
class AclTable {
 public:
  static constexpr AclId kOpen{0};  ///< world:anyone:cdrwa; never dropped.

  /// `seed` is the key of the hashes, as TreeOptions::hash_seed.
  explicit AclTable(uint64_t seed);

  /// The encoded list of `id`; borrowed until the entry is dropped (not before the next apply).
  [[nodiscard]] wire::AclList get(AclId id) const;
  /// Lists in use besides the open one.
  [[nodiscard]] size_t size() const { return ids_.size(); }

  /// The id of `list`, with one more reference. A null list is the open one, as in Apache.
  [[nodiscard]] AclId acquire(wire::AclList list);
  /// One more reference to an id in use.
  void add_reference(AclId id);
  void release(AclId id);
  /// Drops entries without references.
  void purge();

  /// Calls visit(AclId, wire::AclList) for each list in use but the open one, in ascending order.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (uint32_t i = 1; i < entries_.size(); ++i) {
      if (entries_[i].references > 0) {
        visit(AclId{i}, wire::AclList{*entries_[i].encoded});
      }
    }
  }

 private:
  struct Entry {
    std::unique_ptr<const std::string> encoded;  ///< Null while the id is free.
    uint64_t references = 0;
    bool doomed = false;  ///< On the list of candidates for purge().
  };

  std::vector<Entry> entries_;
  struct HashBytes {
    uint64_t seed;
    size_t operator()(std::string_view bytes) const { return name_hash(seed, bytes); }
  };
  absl::flat_hash_map<std::string_view, AclId, HashBytes> ids_;  ///< Keys borrow from entries_.
  std::vector<AclId> free_;
  std::vector<AclId> doomed_;
};

}  // namespace quorate::tree
