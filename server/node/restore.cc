// Replacing the whole database by a snapshot that somebody brings.
#include <algorithm>
#include <utility>
#include <vector>

#include "server/base/assert.h"
#include "server/node/state.h"

namespace quorate::node {

void suspend(State& state, Actions& actions) {
  state.suspended = true;
  close_all(state, CloseReason::kRefused, actions);
}

bool is_replaceable(const State& state) {
  return state.suspended && !state.replaced && state.outstanding_count == 0 &&
         state.proposals.empty() && !state.snapshot.running;
}

void replace_database(State& state, tree::Database database, Now now, Actions& actions) {
  QR_ASSERT(is_replaceable(state));
  database.set_last_zxid(std::max(database.last_zxid(), state.history.last().next()));
  for (const tree::SessionRecord& record : state.database.sessions()) {
    state.tracker.remove(record.session);
  }
  state.database = std::move(database);
  state.preparer.reset();
  state.durable = state.database.last_zxid();
  state.history.restart(state.durable);
  state.digests.clear();
  for (const tree::SessionRecord& record : state.database.sessions()) {
    state.tracker.add(record.session, std::chrono::milliseconds(record.timeout_ms), now.monotonic);
  }
  state.replaced = true;
  start_snapshot(state, actions);
}

}  // namespace quorate::node
