// Files in memory.
#include "tests/fuzz/memory_file_system.h"

#include <algorithm>
#include <utility>

namespace quorate::fuzz {

namespace {

// Never larger: an input that has a file grow beyond this has found something.
constexpr int64_t kFileBytesMax = int64_t{1} << 30;

class MemoryFile : public storage::File {
 public:
  explicit MemoryFile(std::shared_ptr<std::string> content) : content_(std::move(content)) {}

  Result<size_t> read_some(int64_t offset, std::span<char> to) override {
    if (offset < 0) {
      return Error{ErrorKind::kIo, "negative offset"};
    }
    const auto start = std::min(static_cast<size_t>(offset), content_->size());
    return content_->copy(to.data(), to.size(), start);
  }
  Result<size_t> write_some(int64_t offset, std::string_view bytes) override {
    const auto start = static_cast<size_t>(offset);
    if (offset < 0 || offset > kFileBytesMax) {
      return Error{ErrorKind::kIo, "offset out of range"};
    }
    content_->resize(std::max(content_->size(), start + bytes.size()));
    content_->replace(start, bytes.size(), bytes);
    return bytes.size();
  }
  Status sync_data() override { return {}; }
  Status sync() override { return {}; }
  Status allocate(int64_t size) override { return grow_to(size, content_->size()); }
  Status truncate(int64_t size) override { return grow_to(size, 0); }
  void release(int64_t, int64_t) override {}
  Result<int64_t> size() override { return static_cast<int64_t>(content_->size()); }
  void start_writeback(int64_t, int64_t) override {}
  void finish_writeback(int64_t, int64_t) override {}

 private:
  Status grow_to(int64_t size, size_t size_min) {
    if (size < 0 || size > kFileBytesMax) {
      return Error{ErrorKind::kNoSpace, "too large"};
    }
    content_->resize(std::max(static_cast<size_t>(size), size_min));
    return {};
  }

  std::shared_ptr<std::string> content_;
};

Error not_found(const std::string& path) {
  return {ErrorKind::kNotFound, path + " does not exist"};
}

}  // namespace

Result<std::unique_ptr<storage::File>> MemoryFileSystem::open(const std::string& path,
                                                              storage::OpenMode mode) {
  const bool must_exist = mode == storage::OpenMode::kRead || mode == storage::OpenMode::kReadWrite;
  auto found = files_.find(path);
  if (must_exist && found == files_.end()) {
    return not_found(path);
  }
  if (mode == storage::OpenMode::kCreateNew && found != files_.end()) {
    return Error{ErrorKind::kConflict, path + " exists"};
  }
  if (!must_exist) {
    found = files_.insert_or_assign(path, std::make_shared<std::string>()).first;
  }
  return std::unique_ptr<storage::File>(std::make_unique<MemoryFile>(found->second));
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const auto found = files_.find(from);
  if (found == files_.end()) {
    return not_found(from);
  }
  auto content = std::move(found->second);
  files_.erase(found);
  files_[to] = std::move(content);
  return {};
}

Status MemoryFileSystem::unlink(const std::string& path) {
  return files_.erase(path) == 1 ? Status() : not_found(path);
}

Result<std::vector<std::string>> MemoryFileSystem::list(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& [path, content] : files_) {
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos && path.substr(0, slash) == directory) {
      names.push_back(path.substr(slash + 1));
    }
  }
  return names;
}

}  // namespace quorate::fuzz
