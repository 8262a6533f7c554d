// How a leader brings one learner to its own history.
#include "server/zab/sync_plan.h"

namespace quorate::zab {
namespace {

SyncPlan snapshot(Zxid last_processed) {
  return {.method = SyncMethod::kSnap, .zxid = last_processed, .after = last_processed};
}

/// Where a learner that is not ahead meets the leader's transactions.
struct Meeting {
  std::optional<Zxid> floor;  ///< The leader's greatest zxid <= the learner's.
  std::optional<Zxid> next;   ///< Its smallest greater one.
};

/// DIFF if the leader has the learner's last transaction, or the learner's zxid is that of an epoch
/// without any; TRUNC to the transaction before if the two part within one epoch. Nothing if they
/// part at the border of epochs and the learner cannot cut there.
std::optional<SyncPlan> meet(Zxid learner, Zxid max, const Meeting& meeting, bool cuts) {
  const bool is_epoch_begin = learner.counter() == 0;
  if (meeting.floor == learner || is_epoch_begin) {
    return SyncPlan{.method = SyncMethod::kDiff, .zxid = max, .after = learner};
  }
  if (!meeting.floor || !meeting.next) {
    return std::nullopt;
  }
  if (meeting.next->epoch() != learner.epoch() && !cuts) {
    return std::nullopt;
  }
  return SyncPlan{.method = SyncMethod::kTrunc, .zxid = *meeting.floor, .after = *meeting.floor};
}

/// Of the transactions in memory up to `max`.
Meeting meeting_in(const History& history, Zxid learner, Zxid max) {
  Meeting meeting;
  const size_t behind = history.index_after(learner);
  if (behind > 0) {
    meeting.floor = history[behind - 1].zxid;
  }
  if (behind < history.size() && history[behind].zxid <= max) {
    meeting.next = history[behind].zxid;
  }
  return meeting;
}

}  // namespace

const char* name_of(SyncMethod method) {
  switch (method) {
    case SyncMethod::kDiff:
      return "diff";
    case SyncMethod::kTrunc:
      return "trunc";
    case SyncMethod::kSnap:
      return "snap";
  }
  return "unknown";
}

std::variant<SyncPlan, LogProbeWanted> plan_sync(Zxid learner, Zxid last_processed,
                                                 const History& history, const SyncOptions& options,
                                                 const std::optional<LogProbe>& probe) {
  const Zxid max = options.commits_all ? history.last() : history.committed();
  const bool has_any = history.size() > 0 && history[0].zxid <= max;
  const Zxid min = has_any ? history[0].zxid : max;
  if (options.force_snapshot) {
    return snapshot(last_processed);
  }
  if (learner == last_processed) {
    return SyncPlan{.method = SyncMethod::kDiff, .zxid = learner, .after = learner};
  }
  if (learner > max) {
    if (learner.counter() == 0) {
      return snapshot(last_processed);
    }
    return SyncPlan{.method = SyncMethod::kTrunc, .zxid = max, .after = max};
  }
  if (learner >= min) {
    return meet(learner, max, meeting_in(history, learner, max), options.cuts_across_epochs)
        .value_or(snapshot(last_processed));
  }
  if (options.log_bytes_max < 0) {
    return snapshot(last_processed);
  }
  if (!probe) {
    return LogProbeWanted{.zxid = learner, .until = min, .bytes_max = options.log_bytes_max};
  }
  if (!probe->floor || !probe->is_contiguous || probe->bytes > options.log_bytes_max) {
    return snapshot(last_processed);
  }
  std::optional<SyncPlan> plan =
      meet(learner, max, {.floor = probe->floor, .next = probe->next}, options.cuts_across_epochs);
  if (!plan) {
    return snapshot(last_processed);
  }
  plan->from_log = true;
  return *plan;
}

}  // namespace quorate::zab
