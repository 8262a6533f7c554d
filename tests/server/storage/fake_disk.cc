// The forgetful disk: changes since the last sync, subsets of them, injected faults.
#include "tests/server/storage/fake_disk.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>

namespace quorate::storage {
namespace {

constexpr size_t kSectorBytes = 512;

std::pair<std::string, std::string> split(const std::string& path) {
  const size_t slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

Error not_found(const std::string& path) {
  return {ErrorKind::kNotFound, "open " + path + ": No such file or directory"};
}

}  // namespace

class FakeFile final : public File {
 public:
  FakeFile(std::shared_ptr<FakeDisk::State> state, FakeDisk* disk, FakeDisk::InodeId inode,
           std::string path)
      : state_(std::move(state)), disk_(disk), inode_(inode), path_(std::move(path)) {}

  Result<size_t> read_some(int64_t offset, std::span<char> to) override {
    if (state_->off || state_->unreadable.contains(path_)) {
      return Error{ErrorKind::kIo, "read " + path_ + ": Input/output error"};
    }
    const std::string& bytes = inode().current;
    if (static_cast<size_t>(offset) >= bytes.size()) {
      return size_t{0};
    }
    const size_t count = std::min(to.size(), bytes.size() - static_cast<size_t>(offset));
    std::memcpy(to.data(), bytes.data() + offset, count);
    return count;
  }

  Result<size_t> write_some(int64_t offset, std::string_view bytes) override {
    if (const std::optional<Error> error = disk_->strike("write " + path_, true)) {
      return *error;
    }
    const size_t count = std::min(bytes.size(), state_->write_bytes_max);
    change({.kind = FakeDisk::Change::Kind::kWrite,
            .offset = offset,
            .bytes = std::string(bytes.substr(0, count))});
    return count;
  }

  Status sync_data() override { return sync(); }

  Status sync() override {
    if (const std::optional<Error> error = disk_->strike("fsync " + path_, false)) {
      if (!state_->off) {
        inode().changes.clear();  // The kernel marks the pages clean although they were lost.
      }
      return *error;
    }
    inode().durable = inode().current;
    inode().changes.clear();
    return {};
  }

  Status allocate(int64_t size) override {
    if (const std::optional<Error> error = disk_->strike("fallocate " + path_, true)) {
      return *error;
    }
    if (static_cast<size_t>(size) > inode().current.size()) {
      change({.kind = FakeDisk::Change::Kind::kGrow, .offset = size, .bytes = {}});
    }
    return {};
  }

  Status truncate(int64_t size) override {
    if (const std::optional<Error> error = disk_->strike("ftruncate " + path_, false)) {
      return *error;
    }
    change({.kind = FakeDisk::Change::Kind::kTruncate, .offset = size, .bytes = {}});
    return {};
  }

  void release(int64_t from, int64_t to) override {
    const std::string& bytes = inode().current;
    for (int64_t at = from; at < to; ++at) {
      QR_ASSERT(bytes[static_cast<size_t>(at)] == 0);  // The hint must be true.
    }
  }
  Result<int64_t> size() override { return static_cast<int64_t>(inode().current.size()); }
  void start_writeback(int64_t, int64_t) override {}
  void finish_writeback(int64_t, int64_t) override {}

 private:
  FakeDisk::Inode& inode() { return state_->inodes.at(inode_); }
  void change(FakeDisk::Change made) {
    FakeDisk::apply(made, inode().current);
    inode().changes.push_back(std::move(made));
  }

  std::shared_ptr<FakeDisk::State> state_;
  FakeDisk* disk_;
  FakeDisk::InodeId inode_;
  std::string path_;
};

namespace {

class FakeLock final : public FileLock {
 public:
  FakeLock(std::set<std::string>& locked, std::string path)
      : locked_(locked), path_(std::move(path)) {}
  FakeLock(const FakeLock&) = delete;
  FakeLock& operator=(const FakeLock&) = delete;
  ~FakeLock() override { locked_.erase(path_); }

