// File and FileSystem over POSIX calls; the one file of storage that talks to the kernel.
#include "server/storage/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace quorate::storage {
namespace {

constexpr int kFileMode = 0644;
constexpr int kDirectoryMode = 0755;
/// One read or write call moves at most this much: Linux itself stops at 2 GiB - 4 KiB.
constexpr size_t kCallBytesMax = size_t{1} << 30;

Error system_error(const char* call, const std::string& path, int number) {
  ErrorKind kind = ErrorKind::kIo;
  if (number == ENOSPC || number == EDQUOT) {
    kind = ErrorKind::kNoSpace;
  } else if (number == ENOENT) {
    kind = ErrorKind::kNotFound;
  } else if (number == EACCES || number == EPERM) {
    kind = ErrorKind::kDenied;
  }
  char text[128];
  return Error{kind, std::string(call) + " " + path + ": " + strerror_r(number, text, sizeof text)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}

  Result<size_t> read_some(int64_t offset, std::span<char> to) override {
    while (true) {
      const ssize_t got = ::pread(fd(), to.data(), std::min(to.size(), kCallBytesMax), offset);
      if (got >= 0) {
        return static_cast<size_t>(got);
      }
      if (errno != EINTR) {
        return system_error("read", path_, errno);
      }
    }
  }

  Result<size_t> write_some(int64_t offset, std::string_view bytes) override {
    while (true) {
      const ssize_t put =
          ::pwrite(fd(), bytes.data(), std::min(bytes.size(), kCallBytesMax), offset);
      if (put >= 0) {
        return static_cast<size_t>(put);
      }
      if (errno != EINTR) {
        return system_error("write", path_, errno);
      }
    }
  }

  Status sync_data() override {
    // EINTR cannot happen on a regular file of Linux; were it to, repeating would hide an error.
    return ::fdatasync(fd()) == 0 ? Status() : Status(system_error("fdatasync", path_, errno));
  }

  Status sync() override {
    return ::fsync(fd()) == 0 ? Status() : Status(system_error("fsync", path_, errno));
  }

  Status allocate(int64_t size) override {
    Result<int64_t> now = this->size();
    if (!now) {
      return now.error();
    }
    if (size <= *now) {
      return {};
    }
    while (::fallocate(fd(), 0, *now, size - *now) != 0) {
      if (errno == EINTR) {
        continue;
      }
      if (errno == EOPNOTSUPP || errno == ENOSYS) {
        return fill_with_zeros(*now, size);
      }
      return system_error("fallocate", path_, errno);
    }
    return {};
  }

  Status truncate(int64_t size) override {
    while (::ftruncate(fd(), size) != 0) {
      if (errno != EINTR) {
        return system_error("ftruncate", path_, errno);
      }
    }
    return {};
  }

  void release(int64_t from, int64_t to) override {
    if (from < to) {
      (void)::fallocate(fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from);
    }
  }

  Result<int64_t> size() override {
    struct stat status {};
    if (::fstat(fd(), &status) != 0) {
      return system_error("fstat", path_, errno);
    }
    return static_cast<int64_t>(status.st_size);
  }

  void start_writeback(int64_t offset, int64_t bytes) override {
    (void)::sync_file_range(fd(), offset, bytes, SYNC_FILE_RANGE_WRITE);
  }

  void finish_writeback(int64_t offset, int64_t bytes) override {
    (void)::sync_file_range(
        fd(), offset, bytes,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    (void)::posix_fadvise(fd(), offset, bytes, POSIX_FADV_DONTNEED);
  }

 private:
  [[nodiscard]] int fd() const { return descriptor_.get(); }

  /// For file systems without fallocate (NFS): the same promise, paid in writes.
  Status fill_with_zeros(int64_t from, int64_t to) {
    static constexpr int64_t kPieceBytes = 1 << 20;
    const std::string zeros(static_cast<size_t>(std::min(to - from, kPieceBytes)), '\0');
    for (int64_t at = from; at < to; at += kPieceBytes) {
      const auto bytes = static_cast<size_t>(std::min(to - at, kPieceBytes));
      if (Status put = write_all(*this, at, std::string_view(zeros).substr(0, bytes)); !put) {
        (void)truncate(from);
        return put;
      }
    }
    return {};
  }

  Descriptor descriptor_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;  ///< flock is released when it closes.
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
      return O_RDWR;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::kReplace:
      return O_RDWR | O_CREAT | O_TRUNC;
  }
  QR_ASSERT(false);
}

/// "the process 1234" from a lock file's content, or a phrase without a number.
std::string holder_of(int fd) {
  char text[32] = {};
  const ssize_t got = ::pread(fd, text, sizeof text - 1, 0);
  std::string digits;
  for (ssize_t i = 0; i < got && text[i] >= '0' && text[i] <= '9'; ++i) {
    digits.push_back(text[i]);
  }
  return digits.empty() ? "another process" : "process " + digits;
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const std::string& path, OpenMode mode) {
  Descriptor descriptor(::open(path.c_str(), flags_of(mode) | O_CLOEXEC, kFileMode));
  if (descriptor.get() < 0) {
    return system_error("open", path, errno);
  }
  return std::unique_ptr<File>(std::make_unique<PosixFile>(std::move(descriptor), path));
}

Status PosixFileSystem::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0
             ? Status()
             : Status(system_error("rename", from + " to " + to, errno));
}

