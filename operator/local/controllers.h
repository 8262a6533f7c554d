// The small controllers: each brings one sort of object in line with the rest of the store.
#pragma once

#include <optional>
#include <string>

#include "operator/local/objects.h"

namespace quorate::local {

/// Writes the EndpointSlice and Endpoints of a Service, or removes those of one that is gone.
void sync_endpoints(Objects& objects, const Key& key);

/// Recomputes the status of a PodDisruptionBudget.
void sync_budget(Objects& objects, const Key& key);
/// Evicts a Pod unless a budget forbids it (429). `body` is the Eviction.
[[nodiscard]] Outcome<Json> evict(Objects& objects, const std::string& ns, const std::string& name,
                                  const Json& body);

/// After a change of an object: deletes dependents whose owners are gone, and carries out the
/// finalizers foregroundDeletion and orphan.
void collect_garbage(Objects& objects, const Change& change);

/// Empties namespaces that are being deleted, then lets them go; makes the default ServiceAccount.
void sync_namespaces(Objects& objects);
/// Establishes definitions and serves their kinds; deletes what is left of those being deleted.
void sync_definitions(Objects& objects);
/// Marks nodes without power, and the Pods on them, as not ready.
void sync_nodes(Objects& objects);

struct NodeLayout {
  std::vector<std::string> zones;  ///< Empty: one node without a zone.
  int64_t nodes_per_zone = 1;
};
/// Creates what a cluster has from the start: namespaces, nodes, the storage class.
void create_cluster(Objects& objects, const NodeLayout& layout);

}  // namespace quorate::local
