// Reuse of the leader's action buffers, names of reasons.
#include "server/zab/leader_actions.h"

namespace quorate::zab {

const char* name_of(StepDownReason reason) {
  switch (reason) {
    case StepDownReason::kNoEpochQuorum:
      return "no_epoch_quorum";
    case StepDownReason::kNoSyncQuorum:
      return "no_sync_quorum";
    case StepDownReason::kQuorumLost:
      return "quorum_lost";
    case StepDownReason::kZxidsExhausted:
      return "zxids_exhausted";
    case StepDownReason::kReconfigured:
      return "reconfigured";
  }
  return "unknown";
}

void LeaderActions::clear() {
  bytes.clear();
  sends.clear();
  syncs.clear();
  closes.clear();
  save_epochs.reset();
  probes.clear();
  reads.clear();
  requests.clear();
  touches.clear();
  revalidations.clear();
  last_seen.reset();
  established.reset();
  committed.reset();
  activated.reset();
  witnessed.clear();
  stepped_down.reset();
}

}  // namespace quorate::zab
