// File over the system's calls.
#include "server/admin/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace quorate::admin {

namespace {

Error system_error(const std::string& what) {
  const int code = errno;
  const ErrorKind kind = code == ENOSPC || code == EDQUOT ? ErrorKind::kNoSpace : ErrorKind::kIo;
  return {kind, what + ": " + std::generic_category().message(code)};
}

}  // namespace

File::~File() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

File::File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Result<File> File::unnamed(const std::string& directory) {
  File file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.is_open()) {
    return system_error("cannot make a temporary file in " + directory);
  }
  return file;
}

Result<size_t> File::read(char* to, size_t size) {
  while (true) {
    const ssize_t count = ::read(descriptor_, to, size);
    if (count >= 0) {
      return static_cast<size_t>(count);
    }
    if (errno != EINTR) {
      return system_error("cannot read");
    }
  }
}

Status File::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count > 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return system_error("cannot write");
    }
  }
  return {};
}

Status File::rewind() {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) {
    return system_error("cannot seek");
  }
  return {};
}

}  // namespace quorate::admin
