// What every file system shares: whole reads and writes over short ones, atomic replacement.
#include "server/storage/file_system.h"

#include <utility>

namespace quorate::storage {

Status write_all(File& file, int64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    Result<size_t> written = file.write_some(offset, bytes);
    if (!written) {
      return written.error();
    }
    if (*written == 0 || *written > bytes.size()) {
      return Error{ErrorKind::kIo, "write made no progress at offset " + std::to_string(offset)};
    }
    offset += static_cast<int64_t>(*written);
    bytes.remove_prefix(*written);
  }
  return {};
}

Result<size_t> read_full(File& file, int64_t offset, std::span<char> to) {
  size_t filled = 0;
  while (filled < to.size()) {
    Result<size_t> got = file.read_some(offset + static_cast<int64_t>(filled), to.subspan(filled));
    if (!got) {
      return got.error();
    }
    if (*got == 0) {
      break;
    }
    filled += *got;
  }
  return filled;
}

Result<FileContent> read_file(FileSystem& fs, const std::string& path) {
  Result<std::unique_ptr<File>> file = fs.open(path, OpenMode::kRead);
  if (!file) {
    return file.error();
  }
  Result<int64_t> size = (*file)->size();
  if (!size) {
    return size.error();
  }
  const auto bytes = static_cast<size_t>(*size);
  auto buffer = std::make_unique_for_overwrite<char[]>(bytes);
  Result<size_t> filled = read_full(**file, 0, {buffer.get(), bytes});
  if (!filled) {
    return filled.error();
  }
  return FileContent(std::move(buffer), *filled);
}

Status replace_file(FileSystem& fs, const std::string& directory, const std::string& name,
                    std::string_view content) {
  const std::string path = join_path(directory, name);
  const std::string temporary = path + ".tmp";
  {
    Result<std::unique_ptr<File>> file = fs.open(temporary, OpenMode::kReplace);
    if (!file) {
      return file.error();
    }
    if (Status written = write_all(**file, 0, content); !written) {
      return written;
    }
    if (Status synced = (*file)->sync(); !synced) {
      return synced;
    }
  }
  if (Status renamed = fs.rename(temporary, path); !renamed) {
    return renamed;
  }
  return fs.sync_directory(directory);
}

Status remove_file(FileSystem& fs, const std::string& directory, const std::string& name) {
  const Status removed = fs.unlink(join_path(directory, name));
  if (!removed) {
    return removed.error().kind == ErrorKind::kNotFound ? Status{} : removed;
  }
  return fs.sync_directory(directory);
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path.append(directory).append("/").append(name);
  return path;
}

}  // namespace quorate::storage
