// The repairing copy of a log.
#include "server/storage/log_repair.h"

#include <optional>

#include "server/wire/txn.h"

namespace quorate::storage {
namespace {

constexpr size_t kWriteBytes = size_t{1} << 20;

/// Appends the damaged entry under the reader with a fresh checksum; false if it is no txn.
bool believe(LogReader& reader, std::string& to) {
  const LogEntry entry = reader.take_damaged();
  if (!wire::decode_txn(entry.bytes)) {
    return false;
  }
  append_log_entry(to, entry.bytes);
  return true;
}

}  // namespace

Result<RepairReport> copy_repaired(FileSystem& fs, const std::string& path, RepairPolicy policy) {
  Result<LogReader> reader = LogReader::open(fs, path);
  if (!reader) {
    return reader.error();
  }
  if (reader->end().kind == LogEndKind::kNoHeader) {
    return Error{ErrorKind::kCorrupt, path + " has no log header: it is not a transaction log"};
  }
  RepairReport report{.fixed_path = path + ".fixed"};
  Result<std::unique_ptr<File>> fixed = fs.open(report.fixed_path, OpenMode::kReplace);
  if (!fixed) {
    return fixed.error();
  }
  std::string pending;
  int64_t written = 0;
  append_log_header(pending);
  while (true) {
    Result<std::optional<LogEntry>> entry = reader->next();
    if (!entry) {
      return entry.error();
    }
    if (*entry) {
      append_log_entry(pending, (*entry)->bytes);
      ++report.entries;
    } else {
      report.end = reader->end();
      if (policy != RepairPolicy::kKeep || report.end.kind != LogEndKind::kBadChecksum ||
          !believe(*reader, pending)) {
        break;
      }
      ++report.entries;
      ++report.entries_believed;
    }
    if (pending.size() >= kWriteBytes) {
      if (Status put = write_all(**fixed, written, pending); !put) {
        return put.error();
      }
      written += static_cast<int64_t>(pending.size());
      pending.clear();
    }
  }
  if (Status put = write_all(**fixed, written, pending); !put) {
    return put.error();
  }
  if (Status synced = (*fixed)->sync(); !synced) {
    return synced.error();
  }
  return report;
}

}  // namespace quorate::storage
