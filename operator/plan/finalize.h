// The end of a cluster.
#pragma once

#include "operator/plan/draft.h"

namespace quorate::plan {

/// With policy Retain the finalizer goes at once: the owner's garbage collection takes the Pods,
/// and volumes have no owner. With Delete the StatefulSets go first, so that nothing makes a claim
/// anew, then the claims that bear this object's uid, then the finalizer. It waits for no member.
void finalize(const Input& input, Draft& draft);

}  // namespace quorate::plan
