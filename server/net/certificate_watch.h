// CertificateWatch: reloads a TLS context's files when they change, from a timer of an io_context.
#pragma once

#include <memory>

#include "server/base/time.h"
#include "server/net/tls_context.h"

namespace boost::asio {
class io_context;  // Declared, not included: Asio costs seconds of compile time in every user.
}  // namespace boost::asio

namespace quorate::net {

/// Learns of reloads, to log and count them. Never called for kUnchanged.
class ReloadListener {
 public:
  virtual void on_reload(const ReloadResult& result) = 0;

 protected:
  ~ReloadListener() = default;
};

/// Looks at the files every `period` while it lives. The look costs a few stat() calls, and reads
/// of small files after a change: give it a loop that may wait for the disk (the http thread's),
/// not the core loop. The listener is called on that loop's thread.
class CertificateWatch {
 public:
  /// `loop` and `listener` outlive it.
  CertificateWatch(boost::asio::io_context& loop, std::shared_ptr<TlsContext> context,
                   ReloadListener& listener, Duration period = std::chrono::seconds(1));
  ~CertificateWatch();
  CertificateWatch(const CertificateWatch&) = delete;
  CertificateWatch& operator=(const CertificateWatch&) = delete;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace quorate::net
