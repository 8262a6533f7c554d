// The StatefulSet controller: Pods with names, revisions and volumes of their own.
#pragma once

#include "operator/local/objects.h"

namespace quorate::local {

/// Brings the Pods, claims, revisions and status of one set a step nearer to what it asks for, as
/// Kubernetes' controller does; nothing happens when the set is not there.
void sync_stateful_set(Objects& objects, const Key& key);

}  // namespace quorate::local
