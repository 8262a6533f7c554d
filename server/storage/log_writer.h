// The log thread's end of the transaction log: append, one sync a batch, roll.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/file_system.h"
#include "server/storage/log_format.h"

namespace quorate::storage {

/// Where recovery found the end of the history, and what has to be put right before more is
/// written.
struct LogTail {
  Zxid last_zxid;             ///< Of the history, from the log or the snapshot.
  std::string file;           ///< Name of the last log that has entries; empty if there is none.
  Zxid file_zxid;             ///< The zxid that `file` is named by.
  int64_t end_offset = 0;     ///< Behind the last valid entry of `file`.
  bool ours = false;          ///< `file` has sync marks and is not sealed: writing goes on in it.
  bool torn = false;          ///< There are bytes behind end_offset that are no entries.
  int64_t mark_sequence = 0;  ///< Of the newest mark of `file`; valid if `ours`.
  int64_t mark_area = 0;      ///< Offset of the slots that hold it; valid if `ours`.
  std::vector<std::string> replayed;  ///< Logs that were read, `file` included.
  std::vector<std::string> empty;     ///< Logs behind `file` in which no entry was found.
};

struct LogOptions {
  int64_t preallocate_bytes = int64_t{64} << 20;  ///< preAllocSize.
  int64_t file_bytes_max = 0;                     ///< txnLogSizeLimitInKb; 0: no limit.
  bool force_sync = true;                         ///< forceSync; false loses data in a power cut.
  /// Zeros are written this far ahead of the entries, so that the sync of a small batch changes no
  /// metadata: the file system need not turn reserved blocks into written ones. 0: never.
  int64_t zero_ahead_bytes = int64_t{2} << 20;
};

/// Since the writer was opened, unless said otherwise.
struct LogCounters {
  int64_t txns = 0;
  int64_t bytes = 0;  ///< Of entries, with their frames.
  int64_t syncs = 0;
  int64_t files = 0;             ///< Created.
  int64_t txns_since_roll = 0;   ///< For snapCount.
  int64_t bytes_since_roll = 0;  ///< For snapSizeLimitInKb.
};

/// Appends transactions to Apache's log format. Used by one thread.
///
/// Durability: when sync() returns ok, everything appended before survives kill -9 and power loss.
/// Errors are final: after the first one every call returns it again, nothing more is written, and
/// the only way on is a new process that recovers from the disk. A sync is never repeated, because
/// the kernel may have dropped the pages that it could not write.
class LogWriter {
 public:
  /// Makes the disk agree with what recovery decided and everything that it read durable: cuts the
  /// torn tail, removes files without entries behind it, syncs the replayed files and the
  /// directory. Safe to repeat after a crash at any point. The file system must outlive the writer.
  [[nodiscard]] static Result<LogWriter> open(FileSystem& fs, std::string directory,
                                              const LogTail& tail, const LogOptions& options);

  /// Frames and checksums one txn into the batch; no system call. `bytes` is header, txn[, digest].
  void append(Zxid zxid, std::string_view bytes);
  /// Writes the batch and makes it durable; a batch without txns costs nothing.
  [[nodiscard]] Status sync();
  /// Syncs, seals the file, and begins another one with the next txn. Nothing if the file is empty.
  [[nodiscard]] Status roll();
  /// Syncs and notes on disk that everything appended is durable, so that not even the last batch
  /// is taken for a torn tail if it rots. For a clean shutdown and for idle moments; costs one sync
  /// if anything was appended since.
  [[nodiscard]] Status seal();

  /// For moments when nothing waits: writes the zeros ahead that the next batches would otherwise
  /// have to write themselves. Costs nothing unless less than half of them are left.
  [[nodiscard]] Status prepare();

  [[nodiscard]] const LogCounters& counters() const { return counters_; }
  /// Bytes waiting for sync().
  [[nodiscard]] size_t batch_bytes() const { return batch_.size(); }
  /// Last txn that is durable.
  [[nodiscard]] Zxid synced_zxid() const { return synced_zxid_; }
  /// Why the writer is dead, if it is.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  LogWriter(FileSystem& fs, std::string directory, const LogOptions& options);

  Status settle(const LogTail& tail);
  Status continue_file(const LogTail& tail);
  Status create_file(Zxid first_zxid, int64_t batch_bytes);
  Status reserve(int64_t batch_bytes);
  Status grow(int64_t bytes_min);
  Status write_mark(bool sealed);
  Status write_both_marks();
  /// End of the zeros to write, if entries up to `end` are to be followed by some.
  [[nodiscard]] int64_t zero_limit(int64_t end) const;
  Status write_batch();
  Status sync_batch();
  Status close_file();
  Status sync_file();
  /// Remembers the first error and returns it, naming the file.
  Status fail(const Error& error);

  FileSystem* fs_;
  std::string directory_;
  LogOptions options_;
  std::optional<Error> failure_;

  std::string batch_;      ///< Framed entries that are not yet written.
  Zxid batch_first_zxid_;  ///< Valid while batch_ is not empty.
  Zxid batch_zxid_;        ///< Last appended txn, or synced_zxid_ if there is none.
  Zxid synced_zxid_;

  std::unique_ptr<File> file_;  ///< Null between files.
  std::string file_name_;
  Zxid file_zxid_;
  int64_t file_bytes_ = 0;  ///< Allocated size. invariant: end_ + gap + mark area <= file_bytes_.
  int64_t end_ = 0;         ///< Behind the last written entry.
  int64_t zeroed_end_ = 0;  ///< Up to here something was written, entries or zeros.
  int64_t synced_end_ = 0;  ///< invariant: synced_end_ <= end_. Without force_sync it stays behind.
  int64_t mark_sequence_ = 0;
  int64_t marked_end_ = 0;  ///< synced_end of the newest mark.

  LogCounters counters_;
};

}  // namespace quorate::storage
