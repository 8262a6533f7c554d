// Names of reasons.
#include "server/zab/link.h"

namespace quorate::zab {

const char* name_of(CloseReason reason) {
  switch (reason) {
    case CloseReason::kMalformed:
      return "malformed";
    case CloseReason::kUnexpected:
      return "unexpected";
    case CloseReason::kWrongEnsemble:
      return "wrong_ensemble";
    case CloseReason::kOldProtocol:
      return "old_protocol";
    case CloseReason::kReplaced:
      return "replaced";
    case CloseReason::kConfigurationAhead:
      return "configuration_ahead";
    case CloseReason::kOlderDisk:
      return "older_disk";
    case CloseReason::kLearnerAhead:
      return "learner_ahead";
    case CloseReason::kLeaderBehind:
      return "leader_behind";
    case CloseReason::kGap:
      return "gap";
    case CloseReason::kCommitOutOfOrder:
      return "commit_out_of_order";
    case CloseReason::kCannotTruncate:
      return "cannot_truncate";
    case CloseReason::kSnapshotBusy:
      return "another learner is being sent a snapshot";
    case CloseReason::kSnapshotFailed:
      return "snapshot_failed";
    case CloseReason::kHistoryGone:
      return "history_gone";
    case CloseReason::kSilent:
      return "silent";
    case CloseReason::kAcksOverdue:
      return "acks_overdue";
    case CloseReason::kTooSlowToSync:
      return "too_slow_to_sync";
    case CloseReason::kReconfigured:
      return "reconfigured";
    case CloseReason::kLinkLost:
      return "link_lost";
    case CloseReason::kLeaderStopped:
      return "leader_stopped";
  }
  return "unknown";
}

}  // namespace quorate::zab
