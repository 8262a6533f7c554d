// EventLoop: the one thread on which the machines of the manager are stepped.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/base/time.h"

namespace quorate::controller {

/// Brings work to a loop from any thread, and drops it when the loop is gone. Copyable.
class Poster {
 public:
  void post(std::function<void()> work) const;

 private:
  friend class EventLoop;
  struct Target {
    std::mutex mutex;
    boost::asio::io_context* io = nullptr;  ///< Guarded by mutex; null: the loop is gone.
  };
  explicit Poster(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  std::shared_ptr<Target> target_;
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs on the calling thread until stop().
  void run();
  /// Any thread.
  void stop();
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] Poster poster() const { return Poster(target_); }

 private:
  boost::asio::io_context io_{1};
  std::shared_ptr<Poster::Target> target_;
};

/// One deadline of a machine. Loop's thread only.
class LoopTimer {
 public:
  explicit LoopTimer(EventLoop& loop) : timer_(loop.io()) {}

  /// Calls `then` at `deadline` in place of what was set before; nothing: never.
  void set(std::optional<TimePoint> deadline, std::function<void()> then);

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<int> generation_ = std::make_shared<int>(0);
};

}  // namespace quorate::controller
