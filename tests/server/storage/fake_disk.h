// A disk in memory that forgets what was not synced, and fails on demand.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/storage/directories.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

/// Where the tests keep their files.
inline const std::string kLogs = "/d/version-2";
inline const Directories kDirectories = directories_of("/d", "");

/// What goes wrong at operation number `at` (see FakeDisk::operations()).
enum class Fault : uint8_t {
  kPowerCut,  ///< This operation and all later ones fail; nothing of it is done.
  kIoError,   ///< This operation fails once. A sync that fails so forgets what it should have kept.
  kNoSpace,   ///< This operation fails once with ENOSPC; other than writes and allocations do not.
};

/// Every file has what is on the platter (`durable`), what a reader sees (`current`) and the
/// changes that separate them. Directories likewise. A power cut keeps any subset of the changes,
/// writes in sectors of 512 bytes.
class FakeDisk final : public FileSystem {
 public:
  FakeDisk();
  FakeDisk(const FakeDisk& other);
  FakeDisk& operator=(const FakeDisk&) = delete;

  // ---- Faults -----------------------------------------------------------------------------------
  /// The fault strikes at the operation with this number, counted from 0 over the disk's life.
  void inject(Fault fault, int64_t at);
  /// Calls that changed, or would have changed, something: creations, writes, syncs, renames, ...
  [[nodiscard]] int64_t operations() const;
  /// From now on every write moves at most this many bytes.
  void set_write_bytes_max(size_t bytes);
  /// From now on reads of the file at `path` fail.
  void fail_reads(const std::string& path);
  [[nodiscard]] bool is_off() const;
  void set_space(const Space& space);

  // ---- After the crash --------------------------------------------------------------------------
  /// Calls `check` with disks that a power cut now could leave, until it returns false: all of them
  /// if there are at most 2^`bits_max`, else the extremes, single losses and a sample from `seed`.
  void for_each_power_cut(int bits_max, uint64_t seed,
                          const std::function<bool(FakeDisk&)>& check) const;
  /// The disk after a kill -9: nothing is lost yet, nothing more is durable.
  [[nodiscard]] std::unique_ptr<FakeDisk> after_kill() const;

  // ---- Direct access, without faults and counting -----------------------------------------------
  [[nodiscard]] std::string content(const std::string& path) const;
  void set_content(const std::string& path, const std::string& bytes);
  [[nodiscard]] bool exists(const std::string& path) const;

  // ---- FileSystem -------------------------------------------------------------------------------
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Status make_directories(const std::string& directory) override;
  bool is_directory(const std::string& path) override;
  Status sync_directory(const std::string& directory) override;
  Result<Space> space(const std::string& directory) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

 private:
  friend class FakeFile;
  using InodeId = int;

  struct Change {
    enum class Kind : uint8_t { kWrite, kGrow, kTruncate } kind = Kind::kWrite;
    int64_t offset = 0;  ///< Or the size.
    std::string bytes;
  };
  struct Inode {
    std::string durable;
    std::string current;
    std::vector<Change> changes;
  };
  struct NameChange {
    std::string removed;  ///< Empty: none.
    std::string added;    ///< Empty: none.
    InodeId inode = 0;
  };
  struct Folder {
    std::map<std::string, InodeId> durable;
    std::map<std::string, InodeId> current;
    std::vector<NameChange> changes;
  };
  struct State {
    std::map<std::string, Folder> folders;
    std::map<InodeId, Inode> inodes;
    InodeId next_inode = 1;
    int64_t operations = 0;
    bool off = false;
    size_t write_bytes_max = SIZE_MAX;
    std::map<int64_t, Fault> faults;
    std::set<std::string> unreadable;
    std::set<std::string> locked;
    Space space{.free_bytes = int64_t{1} << 40, .total_bytes = int64_t{1} << 40};
  };

  /// Counts one operation; the error that strikes it, if any. `takes_space`: kNoSpace applies.
  std::optional<Error> strike(const std::string& what, bool takes_space);
  static void apply(const Change& change, std::string& bytes);
  static void apply(const NameChange& change, std::map<std::string, InodeId>& names);
  /// The disk that keeps the changes whose bit is set, in the order of count_changes().
  [[nodiscard]] std::unique_ptr<FakeDisk> keep(const std::vector<bool>& bits) const;
  [[nodiscard]] size_t count_changes() const;
  InodeId find(const std::string& path) const;

  std::shared_ptr<State> state_;
};

}  // namespace quorate::storage
