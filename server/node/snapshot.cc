// When a snapshot is due, and handing its slices to the file.
#include <algorithm>
#include <utility>

#include "server/node/state.h"

namespace quorate::node {
namespace {

/// Random in (limit/2, limit], so that members do not all write their snapshots at once.
int64_t draw(Dice& dice, int64_t limit) {
  const int64_t half = std::max<int64_t>(1, limit / 2);
  return limit - static_cast<int64_t>(dice.next() % static_cast<uint64_t>(half));
}

}  // namespace

void draw_snapshot_thresholds(State& state) {
  SnapshotState& snapshot = state.snapshot;
  snapshot.txns_since = 0;
  snapshot.log_bytes_since = 0;
  snapshot.txns_max = draw(snapshot.dice, std::max<int64_t>(2, state.options.snapshot_txn_count));
  snapshot.log_bytes_max = state.options.snapshot_log_bytes > 0
                               ? draw(snapshot.dice, state.options.snapshot_log_bytes)
                               : 0;
}

void start_snapshot_if_due(State& state, Actions& actions) {
  const SnapshotState& snapshot = state.snapshot;
  const bool by_bytes =
      snapshot.log_bytes_max > 0 && snapshot.log_bytes_since >= snapshot.log_bytes_max;
  // A follower may have applied what its own log does not have yet.
  const bool is_durable = state.database.last_zxid() <= state.durable;
  if (!snapshot.running && is_durable && (snapshot.txns_since >= snapshot.txns_max || by_bytes)) {
    start_snapshot(state, actions);
  }
}

void start_snapshot(State& state, Actions& actions) {
  const bool is_streaming = state.ensemble && is_streaming_snapshot(state);
  if (state.ensemble && !state.serving) {
    return;  // The state may be ahead of what is committed: what is undone must not be on the disk.
  }
  if (state.snapshot.running || is_streaming) {
    return;  // A database has one writer at a time; the thresholds stay exceeded.
  }
  draw_snapshot_thresholds(state);
  state.snapshot.running = true;
  state.snapshot.writer = std::make_unique<tree::SnapshotWriter>(state.database);
  actions.roll_log = true;
  actions.snapshot_begins = true;
  actions.snapshot_zxid = state.snapshot.writer->zxid();
  actions.notes.push_back({.kind = NoteKind::kSnapshotStarted, .zxid = actions.snapshot_zxid});
}

void continue_snapshot(State& state, Actions& actions) {
  if (!state.snapshot.writer) {
    return;
  }
  const bool more =
      state.snapshot.writer->next(actions.snapshot_bytes, state.options.snapshot_slice_bytes);
  if (!more) {
    actions.snapshot_ends = true;
    state.snapshot.writer.reset();
  }
}

void finish_snapshot(State& state, const SnapshotFinished& event, Now now) {
  state.snapshot.writer.reset();
  state.snapshot.running = false;
  if (!event.succeeded) {
    ++state.counters.snapshot_failures;
    return;
  }
  ++state.counters.snapshots;
  if (std::exchange(state.replaced, false)) {
    state.suspended = false;  // What is served from now on is on disk.
  }
  state.snapshot.last_zxid = event.zxid;
  state.snapshot.last_time = now.wall;
}

}  // namespace quorate::node
