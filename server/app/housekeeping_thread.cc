// Snapshots to disk, purge, free space.
#include "server/app/housekeeping_thread.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/app/clock.h"

namespace quorate::app {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
/// Looks at the disk while the log eats the reserve once.
constexpr int64_t kLooksPerReserve = 8;

/// Sizes of all files in `directory`, as Apache's dirs word counts them; files that go meanwhile
/// count as nothing.
int64_t bytes_in(storage::FileSystem& fs, const std::string& directory) {
  int64_t bytes = 0;
  const Result<std::vector<std::string>> names = fs.list(directory);
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const auto file = fs.open(storage::join_path(directory, name), storage::OpenMode::kRead);
    if (file) {
      const Result<int64_t> size = (*file)->size();
      bytes += size ? *size : 0;
    }
  }
  return bytes;
}

}  // namespace

HousekeepingThread::HousekeepingThread(storage::FileSystem& fs, HousekeepingOptions options,
                                       Callbacks callbacks)
    : fs_(fs),
      options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      next_second_(monotonic_now()),
      next_purge_(monotonic_now()),
      look_at_bytes_(std::numeric_limits<int64_t>::max()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

HousekeepingThread::~HousekeepingThread() = default;

void HousekeepingThread::begin_snapshot(Zxid zxid) {
  {
    const std::lock_guard lock(mutex_);
    begin_ = zxid;
  }
  wake_.notify_one();
}

void HousekeepingThread::write_slice(std::string bytes, bool last) {
  {
    const std::lock_guard lock(mutex_);
    slice_ = Slice{.bytes = std::move(bytes), .last = last};
  }
  wake_.notify_one();
}

void HousekeepingThread::replace_file(const std::string& name, std::string content) {
  {
    const std::lock_guard lock(mutex_);
    files_[name] = std::move(content);
  }
  wake_.notify_one();
}

void HousekeepingThread::note_logged(int64_t bytes) {
  if (logged_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes >=
      look_at_bytes_.load(std::memory_order_relaxed)) {
    check_space();
  }
}

HousekeepingStats HousekeepingThread::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void HousekeepingThread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<Zxid> begin;
    std::optional<Slice> slice;
    std::map<std::string, std::string> files;
    {
      std::unique_lock lock(mutex_);
      const Duration rest = next_second_ - monotonic_now();
      if (rest > Duration::zero()) {
        wake_.wait_for(lock, stop, rest, [this] { return begin_ || slice_ || !files_.empty(); });
      }
      begin = std::exchange(begin_, std::nullopt);
      slice = std::exchange(slice_, std::nullopt);
      files.swap(files_);
    }
    for (const auto& [name, content] : files) {
      callbacks_.file_replaced(
          name, storage::replace_file(fs_, options_.directories.snapshots, name, content));
    }
    if (begin) {
      open_snapshot(*begin);
    }
    if (slice) {
      append_slice(*slice);
    }
    if (monotonic_now() >= next_second_) {
      next_second_ = monotonic_now() + kSecond;
      check_space();
      measure_directories();
      callbacks_.each_second();
    }
    if (options_.purge_interval > Duration::zero() && monotonic_now() >= next_purge_) {
      purge();
    }
  }
  file_.reset();  // Removes an unfinished file.
}

void HousekeepingThread::open_snapshot(Zxid zxid) {
  zxid_ = zxid;
  began_ = monotonic_now();
  auto file =
      storage::SnapshotFile::begin(fs_, options_.directories.snapshots, zxid, options_.compression);
  if (!file) {
    finish_snapshot(file.error());
    return;
  }
  file_ = std::make_unique<storage::SnapshotFile>(std::move(*file));
  callbacks_.slice_wanted();
}

void HousekeepingThread::abandon_snapshot() {
  {
    const std::lock_guard lock(mutex_);
    slice_ = Slice{.bytes = {}, .last = false, .abandoned = true};
  }
  wake_.notify_one();
}

void HousekeepingThread::append_slice(const Slice& slice) {
  if (!file_) {
    return;  // Given up already; this slice was on its way.
  }
  if (check_space() == storage::SpaceLevel::kExhausted) {
    // The log needs what is left more; without the unfinished file there is more of it.
    finish_snapshot(Error{ErrorKind::kNoSpace, "no space for " + file_->final_path()});
    return;
  }
  if (slice.abandoned) {
    finish_snapshot(Error{ErrorKind::kUnavailable, "another state took the place of this one"});
    return;
  }
  Status status = file_->append(slice.bytes);
  if (status && slice.last) {
    const Result<int64_t> committed = file_->commit();
    status = committed ? Status{} : Status{committed.error()};
  }
  if (!status || slice.last) {
    finish_snapshot(status);
    return;
  }
  callbacks_.slice_wanted();
}

void HousekeepingThread::finish_snapshot(const Status& outcome) {
  const std::string path = file_ ? file_->final_path() : std::string();
  file_.reset();
  {
    const std::lock_guard lock(mutex_);
    stats_.snapshot_time.record(monotonic_now() - began_);
  }
  callbacks_.snapshot_finished(zxid_, outcome, path);
  if (outcome && options_.purge_interval > Duration::zero()) {
    purge();
  }
}

storage::SpaceLevel HousekeepingThread::check_space() {
  const std::lock_guard space_lock(space_mutex_);
  const int64_t logged_bytes = logged_bytes_.load(std::memory_order_relaxed);
  const Result<storage::SpaceReport> space = storage::read_space(fs_, options_.directories);
  if (!space) {
    // Not known: the log's own write will tell.
    return guard_ ? guard_->level() : storage::SpaceLevel::kOk;
  }
  const int64_t free_bytes = space->least.free_bytes;
  {
    const std::lock_guard lock(mutex_);
    stats_.free_bytes = free_bytes;
  }
  if (!guard_) {
    guard_.emplace(storage::space_limits(space->least.total_bytes, options_.preallocate_bytes));
  }
  const int64_t low_bytes = guard_->limits().low_bytes;
  look_at_bytes_.store(logged_bytes + std::max<int64_t>(1, low_bytes / kLooksPerReserve),
                       std::memory_order_relaxed);
  const storage::SpaceLevel before = guard_->level();
  const storage::SpaceLevel after = guard_->update(free_bytes);
  callbacks_.space_seen({.level = after,
                         .changed = after != before,
                         .free_bytes = free_bytes,
                         .room_bytes = free_bytes - low_bytes,
                         .logged_bytes = logged_bytes});
  return after;
}

void HousekeepingThread::purge() {
  next_purge_ = monotonic_now() + options_.purge_interval;
  const Result<storage::PurgeReport> report = storage::purge(
      fs_, options_.directories, options_.purge_retain_count, callbacks_.log_needed());
  if (!report) {
    callbacks_.purged(report.error(), 0);
    return;
  }
  if (!report->removed.empty()) {
    callbacks_.purged(Status{}, report->removed.size());
  }
}

void HousekeepingThread::measure_directories() {
  const int64_t data = bytes_in(fs_, options_.directories.snapshots);
  const int64_t log = bytes_in(fs_, options_.directories.logs);
  const std::lock_guard lock(mutex_);
  stats_.data_dir_bytes = data;
  stats_.log_dir_bytes = log;
}

}  // namespace quorate::app
