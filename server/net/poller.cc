// Poller: thin calls to epoll.
#include "server/net/poller.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace quorate::net {

Result<Poller> Poller::create() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) {
    return Error{ErrorKind::kIo, std::string("epoll_create1: ") + std::strerror(errno)};
  }
  return Poller(fd);
}

Poller::~Poller() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool Poller::add(int fd, uint32_t interest, uint64_t token) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = token;
  return ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::change(int fd, uint32_t interest, uint64_t token) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = token;
  const int result = ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
  QR_ASSERT(result == 0);
}

void Poller::remove(int fd) { ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

std::span<epoll_event> Poller::ready(std::span<epoll_event> events) {
  const int count = ::epoll_wait(fd_, events.data(), static_cast<int>(events.size()), 0);
  return events.first(count > 0 ? static_cast<size_t>(count) : 0);
}

}  // namespace quorate::net
