// Reading small files.
#include "operator/transport/file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace quorate::transport {

Result<std::string> read_file(const std::string& path) {
  constexpr size_t kBytesMax = size_t{4} << 20;
  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
  if (file == nullptr) {
    return Error{errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                 "cannot open `" + path + "`: " + std::strerror(errno)};
  }
  std::string content;
  char block[8192];
  while (const size_t count = std::fread(block, 1, sizeof(block), file.get())) {
    content.append(block, count);
    if (content.size() > kBytesMax) {
      return Error{ErrorKind::kInvalidInput, "`" + path + "` is longer than 4 MiB"};
    }
  }
  if (std::ferror(file.get()) != 0) {
    return Error{ErrorKind::kIo, "cannot read `" + path + "`: " + std::strerror(errno)};
  }
  return content;
}

}  // namespace quorate::transport
