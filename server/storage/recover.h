// From the data directories to the state of the server: snapshot, logs, epochs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/epochs.h"
#include "server/storage/file_system.h"
#include "server/storage/log_writer.h"
#include "server/tree/database.h"

namespace quorate::storage {

struct RecoverOptions {
  tree::TreeOptions tree;
  bool trust_empty_snapshot = false;  ///< snapshot.trust.empty: logs without a snapshot are enough.
  bool db_autocreate = true;          ///< db.autocreate: an empty directory is a new database.
  bool enforce_epochs = false;        ///< A quorum member: the epoch files must make sense.
  int recent_txns_max = 500;          ///< commitLogCount.
};

/// What recovery met, for the log line and the metrics.
struct RecoveryStatistics {
  std::string snapshot;             ///< File name; empty if there was none.
  int64_t snapshot_bytes = 0;       ///< On disk.
  int snapshots_refused = 0;        ///< Newer ones that could not be read.
  int64_t txns = 0;                 ///< Replayed.
  int64_t log_bytes = 0;            ///< Read from the logs.
  int64_t orphaned_ephemerals = 0;  ///< Deleted: their session does not exist.
  int64_t digest_mismatches = 0;    ///< Txns whose recorded tree digest is not ours.
};

struct Recovered {
  tree::Database database;
  Zxid last_zxid;
  Zxid snapshot_zxid;
  Epochs epochs;
  LogTail tail;
  std::vector<std::string> recent_txns;  ///< Bytes of the last replayed txns, oldest first.
  bool fresh = false;                    ///< No history at all: settle() writes snapshot.0.
  bool trusted = true;  ///< False: empty without autocreate or `initialize`; it may not vote.
  RecoveryStatistics statistics;
  std::vector<std::string> warnings;
};

/// Loads the newest snapshot that can be read and replays the logs over it. Reads only: running it
/// again, or after a crash in the middle, gives the same result. Errors: kCorrupt with file,
/// offset, reason and the way out; kIo when the disk refuses to read.
///
/// An older snapshot takes the place of a damaged one only if the logs reach beyond the damaged
/// one. Source: ZooKeeper FileTxnSnapLog.restore.
[[nodiscard]] Result<Recovered> recover(FileSystem& fs, const Directories& directories,
                                        const RecoverOptions& options);

/// Before the log is opened: makes the snapshot that was loaded durable, writes snapshot.0 of a
/// fresh database, removes `initialize` and temporary files. Safe to repeat.
[[nodiscard]] Status settle(FileSystem& fs, const Directories& directories, Recovered& recovered);

/// Writes a whole snapshot of `database` at once: at start, or where nobody waits.
[[nodiscard]] Result<int64_t> write_snapshot(FileSystem& fs, const std::string& directory,
                                             tree::Database& database, Compression compression);

}  // namespace quorate::storage
