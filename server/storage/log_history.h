// All logs of a directory as one history: the txns after a zxid, in order, with every gap noticed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"
#include "server/storage/log_reader.h"
#include "server/storage/log_tail.h"
#include "server/storage/log_writer.h"
#include "server/wire/txn.h"

namespace quorate::storage {

/// One txn of the history. Borrows from the reader until the next call.
struct HistoryEntry {
  wire::TxnRecord record;
  std::string_view bytes;
  int64_t offset = 0;  ///< In the file that current_file() names.
};

/// Reads only. Entries up to and including `from` are passed over, as are repetitions. Refused with
/// kCorrupt, file, offset and the way out: damage before the tail, an entry that is no txn, a log
/// that does not begin where its predecessor ended. A gap inside one file is a warning: its frames
/// prove that it was written so. Source: ZooKeeper FileTxnLog.FileTxnIterator; stricter.
class LogHistory {
 public:
  [[nodiscard]] static Result<LogHistory> open(FileSystem& fs, std::string directory, Zxid from);

  /// The next txn, or nothing at the end of the history.
  [[nodiscard]] Result<std::optional<HistoryEntry>> next();

  /// To be called before next() if the last log has been written to since: see LogReader::refresh.
  [[nodiscard]] Status refresh();

  /// Last txn that was returned; `from` before the first one.
  [[nodiscard]] Zxid last_zxid() const { return last_zxid_; }
  [[nodiscard]] const std::string& current_file() const { return files_[index_].name; }
  /// Complete after next() returned nothing.
  [[nodiscard]] const LogTail& tail() const { return tail_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }
  /// Of entries read, passed over ones included.
  [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }

 private:
  /// A file that was read to its end; what the end means depends on what follows.
  struct Finished {
    LogReader reader;
    LogFile file;
    Zxid last_zxid;  ///< Of the file's entries; valid if `entries`.
    bool entries = false;
  };

  LogHistory(FileSystem& fs, std::string directory, Zxid from, std::vector<LogFile> files);
  Status open_file();
  Status finish_file();
  Status judge(Finished& finished, std::optional<Zxid> next_zxid);
  Status judge_pending(std::optional<Zxid> next_zxid);
  Status check_continuity(Zxid zxid);
  Error corrupt(const std::string& file, int64_t offset, const std::string& reason) const;
  [[nodiscard]] std::string path_of(const std::string& name) const {
    return join_path(directory_, name);
  }

  FileSystem* fs_;
  std::string directory_;
  std::vector<LogFile> files_;
  size_t index_ = 0;                 ///< Of the file being read.
  std::optional<LogReader> reader_;  ///< Of files_[index_], once it is open.
  bool file_has_entries_ = false;
  Zxid file_last_zxid_;
  std::vector<Finished> pending_;  ///< At most one file with entries, first; then empty ones.
  Zxid last_zxid_;
  int64_t bytes_read_ = 0;
  LogTail tail_;
  std::vector<std::string> warnings_;
};

/// "0x1a", as messages name zxids.
[[nodiscard]] std::string hex_text(Zxid zxid);

}  // namespace quorate::storage
