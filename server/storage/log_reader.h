// Reads the entries of one log file, one after the other, and says exactly where and why they end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/storage/file_system.h"
#include "server/storage/log_format.h"

namespace quorate::storage {

/// One entry whose frame and checksum are right.
struct LogEntry {
  int64_t offset = 0;      ///< Of its first byte in the file.
  int64_t end_offset = 0;  ///< Of the byte after its 'B'.
  std::string_view bytes;  ///< TxnHeader, txn[, digest]; borrowed until the next read.
};

/// Why no further entry could be read.
enum class LogEndKind : uint8_t {
  kReading,      ///< Not yet reached.
  kEndOfFile,    ///< The file ends after an entry (or after the header): a proper end.
  kZeros,        ///< Twelve zero bytes, the padding: a proper end.
  kNoHeader,     ///< The first 16 bytes are missing or not a log's.
  kZeroLength,   ///< The length is zero behind a checksum that is not.
  kBadLength,    ///< The length is negative.
  kCutShort,     ///< The entry reaches beyond the end of the file, or its last byte is not 'B'.
  kBadChecksum,  ///< The frame is whole, the bytes do not match their Adler-32.
};

struct LogEnd {
  LogEndKind kind = LogEndKind::kReading;
  int64_t offset = 0;  ///< Of the first byte that is not part of a valid entry; 0 for kNoHeader.
  [[nodiscard]] bool is_proper() const {
    return kind == LogEndKind::kEndOfFile || kind == LogEndKind::kZeros;
  }
};

/// "checksum of the entry does not match" and so on, for messages.
[[nodiscard]] std::string_view describe(LogEndKind kind);

/// Streams through a window: memory is bounded by 1 MiB or twice the longest entry, which the file
/// really has.
class LogReader {
 public:
  /// Errors: the file cannot be opened or read. A file without a log header is no error: it ends at
  /// once with kNoHeader.
  [[nodiscard]] static Result<LogReader> open(FileSystem& fs, const std::string& path);

  /// The next entry, or nothing at the end. Error: the disk refused to read.
  [[nodiscard]] Result<std::optional<LogEntry>> next();
  /// Forgets what was read ahead, and how long the file was: it is being written to. What comes
  /// next must have been whole before this call.
  [[nodiscard]] Status refresh();
  [[nodiscard]] const LogEnd& end() const { return end_; }
  [[nodiscard]] int64_t file_bytes() const { return file_bytes_; }
  [[nodiscard]] File& file() { return *file_; }

  /// After kBadChecksum only: hands out the damaged entry as it is; the next read goes on behind
  /// it.
  [[nodiscard]] LogEntry take_damaged();

 private:
  LogReader(std::unique_ptr<File> file, int64_t file_bytes);
  /// Makes at least `bytes` from position_ on available, or all that the file has.
  [[nodiscard]] Status fill(int64_t bytes);
  [[nodiscard]] std::string_view window() const {
    return std::string_view(buffer_.data(), filled_)
        .substr(static_cast<size_t>(position_ - window_offset_));
  }
  std::optional<LogEntry> stop(LogEndKind kind);

  std::unique_ptr<File> file_;
  int64_t file_bytes_;
  std::vector<char> buffer_;
  size_t filled_ = 0;          ///< Valid bytes of buffer_.
  int64_t window_offset_ = 0;  ///< Of buffer_[0] in the file.
  int64_t position_ = 0;       ///< Of the next entry. invariant: inside the window or at its end.
  LogEnd end_;
};

/// What is left of the sync marks of a log.
struct FoundMarks {
  std::optional<SyncMark> newest;
  int64_t offset = 0;  ///< Where `newest` stands.
};

/// Looks for the marks of the log named by `first_zxid`: in the last two pages, and if there is
/// none, in every page from `from_offset` on (a crash while the file was being extended).
[[nodiscard]] Result<FoundMarks> find_marks(File& file, int64_t file_bytes, int64_t from_offset,
                                            Zxid first_zxid);

/// Whether any byte of [from_offset, to_offset) is not zero.
[[nodiscard]] Result<bool> has_content(File& file, int64_t from_offset, int64_t to_offset);

}  // namespace quorate::storage
