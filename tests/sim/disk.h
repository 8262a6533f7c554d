// What a member has on its disk, and recovering from it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/node/node.h"
#include "server/quorum/configuration.h"
#include "server/quorum/witness.h"

namespace quorate::sim {

/// An encoded transaction, shared by everybody who has it.
using TxnBytes = std::shared_ptr<const std::string>;

/// What survives a crash.
struct Disk {
  struct Snapshot {
    Zxid zxid;
    std::string bytes;
    bool is_stream = false;  ///< As a leader sent it, or as a file of the member's own.
    bool is_rotten = false;  ///< Its checksum does not fit any more.
  };

  std::map<Zxid, TxnBytes> log;
  std::vector<Snapshot> snapshots;  ///< By zxid.
  Epoch accepted;
  Epoch current;
  std::optional<quorum::Configuration> committed;
  std::optional<quorum::Configuration> last_seen;
  std::set<Zxid> rotten;  ///< Of the log: entries whose checksums do not fit any more.
  bool is_fit = true;     ///< False: marked as wiped or damaged, and not synced since.
  bool is_older = false;  ///< Rolled back, and not synced since; its member does not know.
  quorum::Witness witness;

  void store(Snapshot snapshot);
  /// A bit of this entry, or of this snapshot, is another from now on.
  void flip(Zxid zxid, size_t bit);
  void flip_snapshot(size_t index, size_t bit);
  [[nodiscard]] bool is_rotten() const;
  [[nodiscard]] Zxid last_logged() const;
  /// Cuts the log behind `zxid`.
  void truncate(Zxid zxid);
};

/// The state and the newest transactions; `txns` is what a log without gaps holds behind the
/// snapshot, and `end` its end.
struct RecoveredDisk {
  node::Recovered recovered;
  Zxid end;
  std::string damage;  ///< What is wrong, and where; the rest means nothing then.
};
/// `believes_log`, `believes_snapshots`: planted bugs, checksums are not looked at.
[[nodiscard]] RecoveredDisk recover(const Disk& disk, size_t window_count,
                                    bool believes_log = false, bool believes_snapshots = false);

[[nodiscard]] tree::Database load(const Disk::Snapshot& snapshot);
[[nodiscard]] tree::TreeOptions tree_options();

}  // namespace quorate::sim
