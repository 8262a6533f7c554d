// Putting a question to the core loop, and bringing the answer, or the end of patience, back to the
// http thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "server/admin/http.h"
#include "server/base/time.h"

namespace quorate::admin {

/// Where answers arrive. Answers may hold it for longer than the server lives.
class Mailbox {
 public:
  explicit Mailbox(boost::asio::io_context& loop) : loop_(&loop) {}

  /// Runs `work` on the http thread; nothing happens once the box is closed. Any thread.
  void post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    if (loop_ != nullptr) {
      boost::asio::post(*loop_, std::move(work));
    }
  }
  /// Before the io_context ends.
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;  // Guarded by mutex_.
};

/// What the handlers need to ask.
struct AskContext {
  boost::asio::io_context& loop;
  std::shared_ptr<Mailbox> mailbox;
};

/// One question. It lives in its timer's handler, so it ends with the io_context at the latest, and
/// with it the connection that waits.
template <typename Answer>
class Question : public std::enable_shared_from_this<Question<Answer>> {
 public:
  using Then = std::function<void(const ExchangePointer&, Answer)>;
  using Late = std::function<void(const ExchangePointer&)>;

  Question(boost::asio::io_context& loop, ExchangePointer exchange, Then then, Late late)
      : timer_(loop),
        exchange_(std::move(exchange)),
        then_(std::move(then)),
        late_(std::move(late)) {}

  void start(Duration patience) {
    timer_.expires_after(patience);
    timer_.async_wait([self = this->shared_from_this()](const boost::system::error_code&) {
      if (!std::exchange(self->settled_, true)) {
        self->late_(self->exchange_);
      }
    });
  }

  void settle(Answer answer) {
    if (!std::exchange(settled_, true)) {
      then_(exchange_, std::move(answer));
      timer_.cancel();
    }
  }

 private:
  boost::asio::steady_timer timer_;
  const ExchangePointer exchange_;
  const Then then_;
  const Late late_;
  bool settled_ = false;
};

/// Makes a question of `exchange`. The result takes the answer, from any thread: `then` handles it,
/// or `late` has after `patience`. Http thread only.
template <typename Answer>
[[nodiscard]] std::function<void(Answer)> ask(const AskContext& context,
                                              const ExchangePointer& exchange, Duration patience,
                                              typename Question<Answer>::Then then,
                                              typename Question<Answer>::Late late) {
  auto question =
      std::make_shared<Question<Answer>>(context.loop, exchange, std::move(then), std::move(late));
  question->start(patience);
  return [mailbox = context.mailbox,
          asked = std::weak_ptr<Question<Answer>>(question)](Answer answer) {
    mailbox->post([asked, held = std::make_shared<Answer>(std::move(answer))] {
      if (const auto waiting = asked.lock()) {
        waiting->settle(std::move(*held));
      }
    });
  };
}

}  // namespace quorate::admin