 private:
  std::set<std::string>& locked_;
  std::string path_;
};

}  // namespace

FakeDisk::FakeDisk() : state_(std::make_shared<State>()) {}

FakeDisk::FakeDisk(const FakeDisk& other)
    : FileSystem(), state_(std::make_shared<State>(*other.state_)) {
  state_->locked.clear();
}

void FakeDisk::inject(Fault fault, int64_t at) { state_->faults[at] = fault; }
int64_t FakeDisk::operations() const { return state_->operations; }
void FakeDisk::set_write_bytes_max(size_t bytes) { state_->write_bytes_max = bytes; }
void FakeDisk::fail_reads(const std::string& path) { state_->unreadable.insert(path); }
bool FakeDisk::is_off() const { return state_->off; }
void FakeDisk::set_space(const Space& space) { state_->space = space; }

std::optional<Error> FakeDisk::strike(const std::string& what, bool takes_space) {
  const int64_t number = state_->operations++;
  if (state_->off) {
    return Error{ErrorKind::kIo, what + ": the power is off"};
  }
  const auto found = state_->faults.find(number);
  if (found == state_->faults.end()) {
    return std::nullopt;
  }
  switch (found->second) {
    case Fault::kPowerCut:
      state_->off = true;
      return Error{ErrorKind::kIo, what + ": the power is off"};
    case Fault::kIoError:
      return Error{ErrorKind::kIo, what + ": Input/output error"};
    case Fault::kNoSpace:
      if (takes_space) {
        return Error{ErrorKind::kNoSpace, what + ": No space left on device"};
      }
      return std::nullopt;
  }
  QR_ASSERT(false);
}

void FakeDisk::apply(const Change& change, std::string& bytes) {
  const auto offset = static_cast<size_t>(change.offset);
  switch (change.kind) {
    case Change::Kind::kWrite:
      if (bytes.size() < offset + change.bytes.size()) {
        bytes.resize(offset + change.bytes.size(), '\0');
      }
      bytes.replace(offset, change.bytes.size(), change.bytes);
      break;
    case Change::Kind::kGrow:
      bytes.resize(std::max(bytes.size(), offset), '\0');
      break;
    case Change::Kind::kTruncate:
      bytes.resize(offset, '\0');
      break;
  }
}

void FakeDisk::apply(const NameChange& change, std::map<std::string, InodeId>& names) {
  if (!change.removed.empty()) {
    names.erase(change.removed);
  }
  if (!change.added.empty()) {
    names[change.added] = change.inode;
  }
}

namespace {

/// Sectors that a write of `size` bytes at `offset` touches, as pieces [first, last) of the bytes.
std::vector<std::pair<size_t, size_t>> sectors_of(size_t offset, size_t size) {
  std::vector<std::pair<size_t, size_t>> pieces;
  size_t first = 0;
  while (first < size) {
    const size_t last = std::min(size, first + kSectorBytes - (offset + first) % kSectorBytes);
    pieces.emplace_back(first, last);
    first = last;
  }
  return pieces;
}

}  // namespace

size_t FakeDisk::count_changes() const {
  size_t count = 0;
  for (const auto& [path, folder] : state_->folders) {
    count += folder.changes.size();
  }
  for (const auto& [id, inode] : state_->inodes) {
    for (const Change& change : inode.changes) {
      count += change.kind == Change::Kind::kWrite
                   ? sectors_of(static_cast<size_t>(change.offset), change.bytes.size()).size()
                   : 1;
    }
  }
  return count;
}

std::unique_ptr<FakeDisk> FakeDisk::keep(const std::vector<bool>& bits) const {
  auto disk = std::make_unique<FakeDisk>();
  State& to = *disk->state_;
  to.next_inode = state_->next_inode;
  to.space = state_->space;
  size_t bit = 0;
  for (const auto& [path, folder] : state_->folders) {
    Folder& kept = to.folders[path];
    kept.durable = folder.durable;
    for (const NameChange& change : folder.changes) {
      if (bits[bit++]) {
        apply(change, kept.durable);
      }
    }
    kept.current = kept.durable;
  }
  for (const auto& [id, inode] : state_->inodes) {
    Inode& kept = to.inodes[id];
    kept.durable = inode.durable;
    for (const Change& change : inode.changes) {
      if (change.kind != Change::Kind::kWrite) {
        if (bits[bit++]) {
          apply(change, kept.durable);
        }
        continue;
      }
      for (const auto& [first, last] :
           sectors_of(static_cast<size_t>(change.offset), change.bytes.size())) {
        if (bits[bit++]) {
          apply({.kind = Change::Kind::kWrite,
                 .offset = change.offset + static_cast<int64_t>(first),
                 .bytes = change.bytes.substr(first, last - first)},
                kept.durable);
        }
      }
    }
    kept.current = kept.durable;
  }
  return disk;
}

void FakeDisk::for_each_power_cut(int bits_max, uint64_t seed,
                                  const std::function<bool(FakeDisk&)>& check) const {
  const size_t count = count_changes();
  const auto run = [&](const std::vector<bool>& bits) { return check(*keep(bits)); };
  if (count <= static_cast<size_t>(bits_max)) {
    for (uint64_t mask = 0; mask < (uint64_t{1} << count); ++mask) {
      std::vector<bool> bits(count);
      for (size_t index = 0; index < count; ++index) {
        bits[index] = ((mask >> index) & 1) != 0;
      }
      if (!run(bits)) {
        return;
      }
    }
    return;
  }
  std::vector<std::vector<bool>> subsets{std::vector<bool>(count, false),
                                         std::vector<bool>(count, true)};
  std::mt19937_64 random(seed);
  // Single losses and single survivors; of many changes a sample.
  const size_t step = std::max<size_t>(1, count / 24);
  for (size_t index = random() % step; index < count; index += step) {
    subsets.emplace_back(count, false).at(index) = true;
    subsets.emplace_back(count, true).at(index) = false;
    // Everything up to here, as an orderly disk would.
    std::vector<bool>& prefix = subsets.emplace_back(count, false);
    std::fill_n(prefix.begin(), index, true);
  }
  for (int round = 0; round < (1 << bits_max) / 8; ++round) {
    std::vector<bool>& bits = subsets.emplace_back(count, false);
    for (size_t index = 0; index < count; ++index) {
      bits[index] = (random() & 1) != 0;
    }
  }
  for (const std::vector<bool>& bits : subsets) {
    if (!run(bits)) {
      return;
    }
  }
}

std::unique_ptr<FakeDisk> FakeDisk::after_kill() const {
  auto disk = std::make_unique<FakeDisk>(*this);
  disk->state_->off = false;
  disk->state_->faults.clear();
  return disk;
}

FakeDisk::InodeId FakeDisk::find(const std::string& path) const {
  const auto [directory, name] = split(path);
  const auto folder = state_->folders.find(directory);
  if (folder == state_->folders.end()) {
    return 0;
  }
  const auto entry = folder->second.current.find(name);
  return entry == folder->second.current.end() ? 0 : entry->second;
}

std::string FakeDisk::content(const std::string& path) const {
  return state_->inodes.at(find(path)).current;
}

void FakeDisk::set_content(const std::string& path, const std::string& bytes) {
  const auto [directory, name] = split(path);
  Folder& folder = state_->folders[directory];
  InodeId id = find(path);
  if (id == 0) {
    id = state_->next_inode++;
  }
  state_->inodes[id] = {.durable = bytes, .current = bytes, .changes = {}};
  folder.durable[name] = id;
  folder.current[name] = id;
}

bool FakeDisk::exists(const std::string& path) const { return find(path) != 0; }

Result<std::unique_ptr<File>> FakeDisk::open(const std::string& path, OpenMode mode) {
  InodeId id = find(path);
  const bool creates = mode == OpenMode::kCreateNew || mode == OpenMode::kReplace;
  if (!creates) {
    if (id == 0) {
      return not_found(path);
    }
    return std::unique_ptr<File>(std::make_unique<FakeFile>(state_, this, id, path));
  }
  const auto [directory, name] = split(path);
  if (!is_directory(directory)) {
    return not_found(path);
  }
  if (id != 0 && mode == OpenMode::kCreateNew) {
    return Error{ErrorKind::kIo, "open " + path + ": File exists"};
  }
  if (const std::optional<Error> error = strike("open " + path, true)) {
    return *error;
  }
  if (id == 0) {
    id = state_->next_inode++;
    state_->inodes[id] = {};
    Folder& folder = state_->folders[directory];
    folder.changes.push_back({.removed = {}, .added = name, .inode = id});
    apply(folder.changes.back(), folder.current);
  } else {
    Inode& inode = state_->inodes[id];
    inode.changes.push_back({.kind = Change::Kind::kTruncate, .offset = 0, .bytes = {}});
    inode.current.clear();
  }
  return std::unique_ptr<File>(std::make_unique<FakeFile>(state_, this, id, path));
}

Status FakeDisk::rename(const std::string& from, const std::string& to) {
  const InodeId id = find(from);
  if (id == 0) {
    return not_found(from);
  }
  if (const std::optional<Error> error = strike("rename " + from, false)) {
    return *error;
  }
  Folder& folder = state_->folders[split(from).first];
  folder.changes.push_back({.removed = split(from).second, .added = split(to).second, .inode = id});
  apply(folder.changes.back(), folder.current);
  return {};
}

Status FakeDisk::unlink(const std::string& path) {
  if (find(path) == 0) {
    return not_found(path);
  }
  if (const std::optional<Error> error = strike("unlink " + path, false)) {
    return *error;
  }
  Folder& folder = state_->folders[split(path).first];
  folder.changes.push_back({.removed = split(path).second, .added = {}, .inode = 0});
  apply(folder.changes.back(), folder.current);
  return {};
}

Result<std::vector<std::string>> FakeDisk::list(const std::string& directory) {
  if (!is_directory(directory)) {
    return not_found(directory);
  }
  std::vector<std::string> names;
  for (const auto& [name, id] : state_->folders.at(directory).current) {
    names.push_back(name);
  }
  return names;
}

Status FakeDisk::make_directories(const std::string& directory) {
  (void)state_->folders[directory];
  return {};
}

bool FakeDisk::is_directory(const std::string& path) { return state_->folders.contains(path); }

Status FakeDisk::sync_directory(const std::string& directory) {
  if (const std::optional<Error> error = strike("fsync " + directory, false)) {
    return *error;
  }
  Folder& folder = state_->folders.at(directory);
  folder.durable = folder.current;
  folder.changes.clear();
  return {};
}

Result<Space> FakeDisk::space(const std::string&) { return state_->space; }

Result<std::unique_ptr<FileLock>> FakeDisk::lock(const std::string& path) {
  if (!state_->locked.insert(path).second) {
    return Error{ErrorKind::kConflict, path + " is locked by process 1"};
  }
  return std::unique_ptr<FileLock>(std::make_unique<FakeLock>(state_->locked, path));
}

}  // namespace quorate::storage
