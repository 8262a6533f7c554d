// What a seed decides before the first event.
#include "tests/sim/settings.h"

#include <array>

#include "tests/sim/fault.h"
#include "tests/sim/random.h"

namespace quorate::sim {
namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Bug::kCount)> kNames = {
    "none",
    "ack_before_sync",
    "wrong_quorum",
    "epoch_written_early",
    "epoch_lost",
    "lost_truncation",
    "empty_disk_votes",
    "older_disk_votes",
    "snapshot_not_stored",
    "fsync_error_ignored",
    "lost_watch",
    "doubled_watch",
    "late_watch",
    "swapped_replies",
    "double_apply",
    "lost_touches",
    "move_not_committed",
    "reask_without_looking",
    "matched_by_cxid_alone",
    "serves_while_looking",
    "deaf_leader",
    "sync_not_asked",
    "old_majority_only",
    "new_majority_only",
    "majority_not_renewed",
    "activated_early",
    "removed_votes",
    "configuration_lost",
    "version_ignored",
    "reconfig_twice",
    "hand_over_forgets",
    "hand_over_drops",
    "bit_flip_believed",
    "snapshot_flip_believed",
    "parting_not_seen",
    "gap_in_log",
};

}  // namespace

std::string_view name_of(Bug bug) { return kNames[static_cast<size_t>(bug)]; }

std::optional<Bug> bug_named(std::string_view name) {
  for (size_t index = 0; index < kNames.size(); ++index) {
    if (kNames[index] == name) {
      return static_cast<Bug>(index);
    }
  }
  return std::nullopt;
}

Settings settings_of(uint64_t seed, Bug bug) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  Random random(seed * 0x9E3779B97F4A7C15U + 1);
  Settings settings;
  settings.seed = seed;
  settings.bug = bug;
  constexpr std::array<size_t, 8> kVoters = {3, 3, 3, 4, 5, 5, 6, 7};
  settings.voters = kVoters[random.below(kVoters.size())];
  settings.observers = random.one_in(3) ? 1 + random.below(2) : 0;
  settings.clients = 4 + random.below(5);
  constexpr std::array<int64_t, 3> kTicks = {300, 600, 1500};
  settings.tick = milliseconds(kTicks[random.below(kTicks.size())]);
  settings.silence_max = milliseconds(random.between(200, 600));
  constexpr std::array<size_t, 4> kWindows = {3, 20, 100, 500};
  settings.window_count = kWindows[random.below(kWindows.size())];
  constexpr std::array<double, 3> kFactors = {-1, 0.33, 100};
  settings.snapshot_size_factor = kFactors[random.below(kFactors.size())];
  settings.force_snapshot = random.one_in(12);
  constexpr std::array<size_t, 3> kLinkBytes = {1000, 20000, size_t{8} << 20};
  settings.link_bytes_max = kLinkBytes[random.below(kLinkBytes.size())];
  constexpr std::array<int64_t, 3> kSnapshots = {40, 300, 100000};
  settings.snapshot_txn_count = kSnapshots[random.below(kSnapshots.size())];
  constexpr std::array<size_t, 3> kSlices = {200, 2000, 65536};
  settings.snapshot_slice_bytes = kSlices[random.below(kSlices.size())];
  settings.delay_max = microseconds(random.one_in(4) ? 20000 : random.between(100, 2000));
  settings.sync_max = microseconds(random.one_in(4) ? 30000 : random.between(200, 5000));
  settings.session_timeout_ms = static_cast<int32_t>(random.between(2500, 6000));
  settings.fault_interval = milliseconds(random.between(300, 1800));
  settings.is_quiet = random.one_in(10);
  if (settings.is_quiet) {
    settings.fault_interval = milliseconds(random.between(1500, 2500));
    settings.force_snapshot = false;  // They cost clients their connections.
    settings.window_count = 500;
    settings.snapshot_size_factor = 100;
  }
  settings.may_reconfigure = random.percent(75);
  settings.spares = settings.may_reconfigure ? random.below(4) : 0;
  favour(bug, settings);
  return settings;
}

}  // namespace quorate::sim
