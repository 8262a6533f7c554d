// Group commit.
#include "server/app/log_thread.h"

#include <utility>

#include "server/app/clock.h"

namespace quorate::app {

LogThread::LogThread(storage::LogWriter writer, Duration slow_threshold, Callbacks callbacks)
    : writer_(std::move(writer)),
      slow_threshold_(slow_threshold),
      callbacks_(std::move(callbacks)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

LogThread::~LogThread() = default;

void LogThread::submit(LogBatch& batch) {
  bool was_idle = false;
  {
    const std::lock_guard lock(mutex_);
    was_idle = !has_work();
    if (was_idle) {
      std::swap(waiting_, batch);
      waiting_since_ = monotonic_now();
    } else if (later_.empty()) {
      add(waiting_, batch);
    } else {
      if (later_.back().job) {
        later_.emplace_back();
      }
      add(later_.back().batch, batch);
    }
  }
  batch.clear();
  if (was_idle) {
    wake_.notify_one();
  }
}

void LogThread::add(LogBatch& to, LogBatch& batch) {
  const size_t offset = to.bytes.size();
  to.bytes.append(batch.bytes);
  for (LogBatch::Entry entry : batch.entries) {
    entry.begin += offset;
    entry.end += offset;
    to.entries.push_back(entry);
  }
}

void LogThread::submit_job(LogJob job) {
  {
    const std::lock_guard lock(mutex_);
    later_.push_back({.batch = {}, .job = std::move(job)});
  }
  wake_.notify_one();
}

bool LogThread::write_now(LogBatch& batch) {
  {
    const std::lock_guard lock(mutex_);
    if (writing_ || has_work()) {
      return false;
    }
    writing_ = true;
  }
  const bool written = write(batch, monotonic_now());
  if (!written) {
    callbacks_.failed(*writer_.failure());  // writing_ stays: nobody writes any more.
    return true;
  }
  batch.clear();
  bool more = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    more = has_work();
  }
  if (more) {
    wake_.notify_one();
  }
  return true;
}

LogThreadStats LogThread::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void LogThread::run(const std::stop_token& stop) {
  LogBatch batch;
  LogJob job;
  while (true) {
    TimePoint submitted;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [this] { return has_work() && !writing_; });
      if (!has_work() || writing_) {
        break;  // Asked to stop, and everything is written.
      }
      writing_ = true;
      std::swap(batch, waiting_);
      submitted = waiting_since_;
      if (batch.empty()) {
        job = std::move(later_.front().job);
        batch = std::move(later_.front().batch);
        submitted = monotonic_now();
        later_.pop_front();
      }
    }
    if (job) {
      const Status done = std::exchange(job, nullptr)(writer_);
      if (!done) {
        callbacks_.failed(done.error());
        return;
      }
    } else if (!write(batch, submitted)) {
      callbacks_.failed(*writer_.failure());
      return;
    }
    batch.clear();
    const std::lock_guard lock(mutex_);
    writing_ = false;
  }
  const Status sealed = writer_.seal();
  if (!sealed) {
    callbacks_.failed(sealed.error());
  }
}

bool LogThread::write(const LogBatch& batch, TimePoint submitted) {
  const TimePoint started = monotonic_now();
  for (const LogBatch::Entry& entry : batch.entries) {
    if (entry.roll_before && !writer_.roll()) {
      return false;
    }
    writer_.append(entry.zxid,
                   std::string_view(batch.bytes).substr(entry.begin, entry.end - entry.begin));
  }
  if (!writer_.sync()) {
    return false;
  }
  callbacks_.synced(batch.entries.back().zxid, static_cast<int64_t>(batch.bytes.size()));
  record(submitted, started, monotonic_now(), batch);
  return true;
}

void LogThread::record(TimePoint submitted, TimePoint started, TimePoint ended,
                       const LogBatch& batch) {
  const Duration took = ended - started;
  const bool slow = took > slow_threshold_;
  {
    const std::lock_guard lock(mutex_);
    stats_.sync_time.record(took);
    stats_.queue_time.record(started - submitted);
    stats_.batch_txns.record(Duration(static_cast<int64_t>(batch.entries.size())));
    stats_.bytes += static_cast<int64_t>(batch.bytes.size());
    stats_.slow_syncs += slow ? 1 : 0;
  }
  if (slow) {
    callbacks_.slow(took);
  }
}

}  // namespace quorate::app
