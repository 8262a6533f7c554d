// Poller: an epoll set, level-triggered, whose entries carry a 64-bit token.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "server/base/result.h"

namespace quorate::net {

/// Owns an epoll descriptor. Level-triggered: whatever is left unread is reported again, so a
/// reader needs neither a second read to see that nothing is left nor a system call to wait again.
class Poller {
 public:
  static Result<Poller> create();
  explicit Poller(int fd) : fd_(fd) {}
  Poller(Poller&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  Poller& operator=(Poller&&) = delete;
  ~Poller();

  /// Readable while the set has something to report.
  [[nodiscard]] int fd() const { return fd_; }

  /// `interest`: EPOLLIN, EPOLLOUT, both or none (errors and hang-ups are always reported).
  /// False if the kernel refuses (out of memory or watches).
  [[nodiscard]] bool add(int fd, uint32_t interest, uint64_t token);
  void change(int fd, uint32_t interest, uint64_t token);
  void remove(int fd);

  /// What is ready now, without waiting. Filled from the front of `events`.
  [[nodiscard]] std::span<epoll_event> ready(std::span<epoll_event> events);

 private:
  int fd_;
};

}  // namespace quorate::net
