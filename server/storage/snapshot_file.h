// Writes one snapshot file so that it appears whole or not at all, without stalling the log.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

/// Takes the bytes of a snapshot slice by slice. The file has a temporary name until commit();
/// without commit it is removed. Dirty pages are pushed to the device in steps of a few MiB and
/// dropped from the cache, so that no large writeback delays the log's syncs. Used by one thread.
class SnapshotFile {
 public:
  /// kSnappy cannot be written.
  [[nodiscard]] static Result<SnapshotFile> begin(FileSystem& fs, std::string directory, Zxid zxid,
                                                  Compression compression);
  SnapshotFile(SnapshotFile&&) noexcept;
  SnapshotFile& operator=(SnapshotFile&&) = delete;
  ~SnapshotFile();

  /// After an error the snapshot is lost; the member may go on and try another one later.
  [[nodiscard]] Status append(std::string_view bytes);
  /// Finishes, syncs, renames to the final name and syncs the directory. Returns the file's size.
  [[nodiscard]] Result<int64_t> commit();

  [[nodiscard]] const std::string& final_path() const { return final_path_; }

 private:
  struct Packer;
  SnapshotFile(FileSystem& fs, std::string directory, Zxid zxid, Compression compression);
  Status put(std::string_view bytes);
  Status pack(std::string_view bytes, bool finish);

  FileSystem* fs_;
  std::string directory_;
  std::string temporary_path_;
  std::string final_path_;
  std::unique_ptr<File> file_;      ///< Null after commit.
  std::unique_ptr<Packer> packer_;  ///< Null without compression.
  int64_t written_ = 0;
  int64_t pushed_ = 0;    ///< Writeback was started up to here.
  int64_t finished_ = 0;  ///< On the device up to here.
};

}  // namespace quorate::storage
