// The files that storage needs, as an interface: production talks to POSIX, tests to a fake disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::storage {

/// What an open file may be used for and what happens when it exists or does not.
enum class OpenMode : uint8_t {
  kRead,       ///< Must exist; read only.
  kReadWrite,  ///< Must exist; keeps its content.
  kCreateNew,  ///< Must not exist.
  kReplace,    ///< Created, or emptied if it exists.
};

/// An open regular file. Closed by the destructor, which reports nothing: whoever needs to know
/// that bytes are safe calls sync_data or sync before.
///
/// Contract of durability, the only one that storage relies on: what was written, allocated or
/// truncated before a successful sync or sync_data survives a power cut. What was not may survive
/// in any part and order, in units of a 512-byte sector. A sync that failed says nothing about any
/// byte, and no later sync repairs that. Not thread-safe.
class File {
 public:
  virtual ~File() = default;

  /// Reads at most `to.size()` bytes at `offset`; 0 means end of file. May return fewer than asked.
  [[nodiscard]] virtual Result<size_t> read_some(int64_t offset, std::span<char> to) = 0;
  /// Writes a non-empty prefix of `bytes` at `offset` and returns its size. May write fewer.
  [[nodiscard]] virtual Result<size_t> write_some(int64_t offset, std::string_view bytes) = 0;
  /// Makes content and size durable, not the timestamps. The directory entry is not included.
  [[nodiscard]] virtual Status sync_data() = 0;
  /// As sync_data, with all metadata.
  [[nodiscard]] virtual Status sync() = 0;
  /// Reserves disk blocks for [0, size) and grows the file to `size` with zeros, so that writes
  /// inside cannot fail for lack of space. Never shrinks. kNoSpace leaves the content as it was.
  [[nodiscard]] virtual Status allocate(int64_t size) = 0;
  [[nodiscard]] virtual Status truncate(int64_t size) = 0;
  /// Hint: [from, to) holds only zeros, its blocks may be given back. Changes no content.
  virtual void release(int64_t from, int64_t to) = 0;
  [[nodiscard]] virtual Result<int64_t> size() = 0;
  /// Hint: begin to write [offset, offset + bytes) to the device now, in the background.
  virtual void start_writeback(int64_t offset, int64_t bytes) = 0;
  /// Waits until [offset, offset + bytes) is on the device and drops it from the page cache. Only
  /// paces a writer: it promises no durability.
  virtual void finish_writeback(int64_t offset, int64_t bytes) = 0;
};

/// Held as long as the object lives: nobody else can take the same lock.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Bytes of the file system that holds a path.
struct Space {
  int64_t free_bytes = 0;  ///< Available to us, without what is reserved for root.
  int64_t total_bytes = 0;
};

/// A tree of directories and files. Paths are plain strings with '/'. Changes of names (create,
/// rename, unlink) are durable only after sync_directory of the directory. Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::string& path,
                                                           OpenMode mode) = 0;
  /// Replaces `to` atomically if it exists.
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual Status unlink(const std::string& path) = 0;
  /// Names of the regular files in `directory`, sorted. kNotFound if there is no such directory.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  /// Creates `directory` and its parents, each synced into its own parent. Existing ones are fine.
  [[nodiscard]] virtual Status make_directories(const std::string& directory) = 0;
  [[nodiscard]] virtual bool is_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Status sync_directory(const std::string& directory) = 0;
  [[nodiscard]] virtual Result<Space> space(const std::string& directory) = 0;
  /// Takes the lock file at `path`, creating it. kConflict names the process that holds it.
  [[nodiscard]] virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

/// Writes all of `bytes` at `offset`, continuing after short writes.
[[nodiscard]] Status write_all(File& file, int64_t offset, std::string_view bytes);

/// Fills `to` from `offset`; returns how much the file had, less than `to.size()` only at its end.
[[nodiscard]] Result<size_t> read_full(File& file, int64_t offset, std::span<char> to);

/// A whole file in memory of its own.
class FileContent {
 public:
  FileContent(std::unique_ptr<char[]> bytes, size_t size) : bytes_(std::move(bytes)), size_(size) {}
  [[nodiscard]] std::string_view bytes() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
};

/// Reads the file at `path` whole. Errors name the path.
[[nodiscard]] Result<FileContent> read_file(FileSystem& fs, const std::string& path);

/// Replaces `directory/name` by `content` so that a crash at any point leaves the old or the new
/// content whole: `name.tmp`, sync, rename, sync of the directory. Source: ZooKeeper's
/// AtomicFileWritingIdiom, plus the directory.
[[nodiscard]] Status replace_file(FileSystem& fs, const std::string& directory,
                                  const std::string& name, std::string_view content);

/// Removes `directory/name`, durably; nothing happens if there is none.
[[nodiscard]] Status remove_file(FileSystem& fs, const std::string& directory,
                                 const std::string& name);

/// `directory` + "/" + `name`.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

}  // namespace quorate::storage
