// Link: one connection to another member, plain or TLS, as a stream of bytes in both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/net/transport.h"

namespace boost::asio {
class io_context;
}  // namespace boost::asio
namespace quorate::net {
class TlsContext;
}  // namespace quorate::net

namespace quorate::peers {

class Link;

/// What the owner of a link hears, on the loop. Any function of the link may be called from within.
class LinkHandler {
 public:
  /// The handshake, if there is one, is done. What is sent before waits for it.
  virtual void on_ready(Link& link) { static_cast<void>(link); }
  /// Bytes that were received and not taken yet. Returns how many are taken now; the rest is shown
  /// again when there is more. The handler bounds what it waits for.
  virtual size_t on_bytes(Link& link, std::string_view bytes) = 0;
  /// So many bytes of the queue have been handed to the system. Not of a link that is closing.
  virtual void on_sent_some(Link& link, size_t bytes) {
    static_cast<void>(link);
    static_cast<void>(bytes);
  }
  /// Everything queued has been.
  virtual void on_sent(Link& link) { static_cast<void>(link); }
  /// The connection is gone and the link with it; `why` is for people. Not after close().
  virtual void on_end(Link& link, const std::string& why) = 0;

 protected:
  ~LinkHandler() = default;
};

/// Which side of TLS a link is, and with what. Default: none.
struct LinkTls {
  enum class Side { kNone, kAccept, kAcceptEither, kConnect };
  Side side = Side::kNone;  ///< kAcceptEither: the first byte decides (portUnification).
  std::shared_ptr<net::TlsContext> context;
  std::string host;  ///< kConnect: the name that the certificate has to bear.
};

/// Belongs to one loop; every function is called on its thread. Kept alive by its owner's pointer
/// and by what waits for the socket.
class Link : public std::enable_shared_from_this<Link> {
  struct Private {};

 public:
  /// Takes the connected, non-blocking socket. `handler` lives until close() or on_end().
  static std::shared_ptr<Link> create(boost::asio::io_context& loop, int fd, LinkTls tls,
                                      LinkHandler& handler);
  Link(Private, boost::asio::io_context& loop, int fd, LinkTls tls, LinkHandler& handler);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Hands the link to another owner; allowed within on_bytes(), which goes on with it.
  void set_handler(LinkHandler& handler) { handler_ = &handler; }

  /// Queues bytes; sent when the present handler of the loop has returned, or by flush().
  void send(std::string_view bytes);
  /// The queue itself, to append to without a copy. Call send({}) or flush() afterwards.
  [[nodiscard]] std::string& output() { return output_; }
  void flush();
  /// Ends the connection now, without on_end(). What is queued is lost.
  void close();
  /// Reads no more and closes, without on_end(), once what is queued has been sent.
  void close_when_sent();

  [[nodiscard]] bool is_open() const { return phase_ != Phase::kClosed; }
  /// Bytes that wait to be sent.
  [[nodiscard]] size_t queued() const { return output_.size() - sent_; }
  [[nodiscard]] uint64_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] uint64_t bytes_sent() const { return bytes_sent_; }
  /// Numeric address and port of the other end.
  [[nodiscard]] const std::string& remote() const { return remote_; }
  /// The address alone; empty if the peer was gone before the link was made.
  [[nodiscard]] std::string remote_host() const;
  /// For options of the socket only; -1 once the link is closed.
  [[nodiscard]] int fd() const { return transport_.fd(); }
  /// Null while the link is plain.
  [[nodiscard]] ssl_st* tls() const { return transport_.tls(); }

 private:
  enum class Phase { kSniffing, kHandshaking, kOpen, kDraining, kClosed };
  struct Waits;  // The waiting for the socket, which is Asio's.

  void begin();
  [[nodiscard]] bool begin_tls();
  void await_readable();
  void await_writable();
  void on_readable();
  void on_writable();
  void sniff();
  void shake_hands();
  void become_open();
  void read();
  [[nodiscard]] size_t offer(std::string_view bytes);
  void write();
  void end(const std::string& why);
  [[nodiscard]] std::string text_of(const net::IoResult& result) const;

  LinkHandler* handler_;
  LinkTls tls_;
  net::Transport transport_;
  std::unique_ptr<Waits> waits_;
  std::string remote_;
  Phase phase_ = Phase::kOpen;
  bool awaits_write_ = false;
  bool flush_posted_ = false;
  std::string input_;
  std::string output_;
  size_t sent_ = 0;  ///< Of output_.
  uint64_t bytes_received_ = 0;
  uint64_t bytes_sent_ = 0;
};

}  // namespace quorate::peers
