// Deletion by policy.
#include "operator/plan/finalize.h"

namespace quorate::plan {

void finalize(const Input& input, Draft& draft) {
  if (!input.cluster.has_finalizer) {
    return;
  }
  bool is_clear = true;
  if (input.cluster.reclaim == api::Reclaim::kDelete) {
    for (const auto& [name, set] : input.observed.sets) {
      is_clear = false;
      if (!set.is_terminating) {
        draft.actions.emplace_back(DeleteSet{.name = name, .uid = set.uid, .keeps_pods = false});
      }
    }
    for (const auto& [name, claim] : input.observed.claims) {
      if (claim.cluster_uid == input.cluster.uid && !claim.is_terminating) {
        is_clear = false;
        draft.actions.emplace_back(DeleteClaim{.name = name, .uid = claim.uid});
      }
    }
  }
  if (is_clear) {
    draft.actions.emplace_back(RemoveFinalizer{});
  }
}

}  // namespace quorate::plan
