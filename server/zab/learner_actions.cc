// Reuse of the learner's action buffers.
#include "server/zab/learner_actions.h"

namespace quorate::zab {

void LearnerActions::clear() {
  bytes.clear();
  save_epochs.reset();
  truncate.reset();
  receive_snapshot.reset();
  appends.clear();
  committed.reset();
  last_seen.reset();
  activated.reset();
  promoted = false;
  up_to_date.reset();
  revalidated.clear();
  syncs_done = 0;
  successor.reset();
  witnessed.clear();
  gave_up.reset();
}

}  // namespace quorate::zab