Status PosixFileSystem::unlink(const std::string& path) {
  return ::unlink(path.c_str()) == 0 ? Status() : Status(system_error("unlink", path, errno));
}

Result<std::vector<std::string>> PosixFileSystem::list(const std::string& directory) {
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) {
    return system_error("opendir", directory, errno);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    bool regular = entry->d_type == DT_REG;
    if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
      struct stat status {};
      regular = ::stat(join_path(directory, entry->d_name).c_str(), &status) == 0 &&
                S_ISREG(status.st_mode);
    }
    if (regular) {
      names.emplace_back(entry->d_name);
    }
    errno = 0;
  }
  const int failed = errno;
  ::closedir(stream);
  if (failed != 0) {
    return system_error("readdir", directory, failed);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixFileSystem::make_directories(const std::string& directory) {
  for (size_t end = directory.find('/', 1);; end = directory.find('/', end + 1)) {
    const std::string path = directory.substr(0, end);
    if (!path.empty() && !is_directory(path)) {
      if (::mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
        return system_error("mkdir", path, errno);
      }
      const size_t slash = path.rfind('/');
      const std::string parent = slash == std::string::npos ? "."
                                 : slash == 0               ? "/"
                                                            : path.substr(0, slash);
      if (Status synced = sync_directory(parent); !synced) {
        return synced;
      }
    }
    if (end == std::string::npos) {
      return {};
    }
  }
}

bool PosixFileSystem::is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Status PosixFileSystem::sync_directory(const std::string& directory) {
  const Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0) {
    return system_error("open", directory, errno);
  }
  return ::fsync(descriptor.get()) == 0 ? Status()
                                        : Status(system_error("fsync", directory, errno));
}

Result<Space> PosixFileSystem::space(const std::string& directory) {
  struct statvfs status {};
  if (::statvfs(directory.c_str(), &status) != 0) {
    return system_error("statvfs", directory, errno);
  }
  const auto block = static_cast<int64_t>(status.f_frsize);
  return Space{.free_bytes = static_cast<int64_t>(status.f_bavail) * block,
               .total_bytes = static_cast<int64_t>(status.f_blocks) * block};
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  if (descriptor.get() < 0) {
    return system_error("open", path, errno);
  }
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return system_error("flock", path, errno);
    }
    return Error{ErrorKind::kConflict, path + " is locked by " + holder_of(descriptor.get()) +
                                           ": stop it, or give this server a directory of its own"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor.get(), 0) != 0 ||
      ::pwrite(descriptor.get(), pid.data(), pid.size(), 0) < 0) {
    return system_error("write", path, errno);
  }
  return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(std::move(descriptor)));
}

}  // namespace quorate::storage
