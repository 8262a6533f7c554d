// Files in memory, as much of a file system as readers of damaged files need.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "server/storage/file_system.h"

namespace quorate::fuzz {

/// Nothing ever fails but what is missing. Directories exist as soon as they are named.
class MemoryFileSystem : public storage::FileSystem {
 public:
  [[nodiscard]] Result<std::unique_ptr<storage::File>> open(const std::string& path,
                                                            storage::OpenMode mode) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Status unlink(const std::string& path) override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) override;
  [[nodiscard]] Status make_directories(const std::string&) override { return {}; }
  [[nodiscard]] bool is_directory(const std::string&) override { return true; }
  [[nodiscard]] Status sync_directory(const std::string&) override { return {}; }
  [[nodiscard]] Result<storage::Space> space(const std::string&) override {
    return storage::Space{int64_t{1} << 40, int64_t{1} << 40};
  }
  [[nodiscard]] Result<std::unique_ptr<storage::FileLock>> lock(const std::string&) override {
    return std::make_unique<storage::FileLock>();
  }

  void put(const std::string& path, std::string content) {
    files_[path] = std::make_shared<std::string>(std::move(content));
  }
  /// The content of a file that exists.
  [[nodiscard]] const std::string& content(const std::string& path) const {
    return *files_.at(path);
  }

 private:
  std::map<std::string, std::shared_ptr<std::string>> files_;
};

}  // namespace quorate::fuzz
