// Recovery: choice of the snapshot, replay of the history over it, last checks.
#include "server/storage/recover.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/storage/log_history.h"
#include "server/storage/snapshot_file.h"
#include "server/storage/snapshot_reader.h"
#include "server/tree/snapshot.h"

namespace quorate::storage {
namespace {

/// As many snapshots as ZooKeeper tries.
constexpr int kSnapshotsTriedMax = 100;
constexpr size_t kSnapshotSliceBytes = size_t{1} << 20;
const char* const kInitializeName = "initialize";

/// The last `capacity` txns; slots are reused, so keeping up costs one copy a txn.
class RecentTxns {
 public:
  explicit RecentTxns(int capacity) : slots_(static_cast<size_t>(capacity)) {}

  void add(std::string_view bytes) {
    if (!slots_.empty()) {
      slots_[count_ % slots_.size()].assign(bytes);
      ++count_;
    }
  }
  [[nodiscard]] std::vector<std::string> take() {
    std::vector<std::string> ordered;
    const size_t kept = std::min(count_, slots_.size());
    for (size_t index = count_ - kept; index < count_; ++index) {
      ordered.push_back(std::move(slots_[index % slots_.size()]));
    }
    return ordered;
  }

 private:
  std::vector<std::string> slots_;
  size_t count_ = 0;
};

struct ChosenSnapshot {
  std::optional<tree::LoadedSnapshot> loaded;
  Zxid zxid;
  Zxid newest_named;  ///< Highest zxid of any snapshot file, readable or not.
  bool any = false;   ///< There are snapshot files.
};

Result<ChosenSnapshot> choose_snapshot(FileSystem& fs, const Directories& directories,
                                       const RecoverOptions& options,
                                       RecoveryStatistics& statistics,
                                       std::vector<std::string>& warnings) {
  Result<std::vector<SnapshotName>> names = list_snapshots(fs, directories.snapshots);
  if (!names) {
    return names.error();
  }
  ChosenSnapshot chosen;
  for (const SnapshotName& name : *names) {
    if (!chosen.any) {
      chosen.any = true;
      chosen.newest_named = name.zxid;
    }
    if (statistics.snapshots_refused >= kSnapshotsTriedMax) {
      break;
    }
    const std::string path = join_path(directories.snapshots, name.name);
    Result<bool> complete = looks_complete(fs, path, name.compression);
    if (complete && !*complete) {
      ++statistics.snapshots_refused;
      warnings.push_back(path + ": passed over, it was not written to its end");
      continue;
    }
    Result<tree::LoadedSnapshot> loaded =
        load_snapshot_file(fs, directories.snapshots, name, options.tree);
    if (loaded) {
      if (tree::digest_contradicts(*loaded, name.zxid)) {
        ++statistics.digest_mismatches;
        warnings.push_back(path + ": its content has another digest than it records");
      }
      chosen.loaded = std::move(*loaded);
      chosen.zxid = name.zxid;
      statistics.snapshot = name.name;
      return chosen;
    }
    ++statistics.snapshots_refused;
    warnings.push_back(loaded.error().message + ": passed over, trying an older one");
  }
  return chosen;
}

/// Last zxid whose effects the snapshot may hold in part; nothing if it does not say. A Java server
/// writes its snapshots while txns go on: what it records last is where the writing ended, and one
/// txn more may have been half applied. Old servers record nothing.
std::optional<Zxid> fuzzy_until(const std::optional<tree::LoadedSnapshot>& loaded) {
  if (!loaded) {
    return Zxid{0};
  }
  const tree::SnapshotInfo& info = loaded->info;
  if (!info.digest_zxid && !info.last_processed_zxid) {
    return std::nullopt;
  }
  return std::max(info.digest_zxid.value_or(Zxid{0}), info.last_processed_zxid.value_or(Zxid{0}))
      .next();
}

Error misfit(const std::string& path, const HistoryEntry& entry, const char* why) {
  return {ErrorKind::kCorrupt,
          path + " at offset " + std::to_string(entry.offset) + ": transaction " +
              hex_text(entry.record.header.zxid) + " " + why +
              ". The snapshot and the logs are not of one history: restore the directory from a "
              "backup or, in an ensemble, empty it so that it syncs from the others"};
}

/// Replays the logs after `recovered.snapshot_zxid`. `fuzzy` is fuzzy_until() of the snapshot.
/// Returns whether `awaited` was among them.
Result<bool> replay(FileSystem& fs, const Directories& directories, const RecoverOptions& options,
                    std::optional<Zxid> fuzzy, Zxid awaited, Recovered& recovered) {
  Result<LogHistory> history = LogHistory::open(fs, directories.logs, recovered.snapshot_zxid);
  if (!history) {
    return history.error();
  }
  tree::Database& database = recovered.database;
  RecentTxns recent(options.recent_txns_max);
  tree::Applied applied;
  bool has_awaited = false;
  while (true) {
    Result<std::optional<HistoryEntry>> entry = history->next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry) {
      break;
    }
    const wire::TxnRecord& record = (*entry)->record;
    const bool exact = fuzzy && record.header.zxid > *fuzzy;
    const uint64_t ignored = database.ignored_count();
    applied.clear();
    const bool possible = database.apply(record, applied);
    if (!possible || (exact && database.ignored_count() != ignored)) {
      return misfit(join_path(directories.logs, history->current_file()), **entry,
                    possible ? "does not fit the state that it is applied to"
                             : "is none that a server can have written");
    }
    if (exact && record.digest && options.tree.digest_enabled &&
        static_cast<uint64_t>(record.digest->tree_digest) != database.tree().digest()) {
      ++recovered.statistics.digest_mismatches;
    }
    has_awaited = has_awaited || record.header.zxid == awaited;
    recent.add((*entry)->bytes);
    ++recovered.statistics.txns;
  }
  database.set_last_zxid(history->last_zxid());
  recovered.last_zxid = history->last_zxid();
  recovered.tail = history->tail();
  recovered.recent_txns = recent.take();
  recovered.statistics.log_bytes = history->bytes_read();
  recovered.warnings.insert(recovered.warnings.end(), history->warnings().begin(),
                            history->warnings().end());
  return has_awaited;
}

/// What an absent snapshot means, as ZooKeeper decides it, except that it never takes a directory
/// whose snapshots are all unreadable for an empty one.
Status judge_absent_snapshot(FileSystem& fs, const Directories& directories,
                             const RecoverOptions& options, const ChosenSnapshot& chosen,
                             Recovered& recovered) {
  if (chosen.any && chosen.newest_named > Zxid{0}) {
    return Error{ErrorKind::kCorrupt,
                 directories.snapshots + " has snapshots but none can be read (" +
                     (recovered.warnings.empty() ? "" : recovered.warnings.front()) +
                     "): restore one from a backup"};
  }
  if (recovered.statistics.txns > 0 || !recovered.tail.file.empty()) {
    if (options.trust_empty_snapshot) {
      recovered.warnings.push_back(directories.snapshots +
                                   " has no snapshot; snapshot.trust.empty lets the logs do");
      return {};
    }
    return Error{ErrorKind::kCorrupt,
                 directories.snapshots + " has no snapshot but " + directories.logs +
                     " has transactions: restore a snapshot, or set "
                     "zookeeper.snapshot.trust.empty=true if the logs are known to be complete"};
  }
  const bool initialize =
      fs.open(join_path(directories.data, kInitializeName), OpenMode::kRead).ok();
  recovered.fresh = true;
  recovered.trusted = initialize || options.db_autocreate;
  return {};
}

/// A damaged snapshot says that its state had been reached. A history that ends earlier has lost
/// something; so has one that goes on later without its transaction, as the logs behind a snapshot
/// that came from a leader do: at the border of two epochs the zxids would not show the gap.
Status refuse_older(const Directories& directories, const ChosenSnapshot& chosen,
                    bool logs_have_newest, const Recovered& recovered) {
  if (!chosen.any || chosen.zxid == chosen.newest_named || logs_have_newest) {
    return {};
  }
  return Error{ErrorKind::kCorrupt,
               "the newest snapshot in " + directories.snapshots + " is of transaction " +
                   hex_text(chosen.newest_named) +
                   " and cannot be read, and the logs, which end at " +
                   hex_text(recovered.last_zxid) + ", do not have it (" +
                   (recovered.warnings.empty() ? "" : recovered.warnings.front()) +
                   "): restore it from a backup, or move it away to go on without what is lost"};
}

}  // namespace

