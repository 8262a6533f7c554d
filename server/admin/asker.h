// Asker: puts a question to the core loop and brings the answer, or the end of patience, back to
// the http thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "server/admin/http.h"
#include "server/base/time.h"

namespace quorate::admin {

/// One question. Everything but deliver() happens on the http thread.
template <typename Answer>
class Question : public std::enable_shared_from_this<Question<Answer>> {
 public:
  using Then = std::function<void(const ExchangePointer&, Answer)>;
  using Late = std::function<void(const ExchangePointer&)>;

  Question(std::shared_ptr<boost::asio::io_context> loop, ExchangePointer exchange, Then then,
           Late late)
      : loop_(std::move(loop)),
        timer_(*loop_),
        exchange_(std::move(exchange)),
        then_(std::move(then)),
        late_(std::move(late)) {}

  void start(Duration patience) {
    timer_.expires_after(patience);
    timer_.async_wait([self = this->shared_from_this()](const boost::system::error_code& stopped) {
      if (!stopped && !std::exchange(self->settled_, true)) {
        self->late_(self->exchange_);
        self->forget();
      }
    });
  }

  /// The answer; from any thread. After the server's end nothing comes of it.
  void deliver(Answer answer) {
    boost::asio::post(*loop_, [self = this->shared_from_this(),
                               held = std::make_shared<Answer>(std::move(answer))] {
      if (!std::exchange(self->settled_, true)) {
        self->timer_.cancel();
        self->then_(self->exchange_, std::move(*held));
        self->forget();
      }
    });
  }

 private:
  // The source may keep its callback for long; the connection need not wait for that.
  void forget() {
    exchange_ = nullptr;
    then_ = nullptr;
    late_ = nullptr;
  }

  // First, hence destroyed last: the timer and the connection live in it.
  const std::shared_ptr<boost::asio::io_context> loop_;
  boost::asio::steady_timer timer_;
  ExchangePointer exchange_;
  Then then_;
  Late late_;
  bool settled_ = false;
};

/// A question of `exchange` whose answer is handled by `then`, or by `late` after `patience`.
template <typename Answer>
std::shared_ptr<Question<Answer>> ask(const std::shared_ptr<boost::asio::io_context>& loop,
                                      const ExchangePointer& exchange, Duration patience,
                                      typename Question<Answer>::Then then,
                                      typename Question<Answer>::Late late) {
  auto question =
      std::make_shared<Question<Answer>>(loop, exchange, std::move(then), std::move(late));
  question->start(patience);
  return question;
}

}  // namespace quorate::admin
