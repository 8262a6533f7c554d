// CertificateWatch: a timer that asks the context to compare its files.
#include "server/net/certificate_watch.h"

#include <utility>
// Asio needs <utility> before it under C++20.
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace quorate::net {
namespace {

WallMillis wall_now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(
              std::chrono::system_clock::now().time_since_epoch())
              .count()};
}

}  // namespace

class CertificateWatch::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, std::shared_ptr<TlsContext> context, ReloadListener& listener,
       Duration period)
      : context_(std::move(context)), listener_(listener), period_(period), timer_(loop) {}

  void wait() {
    timer_.expires_after(period_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const std::shared_ptr<Impl> self = weak.lock();
      if (self == nullptr || error) {
        return;
      }
      const ReloadResult result = self->context_->reload_if_changed(wall_now());
      if (result.outcome != ReloadOutcome::kUnchanged) {
        self->listener_.on_reload(result);
      }
      self->wait();
    });
  }

 private:
  const std::shared_ptr<TlsContext> context_;
  ReloadListener& listener_;
  const Duration period_;
  boost::asio::steady_timer timer_;
};

CertificateWatch::CertificateWatch(boost::asio::io_context& loop,
                                   std::shared_ptr<TlsContext> context, ReloadListener& listener,
                                   Duration period)
    : impl_(std::make_shared<Impl>(loop, std::move(context), listener, period)) {
  impl_->wait();
}

CertificateWatch::~CertificateWatch() = default;

}  // namespace quorate::net