Result<Recovered> recover(FileSystem& fs, const Directories& directories,
                          const RecoverOptions& options) {
  RecoveryStatistics statistics;
  std::vector<std::string> warnings;
  Result<ChosenSnapshot> chosen = choose_snapshot(fs, directories, options, statistics, warnings);
  if (!chosen) {
    return chosen.error();
  }
  const std::optional<Zxid> fuzzy = fuzzy_until(chosen->loaded);
  Recovered recovered{.database = chosen->loaded ? std::move(chosen->loaded->database)
                                                 : tree::Database(options.tree),
                      .last_zxid = chosen->zxid,
                      .snapshot_zxid = chosen->zxid,
                      .statistics = std::move(statistics),
                      .warnings = std::move(warnings)};
  const Result<bool> replayed =
      replay(fs, directories, options, fuzzy, chosen->newest_named, recovered);
  if (!replayed) {
    return replayed.error();
  }
  if (!chosen->loaded) {
    if (Status judged = judge_absent_snapshot(fs, directories, options, *chosen, recovered);
        !judged) {
      return judged.error();
    }
  }
  if (Status kept = refuse_older(directories, *chosen, *replayed, recovered); !kept) {
    return kept.error();
  }
  recovered.statistics.orphaned_ephemerals =
      static_cast<int64_t>(recovered.database.drop_orphaned_ephemerals());
  Result<Epochs> epochs = read_epochs(fs, directories.snapshots, recovered.last_zxid);
  if (epochs) {
    recovered.epochs = *epochs;
  } else if (options.enforce_epochs) {
    return epochs.error();
  } else {
    recovered.warnings.push_back(epochs.error().message + " (a standalone server does not care)");
  }
  return recovered;
}

