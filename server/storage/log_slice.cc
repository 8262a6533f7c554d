// Parts of the history on disk.
#include "server/storage/log_slice.h"

#include <algorithm>
#include <utility>

#include "server/storage/log_reader.h"

namespace quorate::storage {
namespace {

/// The log that may hold `zxid`: the last one that begins at or before it.
Zxid start_of(const std::vector<LogFile>& logs, Zxid zxid) {
  Zxid start;
  for (const LogFile& log : logs) {
    if (log.first_zxid <= zxid) {
      start = log.first_zxid;
    }
  }
  return start;
}

}  // namespace

Result<std::vector<LoggedTxn>> LogCursor::read(Zxid until, size_t bytes_max) {
  std::vector<LoggedTxn> txns;
  if (const Status fresh = history_ ? history_->refresh() : Status{}; !fresh) {
    return fresh.error();
  }
  size_t bytes = 0;
  while (position_ < until) {
    if (const Status looked = ahead_ ? Status{} : look_ahead(); !looked) {
      return looked.error();
    }
    if (!ahead_ || ahead_->zxid > until ||
        (!txns.empty() && bytes + ahead_->bytes.size() > bytes_max)) {
      break;
    }
    position_ = ahead_->zxid;
    bytes += ahead_->bytes.size();
    txns.push_back(*std::exchange(ahead_, std::nullopt));
  }
  return txns;
}

/// What does not follow is as good as nothing.
Status LogCursor::look_ahead() {
  const Result<std::optional<HistoryEntry>> entry = next_entry();
  if (!entry) {
    return entry.error();
  }
  if (*entry && is_continuous(position_, (*entry)->record.header.zxid)) {
    ahead_ = LoggedTxn{(*entry)->record.header.zxid, std::string((*entry)->bytes)};
  }
  return {};
}

Result<std::optional<HistoryEntry>> LogCursor::next_entry() {
  if (history_) {
    Result<std::optional<HistoryEntry>> entry = history_->next();
    if (!entry || *entry) {
      return entry;
    }
    // The last log that there was; another may have been begun since.
  }
  const Result<std::vector<LogFile>> logs = list_logs(*fs_, directory_);
  if (!logs) {
    return logs.error();
  }
  if (start_of(*logs, position_.next()) == Zxid{}) {
    return std::optional<HistoryEntry>();
  }
  Result<LogHistory> history = LogHistory::open(*fs_, directory_, position_);
  if (!history) {
    return history.error();
  }
  history_.emplace(std::move(*history));
  return history_->next();
}

Result<LogNeighbours> find_log_neighbours(FileSystem& fs, const std::string& directory, Zxid zxid,
                                          Zxid until, int64_t bytes_max) {
  LogNeighbours found;
  const Result<std::vector<LogFile>> logs = list_logs(fs, directory);
  if (!logs) {
    return logs.error();
  }
  const Zxid start = start_of(*logs, zxid);
  if (start == Zxid{}) {
    return found;
  }
  Result<LogHistory> history = LogHistory::open(fs, directory, Zxid{start.value - 1});
  if (!history) {
    return history.error();
  }
  Zxid last;
  found.is_contiguous = true;
  while (last < until && found.bytes <= bytes_max) {
    const Result<std::optional<HistoryEntry>> entry = history->next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry || (*entry)->record.header.zxid > until) {
      break;
    }
    const Zxid at = (*entry)->record.header.zxid;
    if (at <= zxid) {
      found.floor = at;
    } else {
      found.next = found.next ? found.next : at;
      found.bytes += static_cast<int64_t>((*entry)->bytes.size());
      found.is_contiguous = found.is_contiguous && is_continuous(last, at);
    }
    last = at;
  }
  found.is_contiguous = found.is_contiguous && found.floor && last == until;
  return found;
}

namespace {

Status unlink_durably(FileSystem& fs, const std::string& directory, const std::string& name) {
  const Status gone = fs.unlink(join_path(directory, name));
  return gone ? fs.sync_directory(directory) : gone;
}

/// Writes the entries of `log` up to `zxid` into a file of the same name in `scratch`; returns how
/// many there are.
Result<size_t> copy_entries(FileSystem& fs, const std::string& directory, const LogFile& log,
                            const std::string& scratch, Zxid zxid) {
  Result<LogReader> reader = LogReader::open(fs, join_path(directory, log.name));
  if (!reader) {
    return reader.error();
  }
  Result<LogWriter> writer = LogWriter::open(
      fs, scratch, LogTail{}, LogOptions{.preallocate_bytes = 0, .zero_ahead_bytes = 0});
  if (!writer) {
    return writer.error();
  }
  size_t count = 0;
  while (true) {
    const auto entry = reader->next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry) {
      break;
    }
    const std::optional<wire::TxnRecord> record = wire::decode_txn((*entry)->bytes);
    if (!record || record->header.zxid > zxid) {
      break;
    }
    writer->append(record->header.zxid, (*entry)->bytes);
    ++count;
  }
  if (const Status synced = writer->sync(); !synced) {
    return synced.error();
  }
  if (const Status sealed = writer->seal(); !sealed) {
    return sealed.error();
  }
  return count;
}

Status replace_log(FileSystem& fs, const Directories& directories, const LogFile& log, Zxid zxid) {
  const std::string scratch = join_path(directories.logs, ".cut");
  if (const Status made = fs.make_directories(scratch); !made) {
    return made;
  }
  const Result<std::vector<std::string>> left = fs.list(scratch);
  if (!left) {
    return left.error();
  }
  for (const std::string& name : *left) {
    if (const Status gone = fs.unlink(join_path(scratch, name)); !gone) {
      return gone;
    }
  }
  const Result<size_t> copied = copy_entries(fs, directories.logs, log, scratch, zxid);
  if (!copied) {
    return copied.error();
  }
  if (*copied == 0) {
    return unlink_durably(fs, directories.logs, log.name);
  }
  const Result<FileContent> content = read_file(fs, join_path(scratch, log.name));
  if (!content) {
    return content.error();
  }
  return replace_file(fs, directories.logs, log.name, content->bytes());
}

}  // namespace

Status cut_history(FileSystem& fs, const Directories& directories, Zxid zxid) {
  const Result<std::vector<SnapshotName>> snapshots = list_snapshots(fs, directories.snapshots);
  if (!snapshots) {
    return snapshots.error();
  }
  for (const SnapshotName& snapshot : *snapshots) {
    if (snapshot.zxid <= zxid) {
      continue;
    }
    if (const Status gone = unlink_durably(fs, directories.snapshots, snapshot.name); !gone) {
      return gone;
    }
  }
  const Result<std::vector<LogFile>> logs = list_logs(fs, directories.logs);
  if (!logs) {
    return logs.error();
  }
  for (auto log = logs->rbegin(); log != logs->rend(); ++log) {
    const Status done = log->first_zxid > zxid ? unlink_durably(fs, directories.logs, log->name)
                                               : replace_log(fs, directories, *log, zxid);
    if (!done || log->first_zxid <= zxid) {
      return done;
    }
  }
  return {};
}

Status drop_logs(FileSystem& fs, const Directories& directories) {
  const Result<std::vector<LogFile>> logs = list_logs(fs, directories.logs);
  if (!logs) {
    return logs.error();
  }
  for (auto log = logs->rbegin(); log != logs->rend(); ++log) {
    if (const Status gone = unlink_durably(fs, directories.logs, log->name); !gone) {
      return gone;
    }
  }
  return {};
}

}  // namespace quorate::storage
