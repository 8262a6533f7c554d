// The real disk.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/storage/file_system.h"

namespace quorate::storage {

/// FileSystem over the operating system. Errors carry path, call and errno text; ENOSPC and EDQUOT
/// are kNoSpace, ENOENT kNotFound, the rest kIo.
class PosixFileSystem final : public FileSystem {
 public:
  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status unlink(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) override;
  [[nodiscard]] Status make_directories(const std::string& directory) override;
  [[nodiscard]] bool is_directory(const std::string& path) override;
  [[nodiscard]] Status sync_directory(const std::string& directory) override;
  [[nodiscard]] Result<Space> space(const std::string& directory) override;
  [[nodiscard]] Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
};

}  // namespace quorate::storage
