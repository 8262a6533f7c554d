// The loop over Boost.Asio.
#include "operator/controller/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "operator/transport/clock.h"

namespace quorate::controller {

void Poster::post(std::function<void()> work) const {
  const std::lock_guard lock(target_->mutex);
  if (target_->io != nullptr) {
    boost::asio::post(*target_->io, std::move(work));
  }
}

EventLoop::EventLoop() : target_(std::make_shared<Poster::Target>()) { target_->io = &io_; }

EventLoop::~EventLoop() {
  const std::lock_guard lock(target_->mutex);
  target_->io = nullptr;
}

void EventLoop::run() {
  const auto work = boost::asio::make_work_guard(io_);
  io_.run();
}

void EventLoop::stop() { io_.stop(); }

void LoopTimer::set(std::optional<TimePoint> deadline, std::function<void()> then) {
  const int generation = ++*generation_;
  timer_.cancel();
  if (!deadline) {
    return;
  }
  timer_.expires_at(transport::to_steady(*deadline));
  timer_.async_wait([generation, current = std::weak_ptr<int>(generation_),
                     then = std::move(then)](const boost::system::error_code& error) {
    const auto alive = current.lock();
    if (!error && alive && *alive == generation) {
      then();
    }
  });
}

}  // namespace quorate::controller
