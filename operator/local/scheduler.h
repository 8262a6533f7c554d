// Assignment of Pods to nodes, and of claims to volumes.
#pragma once

#include "operator/local/objects.h"

namespace quorate::local {

/// Gives every Pod without a node one that it fits; says why where there is none.
void schedule_pods(Objects& objects);

/// Whether a Pod's required node affinity and selector allow a node.
[[nodiscard]] bool allows_node(const Json& pod_spec, const Json& node);
/// Whether a NodeSelector (of a Pod or a volume) matches a node; null matches all.
[[nodiscard]] bool matches_node_selector(const Json& selector, const Json& node);

/// Binds claims: at once, or once a Pod that uses them has a node. Grows volumes; removes those
/// whose claims are gone.
void bind_volumes(Objects& objects);

}  // namespace quorate::local
