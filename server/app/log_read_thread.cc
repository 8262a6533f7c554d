// Reading the log on disk for learners.
#include "server/app/log_read_thread.h"

#include <algorithm>
#include <utility>

#include "server/app/clock.h"

namespace quorate::app {
namespace {

/// A learner that takes longer for a slice is not fed from the log, or gone.
constexpr Duration kIdleMax = std::chrono::seconds(30);
/// Each holds a file and a window of it. Learners that come and go leave cursors behind.
constexpr size_t kCursorsMax = 32;

zab::LogProbe probe_of(const storage::LogNeighbours& found) {
  return {.floor = found.floor,
          .next = found.next,
          .is_contiguous = found.is_contiguous,
          .bytes = found.bytes};
}

}  // namespace

LogReadThread::LogReadThread(storage::FileSystem& fs, std::string directory, Callbacks callbacks)
    : fs_(fs),
      directory_(std::move(directory)),
      callbacks_(std::move(callbacks)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LogReadThread::~LogReadThread() = default;

void LogReadThread::probe(const zab::LeaderActions::ProbeLog& wanted) { submit(wanted); }

void LogReadThread::read(const zab::LeaderActions::ReadLog& wanted) { submit(wanted); }

void LogReadThread::submit(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::optional<Zxid> LogReadThread::needed() const {
  const std::lock_guard lock(mutex_);
  return needed_;
}

void LogReadThread::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<Task> task;
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, stop, kIdleMax, [this] { return !tasks_.empty(); })) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
    }
    if (task) {
      std::visit([this](const auto& wanted) { perform(wanted); }, *task);
    }
    drop_cursors();
  }
}

void LogReadThread::perform(const zab::LeaderActions::ProbeLog& wanted) {
  const zab::LogProbeWanted& what = wanted.wanted;
  const Result<storage::LogNeighbours> found =
      storage::find_log_neighbours(fs_, directory_, what.zxid, what.until, what.bytes_max);
  if (!found) {
    callbacks_.failed(found.error());
    callbacks_.probed({wanted.link, {}});
    return;
  }
  if (found->is_contiguous) {
    cursor_of(wanted.link, *found->floor);  // From now on a purge leaves it alone.
  }
  callbacks_.probed({wanted.link, probe_of(*found)});
}

void LogReadThread::perform(const zab::LeaderActions::ReadLog& wanted) {
  zab::LogRead answer{.link = wanted.link, .txns = {}};
  Result<std::vector<storage::LoggedTxn>> txns =
      cursor_of(wanted.link, wanted.after).read(wanted.until, wanted.bytes_max);
  if (!txns) {
    callbacks_.failed(txns.error());
    cursors_.erase(wanted.link);
    callbacks_.read(std::move(answer));
    return;
  }
  for (storage::LoggedTxn& txn : *txns) {
    answer.txns.push_back({txn.zxid, std::move(txn.bytes)});
  }
  callbacks_.read(std::move(answer));
}

storage::LogCursor& LogReadThread::cursor_of(LinkId link, Zxid after) {
  auto found = cursors_.find(link);
  if (found == cursors_.end() || found->second.log.position() != after) {
    Cursor cursor{.log = storage::LogCursor(fs_, directory_, after), .used_at = {}};
    found = cursors_.insert_or_assign(link, std::move(cursor)).first;
  }
  found->second.used_at = monotonic_now();
  return found->second.log;
}

/// Those that were not used for a while, and the oldest if there are too many.
void LogReadThread::drop_cursors() {
  const TimePoint now = monotonic_now();
  std::erase_if(cursors_, [&](const auto& each) { return now - each.second.used_at > kIdleMax; });
  const auto used_at = [](const auto& each) { return each.second.used_at; };
  while (cursors_.size() > kCursorsMax) {
    cursors_.erase(std::ranges::min_element(cursors_, {}, used_at));
  }
  std::optional<Zxid> rearmost;
  for (const auto& [link, cursor] : cursors_) {
    rearmost = std::min(rearmost.value_or(cursor.log.position()), cursor.log.position());
  }
  const std::lock_guard lock(mutex_);
  needed_ = rearmost;
}

}  // namespace quorate::app
