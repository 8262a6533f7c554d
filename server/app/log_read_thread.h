// The log read thread: reads the log on disk for learners that the leader's memory does not reach.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/storage/file_system.h"
#include "server/storage/log_slice.h"
#include "server/zab/leader_actions.h"
#include "server/zab/leader_event.h"

namespace quorate::app {

/// Answers ProbeLog and ReadLog on a thread of its own, beside the one that writes the log, which
/// must have written what is asked for. Each link has a cursor from its probe on, so that a slice
/// goes on where the last one ended; one that was not used for a while is given up, and made anew
/// when it is wanted again. A log that cannot be read costs a learner a snapshot, not this member
/// its life.
class LogReadThread {
 public:
  /// Called on this thread.
  struct Callbacks {
    std::function<void(const zab::LogProbed& answer)> probed;
    std::function<void(zab::LogRead answer)> read;
    std::function<void(const Error& error)> failed;
  };

  LogReadThread(storage::FileSystem& fs, std::string directory, Callbacks callbacks);
  ~LogReadThread();
  LogReadThread(const LogReadThread&) = delete;
  LogReadThread& operator=(const LogReadThread&) = delete;

  void probe(const zab::LeaderActions::ProbeLog& wanted);
  void read(const zab::LeaderActions::ReadLog& wanted);
  /// Where the rearmost cursor is: what follows may still be wanted. Nothing: nobody reads. Any
  /// thread.
  [[nodiscard]] std::optional<Zxid> needed() const;

 private:
  using Task = std::variant<zab::LeaderActions::ProbeLog, zab::LeaderActions::ReadLog>;
  struct Cursor {
    storage::LogCursor log;
    TimePoint used_at;
  };

  void submit(Task task);
  void run(const std::stop_token& stop);
  void perform(const zab::LeaderActions::ProbeLog& wanted);
  void perform(const zab::LeaderActions::ReadLog& wanted);
  /// The link's own if it stands there, else a new one.
  storage::LogCursor& cursor_of(LinkId link, Zxid after);
  void drop_cursors();

  storage::FileSystem& fs_;
  const std::string directory_;
  const Callbacks callbacks_;

  std::map<LinkId, Cursor> cursors_;  // Only on the thread.

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Task> tasks_;      // Guarded by mutex_. One of a learner at a time.
  std::optional<Zxid> needed_;  // Guarded by mutex_.
  std::jthread thread_;         // Last: it uses all of the above.
};

}  // namespace quorate::app