Status settle(FileSystem& fs, const Directories& directories, Recovered& recovered) {
  remove_temporary_files(fs, directories);
  if (!recovered.statistics.snapshot.empty()) {
    Result<std::unique_ptr<File>> file =
        fs.open(join_path(directories.snapshots, recovered.statistics.snapshot), OpenMode::kRead);
    if (!file) {
      return file.error();
    }
    if (Status synced = (*file)->sync(); !synced) {
      return synced;
    }
    if (Status synced = fs.sync_directory(directories.snapshots); !synced) {
      return synced;
    }
  }
  if (!recovered.trusted) {
    return {};
  }
  if (recovered.statistics.snapshot.empty()) {
    // Logs alone are not believed at the next start, so they never come first.
    Result<int64_t> written =
        write_snapshot(fs, directories.snapshots, recovered.database, Compression::kNone);
    if (!written) {
      return written.error();
    }
  }
  const Status removed = fs.unlink(join_path(directories.data, kInitializeName));
  if (!removed) {
    return removed.error().kind == ErrorKind::kNotFound ? Status() : removed;
  }
  return fs.sync_directory(directories.data);
}

Result<int64_t> write_snapshot(FileSystem& fs, const std::string& directory,
                               tree::Database& database, Compression compression) {
  tree::SnapshotWriter writer(database);
  Result<SnapshotFile> file =
      SnapshotFile::begin(fs, directory, writer.zxid(), compression, Pace::kFull);
  if (!file) {
    return file.error();
  }
  std::string slice;
  bool more = true;
  while (more) {
    slice.clear();
    more = writer.next(slice, kSnapshotSliceBytes);
    if (Status appended = file->append(slice); !appended) {
      return appended.error();
    }
  }
  return file->commit();
}

}  // namespace quorate::storage
