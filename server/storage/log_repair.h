// Makes a readable copy of a damaged log, for `quorate inspect`.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/result.h"
#include "server/storage/file_system.h"
#include "server/storage/log_reader.h"

namespace quorate::storage {

/// What the copy does with an entry whose frame is whole and whose checksum is wrong.
enum class RepairPolicy : uint8_t {
  kCut,   ///< The copy ends before it.
  kKeep,  ///< It is copied with a new checksum if it decodes as a txn: its bytes are believed.
};

struct RepairReport {
  std::string fixed_path;        ///< FILE.fixed
  int64_t entries = 0;           ///< Copied.
  int64_t entries_believed = 0;  ///< Of these, with a new checksum.
  LogEnd end;                    ///< Where and why the copy ends.
};

/// Copies the entries of `path` to `path`.fixed, replacing it; the original stays as it is. Source:
/// ZooKeeper's zkTxnLogToolkit.sh -r.
[[nodiscard]] Result<RepairReport> copy_repaired(FileSystem& fs, const std::string& path,
                                                 RepairPolicy policy);

}  // namespace quorate::storage
