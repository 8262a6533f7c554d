// Iteration over the logs of a directory, with judgement of each file's end.
#include "server/storage/log_history.h"

#include <cstdio>
#include <utility>

namespace quorate::storage {
namespace {

/// More of the same kind add nothing.
constexpr size_t kWarningsMax = 50;

/// The first log that may hold the txn after `from`: the one with the greatest name up to it.
size_t first_needed(const std::vector<LogFile>& files, Zxid from) {
  size_t first = 0;
  for (size_t index = 0; index < files.size(); ++index) {
    if (files[index].first_zxid <= from.next()) {
      first = index;
    }
  }
  return first;
}

}  // namespace

std::string hex_text(Zxid zxid) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(zxid.value));
  return text;
}

LogHistory::LogHistory(FileSystem& fs, std::string directory, Zxid from, std::vector<LogFile> files)
    : fs_(&fs), directory_(std::move(directory)), files_(std::move(files)), last_zxid_(from) {
  tail_.last_zxid = from;
  index_ = first_needed(files_, from);
}

Result<LogHistory> LogHistory::open(FileSystem& fs, std::string directory, Zxid from) {
  Result<std::vector<LogFile>> files = list_logs(fs, directory);
  if (!files) {
    return files.error();
  }
  return LogHistory(fs, std::move(directory), from, std::move(*files));
}

Result<std::optional<HistoryEntry>> LogHistory::next() {
  while (index_ < files_.size()) {
    if (!reader_) {
      if (Status opened = open_file(); !opened) {
        return opened.error();
      }
    }
    Result<std::optional<LogEntry>> entry = reader_->next();
    if (!entry) {
      return entry.error();
    }
    if (!*entry) {
      if (Status finished = finish_file(); !finished) {
        return finished.error();
      }
      continue;
    }
    const LogEntry& read = **entry;
    bytes_read_ += read.end_offset - read.offset;
    std::optional<wire::TxnRecord> record = wire::decode_txn(read.bytes);
    if (!record) {
      return corrupt(current_file(), read.offset,
                     "the entry's checksum is right but it is no transaction");
    }
    const Zxid zxid = record->header.zxid;
    if (!file_has_entries_) {
      if (Status judged = judge_pending(zxid); !judged) {
        return judged.error();
      }
    }
    const Status continuous = check_continuity(zxid);
    file_has_entries_ = true;
    file_last_zxid_ = zxid;
    if (!continuous) {
      return continuous.error();
    }
    if (zxid <= last_zxid_) {
      continue;
    }
    last_zxid_ = zxid;
    return std::optional<HistoryEntry>(
        HistoryEntry{.record = std::move(*record), .bytes = read.bytes, .offset = read.offset});
  }
  if (Status judged = judge_pending(std::nullopt); !judged) {
    return judged.error();
  }
  tail_.last_zxid = last_zxid_;
  return std::optional<HistoryEntry>();
}

Status LogHistory::refresh() { return reader_ ? reader_->refresh() : Status{}; }

Status LogHistory::open_file() {
  Result<LogReader> reader = LogReader::open(*fs_, path_of(current_file()));
  if (!reader) {
    return reader.error();
  }
  reader_.emplace(std::move(*reader));
  file_has_entries_ = false;
  tail_.replayed.push_back(current_file());
  return {};
}

Status LogHistory::finish_file() {
  pending_.push_back({.reader = std::move(*reader_),
                      .file = files_[index_],
                      .last_zxid = file_last_zxid_,
                      .entries = file_has_entries_});
  reader_.reset();
  ++index_;
  return {};
}

Status LogHistory::check_continuity(Zxid zxid) {
  if (zxid <= last_zxid_ || is_continuous(last_zxid_, zxid)) {
    return {};
  }
  const std::string missing = "the transactions between " + hex_text(last_zxid_) + " and " +
                              hex_text(zxid) + " are missing";
  if (!file_has_entries_) {
    return corrupt(current_file(), kLogHeaderBytes, missing);
  }
  if (warnings_.size() < kWarningsMax) {
    warnings_.push_back(path_of(current_file()) + ": " + missing + "; it was written so");
  }
  return {};
}

Status LogHistory::judge_pending(std::optional<Zxid> next_zxid) {
  for (Finished& finished : pending_) {
    if (Status judged = judge(finished, next_zxid); !judged) {
      return judged;
    }
  }
  pending_.clear();
  return {};
}

Status LogHistory::judge(Finished& finished, std::optional<Zxid> next_zxid) {
  const LogEnd& end = finished.reader.end();
  Result<TailJudgement> judged =
      judge_tail(finished.reader, finished.file.first_zxid, last_zxid_, next_zxid);
  if (!judged) {
    return judged.error();
  }
  if (judged->verdict == TailVerdict::kDamaged) {
    return corrupt(finished.file.name, end.offset, judged->reason);
  }
  if (judged->verdict == TailVerdict::kTorn) {
    warnings_.push_back(path_of(finished.file.name) + ": cut at offset " +
                        std::to_string(end.offset) + ": " + judged->reason);
  }
  if (next_zxid) {
    return {};
  }
  if (!finished.entries) {
    tail_.empty.push_back(finished.file.name);
    return {};
  }
  tail_.file = finished.file.name;
  tail_.file_zxid = finished.file.first_zxid;
  tail_.end_offset = end.offset;
  tail_.torn = judged->verdict == TailVerdict::kTorn;
  if (judged->mark) {
    // A file that ends before the snapshot is not continued: its zxids would have a gap.
    tail_.ours = !judged->mark->sealed && finished.last_zxid == last_zxid_;
    tail_.mark_sequence = judged->mark->sequence;
    tail_.mark_area = judged->mark_area;
  }
  return {};
}

Error LogHistory::corrupt(const std::string& file, int64_t offset,
                          const std::string& reason) const {
  const std::string path = path_of(file);
  return {ErrorKind::kCorrupt,
          path + " is damaged at offset " + std::to_string(offset) + ": " + reason +
              ". Nothing was changed. The last good transaction is " + hex_text(last_zxid_) +
              ". Look at it with `quorate inspect log " + path +
              "`; restore the data directory from a backup or, in an ensemble, empty it so that "
              "it syncs from the others"};
}

}  // namespace quorate::storage
