// The thread of a Client: waits for sockets, requests and deadlines, and feeds the machine.
#include "server/client/client.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>

namespace quorate::client {
namespace {

constexpr Duration kCloseWait = std::chrono::seconds(1);
constexpr Duration kPollMax = std::chrono::seconds(60);

MachineOptions machine_options(const ClientOptions& options) {
  MachineOptions machine;
  machine.server_count = options.servers.servers.size();
  machine.session_timeout = options.session_timeout;
  machine.read_only = options.read_only;
  machine.chroot = options.servers.chroot;
  machine.session = options.session;
  machine.password = options.password;
  return machine;
}

size_t choose_first(const ClientOptions& options) {
  const size_t count = options.servers.servers.size();
  return options.shuffle && count > 1 ? std::random_device{}() % count : 0;
}

}  // namespace

TimePoint monotonic_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return TimePoint(std::chrono::duration_cast<Duration>(now));
}

Client::Client(ClientOptions options, EventHandler on_event)
    : options_(std::move(options)),
      calls_(options_.servers.chroot),
      on_event_(std::move(on_event)),
      first_server_(choose_first(options_)),
      wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      machine_(machine_options(options_)),
      server_(options_.servers.servers[first_server_]) {
  QR_ASSERT(wake_fd_ >= 0);
  thread_ = std::jthread([this] { loop(); });
}

Client::~Client() {
  close();
  if (thread_.joinable()) {
    thread_.join();
  }
  ::close(wake_fd_);
}

void Client::wake() {
  const uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

void Client::submit(Request request, Done done) {
  std::unique_lock lock(mutex_);
  const uint64_t ticket = machine_.submit(std::move(request));
  done_.emplace(ticket, std::move(done));
  if (ended_) {
    // The thread is gone: nobody else will deliver.
    deliver(lock);
    return;
  }
  lock.unlock();
  wake();
}

void Client::command(Command command) {
  {
    const std::scoped_lock lock(mutex_);
    command_ = std::max(command_, command);
  }
  wake();
}

void Client::close() {
  command(Command::kClose);
  if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
  }
}

void Client::abandon() {
  command(Command::kAbandon);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_; });
}

void Client::drop_connection() { command(Command::kDrop); }

bool Client::wait_connected(Duration timeout) {
  std::unique_lock lock(mutex_);
  const auto settled = [this] {
    return machine_.state() == Machine::State::kConnected ||
           machine_.state() == Machine::State::kClosed;
  };
  return changed_.wait_for(lock, timeout, settled) &&
         machine_.state() == Machine::State::kConnected;
}

Machine::State Client::state() const {
  const std::scoped_lock lock(mutex_);
  return machine_.state();
}

SessionId Client::session() const {
  const std::scoped_lock lock(mutex_);
  return machine_.session();
}

std::string Client::password() const {
  const std::scoped_lock lock(mutex_);
  return machine_.password();
}

Duration Client::negotiated_timeout() const {
  const std::scoped_lock lock(mutex_);
  return machine_.negotiated_timeout();
}

bool Client::is_read_only() const {
  const std::scoped_lock lock(mutex_);
  return machine_.is_read_only();
}

WatchRegistry Client::watches() const {
  const std::scoped_lock lock(mutex_);
  return machine_.watches();
}

Endpoint Client::server() const {
  const std::scoped_lock lock(mutex_);
  return server_;
}

std::string Client::last_failure() const {
  const std::scoped_lock lock(mutex_);
  return last_failure_;
}

void Client::loop() {
  // OpenSSL writes without MSG_NOSIGNAL: a closed connection must not end the process.
  sigset_t broken_pipe;
  ::sigemptyset(&broken_pipe);
  ::sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (turn()) {
  }
  stream_.reset();
  std::unique_lock lock(mutex_);
  machine_.close();
  if (machine_.state() != Machine::State::kClosed) {
    // Abandoned, or the server did not answer closeSession in time.
    machine_.disconnected(monotonic_now());
  }
  deliver(lock);
  ended_ = true;
  changed_.notify_all();
}

