// What a member has on its disk, and recovering from it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/node/node.h"
#include "server/quorum/configuration.h"

namespace quorate::sim {

/// An encoded transaction, shared by everybody who has it.
using TxnBytes = std::shared_ptr<const std::string>;

/// What survives a crash.
struct Disk {
  struct Snapshot {
    Zxid zxid;
    std::string bytes;
    bool is_stream = false;  ///< As a leader sent it, or as a file of the member's own.
  };

  std::map<Zxid, TxnBytes> log;
  std::vector<Snapshot> snapshots;  ///< By zxid.
  Epoch accepted;
  Epoch current;
  std::optional<quorum::Configuration> committed;
  std::optional<quorum::Configuration> last_seen;
  bool is_fit = true;  ///< False: wiped or damaged, and not synced since.

  void store(Snapshot snapshot);
  /// Cuts the log behind `zxid`.
  void truncate(Zxid zxid);
};

/// The state and the newest transactions; `txns` is what a log without gaps holds behind the
/// snapshot, and `end` its end.
struct RecoveredDisk {
  node::Recovered recovered;
  Zxid end;
};
[[nodiscard]] RecoveredDisk recover(const Disk& disk, size_t window_count);

[[nodiscard]] tree::Database load(const Disk::Snapshot& snapshot);
[[nodiscard]] tree::TreeOptions tree_options();

}  // namespace quorate::sim
