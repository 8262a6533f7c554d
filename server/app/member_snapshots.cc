// Snapshots that somebody asks for, and restores.
#include <cstdlib>
#include <utility>

#include "server/app/clock.h"
#include "server/app/member.h"
#include "server/log/logger.h"

namespace quorate::app {

void Member::request_snapshot(SnapshotCallback done) {
  // One that runs already shows an older state: the asker gets the next one.
  next_snapshot_waiters_.push_back(std::move(done));
  start_requested_snapshot();
}

void Member::start_requested_snapshot() {
  if (next_snapshot_waiters_.empty() || !snapshot_waiters_.empty() ||
      node_.status(read_clocks()).snapshot_running) {
    return;
  }
  std::swap(snapshot_waiters_, next_snapshot_waiters_);
  step(node::SnapshotRequested{});
}

void Member::on_snapshot_finished(Zxid zxid, const Status& outcome, const std::string& path) {
  step(node::SnapshotFinished{.zxid = zxid, .succeeded = outcome.ok()});
  for (const SnapshotCallback& waiter : std::exchange(snapshot_waiters_, {})) {
    waiter(outcome ? Result<SnapshotPath>(SnapshotPath{zxid, path})
                   : Result<SnapshotPath>(outcome.error()));
  }
  if (restored_) {
    finish_restore(zxid, outcome);
  }
  continue_restore();  // First: a snapshot of what is about to go would only delay it.
  start_requested_snapshot();
}

void Member::restore(tree::Database database, RestoreCallback done) {
  if (restore_ || restored_) {
    done(Error{ErrorKind::kConflict, "another restore is under way"});
    return;
  }
  if (space_seen_ != node::SpaceLevel::kEnough) {
    done(Error{ErrorKind::kNoSpace, "no space for a snapshot of the restored database"});
    return;
  }
  log::warn("restore_started", {{"zxid", log::hex(database.last_zxid().value)}});
  restore_ = std::make_unique<tree::Database>(std::move(database));
  restore_done_ = std::move(done);
  node_.suspend(actions_);
  perform();
  continue_restore();
}

void Member::continue_restore() {
  if (!restore_ || !node_.replaceable()) {
    return;  // Again when a connection has closed, the log has synced or a snapshot is finished.
  }
  restored_ = true;
  node_.replace_database(std::move(*restore_), read_clocks(), actions_);
  restore_.reset();
  perform();
}

void Member::finish_restore(Zxid zxid, const Status& outcome) {
  if (!outcome) {
    // What is in memory is not on disk and must not be built upon.
    log::panic("restore_failed", {{"reason", outcome.error().message},
                                  {"action", "restart the member: the former state is on disk"}});
    log::flush();
    std::_Exit(static_cast<int>(ExitCode::kUnexpected));
  }
  restored_ = false;
  log::warn("restore_finished", {{"zxid", log::hex(zxid.value)}});
  arm_timer();
  std::exchange(restore_done_, nullptr)(zxid);
}

}  // namespace quorate::app