/// One round: commands, sockets, deadlines, deliveries, wait. False: the end.
bool Client::turn() {
  std::unique_lock lock(mutex_);
  const TimePoint now = monotonic_now();
  const Command command = std::exchange(command_, Command::kNone);
  if (command == Command::kAbandon) {
    return false;
  }
  if (command == Command::kDrop && stream_ != nullptr) {
    lose(now);
  }
  if (command == Command::kClose && close_deadline_ == TimePoint::max()) {
    machine_.close();
    close_deadline_ = now + kCloseWait;
  }
  if (machine_.wants_connection(now)) {
    lock.unlock();
    connect(now);
    lock.lock();
  }
  if (stream_ != nullptr) {
    serve_stream(now);
  }
  machine_.tick(now);
  if (machine_.wants_drop() && stream_ != nullptr) {
    lose(now);
  }
  deliver(lock);
  if (machine_.state() == Machine::State::kClosed || now >= close_deadline_) {
    return false;
  }
  wait(lock);
  return true;
}

void Client::connect(TimePoint now) {
  size_t index;
  {
    const std::scoped_lock lock(mutex_);
    index = (first_server_ + machine_.server()) % options_.servers.servers.size();
    server_ = options_.servers.servers[index];
    machine_.connecting(now);
  }
  established_ = false;
  // Resolving the name may take long; nobody must wait for that.
  stream_ = std::make_unique<Stream>(options_.servers.servers[index], options_.tls);
}

void Client::lose(TimePoint now) {
  last_failure_ = stream_->failure().empty() ? last_failure_ : stream_->failure();
  stream_.reset();
  machine_.disconnected(now);
}

void Client::serve_stream(TimePoint now) {
  if (!established_) {
    switch (stream_->advance()) {
      case Stream::Progress::kPending:
        return;
      case Stream::Progress::kFailed:
        lose(now);
        return;
      case Stream::Progress::kReady:
        established_ = true;
        machine_.connected(now);
    }
  }
  std::string received;
  const bool alive = stream_->receive(received);
  if (!received.empty()) {
    machine_.received(received, now);
  }
  if (!alive) {
    lose(now);
    return;
  }
  if (!machine_.output().empty()) {
    if (!stream_->send(machine_.output())) {
      lose(now);
      return;
    }
    machine_.sent(now);
  }
}

void Client::deliver(std::unique_lock<std::mutex>& lock) {
  while (true) {
    const auto events = machine_.take_events();
    const auto completions = machine_.take_completions();
    if (events.empty() && completions.empty()) {
      return;
    }
    std::vector<std::pair<Done, Reply>> calls;
    for (const auto& completion : completions) {
      auto found = done_.extract(completion.ticket);
      if (!found.empty()) {
        calls.emplace_back(std::move(found.mapped()), completion.reply);
      }
    }
    changed_.notify_all();
    lock.unlock();
    // Events first: a watch is told before the reply that shows the change.
    for (const Event& event : events) {
      if (on_event_) {
        on_event_(event);
      }
    }
    for (auto& [done, reply] : calls) {
      done(std::move(reply));
    }
    lock.lock();
  }
}

void Client::wait(std::unique_lock<std::mutex>& lock) {
  const TimePoint now = monotonic_now();
  Duration pause = kPollMax;
  if (const auto deadline = machine_.next_deadline()) {
    pause = std::min(pause, *deadline - now);
  }
  if (close_deadline_ != TimePoint::max()) {
    pause = std::min(pause, close_deadline_ - now);
  }
  std::array<pollfd, 2> ready{};
  ready[0] = pollfd{wake_fd_, POLLIN, 0};
  nfds_t count = 1;
  if (stream_ != nullptr && stream_->fd() >= 0) {
    ready[1] = pollfd{stream_->fd(), stream_->events(!machine_.output().empty()), 0};
    count = 2;
  } else if (stream_ != nullptr) {
    return;  // Nothing to wait for: the name could not be resolved.
  }
  lock.unlock();
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(pause, Duration(0)));
  ::poll(ready.data(), count, static_cast<int>(ms.count()));
  uint64_t drained;
  (void)!::read(wake_fd_, &drained, sizeof drained);
  lock.lock();
}

}  // namespace quorate::client
