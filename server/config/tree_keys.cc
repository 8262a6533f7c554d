// Keys of what the tree allows and keeps.
#include "server/config/key_tables.h"

namespace quorate::config {

std::vector<Key> tree_keys() {
  return {
      {"enforceQuota", Flag{[](Config& c) { return &c.tree.enforce_quota; }},
       "Refuse writes that exceed a hard quota."},
      {"extendedTypesEnabled", Flag{[](Config& c) { return &c.tree.extended_types_enabled; }},
       "Allow TTL nodes."},
      {"emulate353TTLNodes", Flag{[](Config& c) { return &c.tree.emulate_353_ttl_nodes; }},
       "Read the owners of TTL nodes as ZooKeeper 3.5.3 wrote them."},
      {"digest.enabled", Flag{[](Config& c) { return &c.tree.digest_enabled; }},
       "Keep a digest of the tree in transactions and snapshots."},
      {"znode.container.checkIntervalMs",
       Int32{[](Config& c) { return &c.tree.container_check_interval_ms; }, 1},
       "Time between searches for empty containers and expired TTL nodes, milliseconds.",
       {},
       Key::RawName::kOnly},
      {"znode.container.maxPerMinute",
       Int32{[](Config& c) { return &c.tree.container_max_per_minute; }, 1},
       "Containers and TTL nodes deleted in a minute, at most.",
       {},
       Key::RawName::kOnly},
      {"znode.container.maxNeverUsedIntervalMs",
       Int64{[](Config& c) { return &c.tree.container_max_never_used_ms; }, 0},
       "Time after which a container that never had a child is deleted, milliseconds; 0: never.",
       {},
       Key::RawName::kOnly},
  };
}

}  // namespace quorate::config
