// Leaders and learners of one ensemble with fake disks and links, driven by a seed in one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "server/zab/leader.h"
#include "server/zab/learner.h"

namespace quorate::zab::testing {

/// Bugs around the machines that the checks must find.
enum class PlantedBug : uint8_t {
  kNone,
  kAckBeforeSync,       ///< A follower's log says "durable" when it has only heard.
  kOwnLogCountedEarly,  ///< The leader's does.
  kEpochsNotDurable,    ///< Epoch files are reported before they are written.
  kTruncationLost,      ///< The log keeps what it should have cut.
  kSnapshotNotStored,   ///< A snapshot is reported before it is stored.
  kWorstLogLeads,       ///< The election prefers the shortest log.
  kSmallQuorum,         ///< The leader counts on fewer voters than there are.
  kWipedDiskVotes,      ///< A member that lost its disk takes part as if nothing had happened.
  kCount,
};
[[nodiscard]] const char* name_of(PlantedBug bug);

/// What came of a run.
struct RunResult {
  std::vector<std::string> violations;
  bool has_converged = false;
  size_t committed = 0;
  size_t reigns = 0;  ///< Leaders that were established.
  size_t truncations = 0;
  size_t snapshots = 0;
  size_t log_reads = 0;
  size_t full_links = 0;  ///< A leader's transaction that a learner was not sent at once.
  std::string trace;
  [[nodiscard]] bool is_good() const { return violations.empty() && has_converged; }
};

/// 3 or 5 voters; 10,000 random steps (deliver, complete a disk's work, propose, elect among a
/// random majority, crash, restart, wipe); then everything works and all histories must become one.
///
/// Checked: one leader an epoch; a leader has all that was ever committed; who serves has applied a
/// prefix of what was committed; in the end all have applied the same.
[[nodiscard]] RunResult run_ensemble(uint64_t seed, PlantedBug bug = PlantedBug::kNone);

}  // namespace quorate::zab::testing
