// A member's disk: work in order, what a crash leaves of it, and crashes at durable steps.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/base/overloaded.h"
#include "tests/sim/member.h"

namespace quorate::sim {

void Member::report(const node::Event& event) {
  context_.queue.after(Duration(context_.random.between(5, 50)), [this, life = life_, event] {
    if (life == life_) {
      when_running([this, event] { step(event); });
    }
  });
}

bool Member::survives_step(const char* what) {
  if (!crash_in_) {
    return true;
  }
  if (*crash_in_ > 0) {
    --*crash_in_;
    return true;
  }
  note(text("crash at a durable step: %s", what));
  is_in_step_ = false;  // Where its own step wanted it.
  crash(context_.random.one_in(2) ? CrashKind::kPower : CrashKind::kProcess);
  return false;
}

void Member::save_epochs(Epoch accepted, Epoch current) {
  if (context_.has(Bug::kEpochWrittenEarly)) {
    current = accepted;
  }
  const bool is_lost = context_.has(Bug::kEpochLost);
  const Duration time =
      context_.random.between(context_.settings.sync_min, context_.settings.sync_max) + slow_sync_;
  context_.queue.after(time, [this, life = life_, accepted, current, is_lost] {
    if (life != life_ || !survives_step("before the accepted epoch")) {
      return;
    }
    if (!is_lost) {
      disk_.accepted = accepted;
    }
    if (!survives_step("before the current epoch")) {
      return;
    }
    if (!is_lost) {
      disk_.current = current;
    }
    if (!survives_step("behind the epochs")) {
      return;
    }
    note(text("has stored the epochs %lld %lld", static_cast<long long>(accepted.value),
              static_cast<long long>(current.value)));
    when_running([this, accepted, current] { step(node::EpochsSaved{accepted, current}); });
  });
}

void Member::add_work(DiskWork work) {
  if (const auto* append = std::get_if<AppendWork>(&work);
      append != nullptr && context_.has(Bug::kAckBeforeSync)) {
    report(node::LogSynced{.zxid = append->zxid, .log_bytes = 0});
  }
  work_.push_back(std::move(work));
  start_work();
}

void Member::start_work() {
  if (is_working_ || work_.empty()) {
    return;
  }
  is_working_ = true;
  Duration time =
      context_.random.between(context_.settings.sync_min, context_.settings.sync_max) + slow_sync_;
  if (context_.has(Bug::kAckBeforeSync)) {
    time += std::chrono::milliseconds(30);
  }
  context_.queue.after(time, [this, life = life_] {
    if (life == life_) {
      finish_work();
    }
  });
}

/// One batch: all transactions that have come by now, or one of the other kinds.
void Member::finish_work() {
  is_working_ = false;
  std::optional<Zxid> synced;
  int64_t bytes = 0;
  bool more = true;
  while (more && !work_.empty()) {
    more = std::holds_alternative<AppendWork>(work_.front()) && work_.size() > 1 &&
           std::holds_alternative<AppendWork>(work_[1]);
    if (std::holds_alternative<AppendWork>(work_.front()) &&
        !survives_step("before a transaction")) {
      return;  // It is the first of what may be lost.
    }
    DiskWork work = std::move(work_.front());
    work_.pop_front();
    if (!do_one(std::move(work), synced, bytes)) {
      return;
    }
  }
  if (synced && !context_.has(Bug::kAckBeforeSync)) {
    when_running(
        [this, zxid = *synced, bytes] { step(node::LogSynced{.zxid = zxid, .log_bytes = bytes}); });
  }
  start_work();
}

bool Member::do_one(DiskWork work, std::optional<Zxid>& synced, int64_t& bytes) {
  return std::visit(Overloaded{
                        [&](AppendWork& append) {
                          const bool is_lost =
                              context_.has(Bug::kFsyncErrorIgnored) && context_.random.one_in(50);
                          if (!is_lost) {
                            disk_.log[append.zxid] = append.txn;
                            memberships_.logged(id_, append.zxid);
                          }
                          synced = append.zxid;
                          bytes += static_cast<int64_t>(append.txn->size());
                          return survives_step("behind a transaction");
                        },
                        [&](TruncateWork& truncate) {
                          if (!survives_step("before a truncation")) {
                            return false;
                          }
                          do_truncate(truncate);
                          return true;
                        },
                        [&](InstallWork& install) {
                          if (!survives_step("before a snapshot that was received")) {
                            return false;
                          }
                          do_install(std::move(install));
                          return node_ != nullptr;
                        },
                        [&](SnapshotWork& snapshot) {
                          if (!survives_step("before a snapshot")) {
                            return false;
                          }
                          disk_.store({.zxid = snapshot.zxid, .bytes = std::move(snapshot.bytes)});
                          if (!survives_step("behind a snapshot")) {
                            return false;
                          }
                          when_running([this, zxid = snapshot.zxid] {
                            step(node::SnapshotFinished{.zxid = zxid, .succeeded = true});
                          });
                          return true;
                        },
                        [&](ReadWork& read) {
                          do_read(read);
                          return true;
                        },
                    },
                    work);
}

void Member::do_truncate(const TruncateWork& work) {
  Disk cut = disk_;
  cut.truncate(work.zxid);
  RecoveredDisk recovered = read_disk(cut);
  if (!recovered.damage.empty()) {
    note("cannot read its disk: " + recovered.damage);
    crash(CrashKind::kProcess);
    return;
  }
  if (!context_.has(Bug::kLostTruncation)) {
    disk_ = std::move(cut);
  }
  node::LogTruncated event{.last = recovered.end};
  if (work.reload) {
    event.reloaded = std::make_shared<tree::Database>(std::move(recovered.recovered.database));
  }
  if (!survives_step("behind a truncation")) {
    return;
  }
  // What was given up for a snapshot that did not come is back.
  const Disk& left = disk_;
  logged_.insert(left.log.begin(), left.log.upper_bound(recovered.end));
  when_running([this, event] { step(event); });
}

/// Stored under its final name first; then the logs go that it replaces.
void Member::do_install(InstallWork work) {
  const Disk::Snapshot snapshot{
      .zxid = work.zxid, .bytes = std::move(work.bytes), .is_stream = true};
  if (!context_.has(Bug::kSnapshotNotStored)) {
    disk_.store(snapshot);
    memberships_.installed(id_, work.zxid);
  }
  auto database = std::make_shared<tree::Database>(load(snapshot));
  checker_.installed(id_, work.zxid, database->tree().digest());
  if (!survives_step("between a snapshot that was received and the logs")) {
    return;
  }
  disk_.log.clear();
  disk_.rotten.clear();
  if (!survives_step("behind a snapshot that was received")) {
    return;
  }
  note(
      text("has installed the snapshot of %llx", static_cast<unsigned long long>(work.zxid.value)));
  when_running([this, zxid = work.zxid, database] {
    step(node::SnapshotReceived{zxid, database});
  });
}

// ---- Reading the log --------------------------------------------------------------------------

/// The log is read beside its writer: some time behind what had to be written before.
void Member::do_read(const ReadWork& work) {
  const Duration time = Duration(context_.random.between(5, 2000));
  context_.queue.after(time, [this, life = life_, work] {
    if (life != life_) {
      return;
    }
    report(std::visit(
        Overloaded{
            [this](const zab::LeaderActions::ProbeLog& probe) { return answer_probe(probe); },
            [this](const zab::LeaderActions::ReadLog& read) { return answer_read(read); }},
        work));
  });
}

node::Event Member::answer_probe(const zab::LeaderActions::ProbeLog& probe) const {
  zab::LogProbe found;
  const auto next = disk_.log.upper_bound(probe.wanted.zxid);
  if (next != disk_.log.begin()) {
    found.floor = std::prev(next)->first;
  }
  if (next != disk_.log.end()) {
    found.next = next->first;
  }
  if (found.floor && context_.has(Bug::kPartingNotSeen)) {
    found.floor = probe.wanted.zxid;
  }
  found.is_contiguous = found.floor.has_value();
  Zxid last = found.floor.value_or(Zxid{});
  for (auto each = next; each != disk_.log.end() && last < probe.wanted.until &&
                         found.bytes <= probe.wanted.bytes_max;
       ++each) {
    if (disk_.rotten.contains(each->first) && !context_.has(Bug::kBitFlipBelieved)) {
      return zab::LogProbed{probe.link, {}};
    }
    found.is_contiguous = found.is_contiguous && is_continuous(last, each->first);
    found.bytes += static_cast<int64_t>(each->second->size());
    last = each->first;
  }
  found.is_contiguous = found.is_contiguous && last >= probe.wanted.until;
  return zab::LogProbed{probe.link, found};
}

node::Event Member::answer_read(const zab::LeaderActions::ReadLog& read) const {
  zab::LogRead found{.link = read.link, .txns = {}};
  size_t bytes = 0;
  for (auto each = disk_.log.upper_bound(read.after);
       each != disk_.log.end() && each->first <= read.until; ++each) {
    if (disk_.rotten.contains(each->first) && !context_.has(Bug::kBitFlipBelieved)) {
      break;  // What can be read in front of it is good.
    }
    const auto next = std::next(each);
    const bool ends_epoch = next != disk_.log.end() && next->first.epoch() > each->first.epoch();
    if (ends_epoch && each->first < read.until && context_.has(Bug::kGapInLog)) {
      continue;
    }
    bytes += each->second->size();
    if (!found.txns.empty() && bytes > read.bytes_max) {
      break;
    }
    found.txns.push_back({each->first, *each->second});
  }
  return found;
}

// ---- Crashes ----------------------------------------------------------------------------------

/// Of what was written but not synced a part may be on the disk, from the beginning on: a torn
/// record ends the log. After a mere crash of the process the system writes what it was given.
void Member::lose_unsynced(CrashKind kind) {
  const size_t kept = kind == CrashKind::kPower && !work_.empty()
                          ? context_.random.below(work_.size() + 1)
                          : context_.random.below(2) * work_.size();
  for (size_t index = 0; index < kept; ++index) {
    const auto* const append = std::get_if<AppendWork>(&work_[index]);
    if (append == nullptr) {
      break;
    }
    disk_.log[append->zxid] = append->txn;
  }
  work_.clear();
  is_working_ = false;
  logged_.clear();
}

}  // namespace quorate::sim
