// Sending, receiving and measuring of the load generator.
#include "server/cli/bench_engine.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "server/base/bytes.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::cli {
namespace {

constexpr size_t kReadBufferBytes = 256 * 1024;
constexpr size_t kReplyPrefixBytes = 4 + 16;
constexpr size_t kConnectWave = 32;
constexpr int kEventsMax = 256;
constexpr int64_t kSecondNs = 1'000'000'000;

}  // namespace

int64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecondNs + time.tv_nsec;
}

int64_t next_tick_ns(int64_t now, int64_t origin_ns) {
  const int64_t phase = (now - origin_ns) % kSecondNs;
  return now + (phase < 0 ? -phase : kSecondNs - phase);
}

int32_t multi_error(std::string_view body) {
  wire::Reader reader(body);
  int32_t first = 0;
  while (first == 0 && reader.ok() && reader.remaining() >= 13) {
    const int32_t type = reader.get_int();
    (void)reader.get_bool();
    const int32_t error = reader.get_int();
    if (type != static_cast<int32_t>(wire::OpCode::kError)) {
      return 0;
    }
    first = error;
    (void)reader.get_int();
  }
  return first;
}

void BenchResult::merge(const BenchResult& other) {
  for (size_t op = 0; op < kBenchOpCount; ++op) {
    latency[op].merge(other.latency[op]);
  }
  for (const auto& [code, count] : other.errors) {
    errors[code] += count;
  }
  completed += other.completed;
  events += other.events;
  unanswered += other.unanswered;
  connections_lost += other.connections_lost;
  unsent += other.unsent;
  last_event_ns = std::max(last_event_ns, other.last_event_ns);
  last_reply_ns = std::max(last_reply_ns, other.last_reply_ns);
}

uint64_t BenchResult::error_count() const {
  uint64_t sum = unanswered + connections_lost;
  for (const auto& [code, count] : errors) {
    sum += count;
  }
  return sum;
}

BenchEngine::BenchEngine()
    : buffer_(new char[kReadBufferBytes]), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  QR_ASSERT(epoll_ >= 0);
}

BenchEngine::~BenchEngine() { ::close(epoll_); }

Status BenchEngine::connect(const std::vector<BenchServer>& servers, uint32_t first_index,
                            size_t count, size_t outstanding_max, int32_t timeout_ms) {
  timeout_ms_ = timeout_ms;
  // In waves, so that a short listen backlog does not drop any.
  for (size_t begin = 0; begin < count; begin += kConnectWave) {
    const size_t end = std::min(count, begin + kConnectWave);
    for (size_t i = begin; i < end; ++i) {
      auto connection = std::make_unique<BenchConnection>(first_index + static_cast<uint32_t>(i),
                                                          outstanding_max);
      if (auto opened = connection->open(servers[i % servers.size()], timeout_ms); !opened) {
        return opened;
      }
      connections_.push_back(std::move(connection));
    }
    for (size_t i = begin; i < end; ++i) {
      BenchConnection& connection = *connections_[i];
      if (auto ready = connection.finish_handshake(); !ready) {
        return ready;
      }
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd(), &event);
      connection.last_sent_ns = now_ns();
      ++alive_;
    }
    // The first sessions must not expire while thousands more are opened.
    housekeeping(now_ns());
  }
  return {};
}

void BenchEngine::close() {
  for (auto& connection : connections_) {
    connection->close();
  }
}

void BenchEngine::reset() {
  result_ = BenchResult{};
  const std::scoped_lock lock(mutex_);
  published_ = result_;
}

BenchResult BenchEngine::published() const {
  const std::scoped_lock lock(mutex_);
  return published_;
}

void BenchEngine::start(BenchSource& source) {
  source_ = &source;
  stopping_ = false;
  scheduled_ = 0;
  started_ns_ = now_ns();
  housekeeping_ns_ = next_tick_ns(started_ns_, plan_.measure_from_ns);
  if (plan_.interval_ns > 0) {
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    return;
  }
  for (auto& connection : connections_) {
    if (!connection->lost) {
      refill(*connection, started_ns_);
      mark_dirty(*connection);
    }
  }
}

void BenchEngine::run(BenchSource& source, const BenchPlan& plan, const std::atomic<bool>& stop) {
  plan_ = plan;
  start(source);
  while (true) {
    const int64_t now = now_ns();
    if (plan_.interval_ns > 0 && !stopping_) {
      send_due(std::min(now, plan_.stop_ns));
    }
    if (!stopping_ && (now >= plan_.stop_ns || stop.load(std::memory_order_relaxed))) {
      stopping_ = true;
      stopped_ns_ = std::min(now, plan_.stop_ns);
    }
    if (now >= housekeeping_ns_) {
      housekeeping(now);
    }
    flush_dirty(now);
    if (finished(now)) {
      break;
    }
    wait(now);
  }
  if (plan_.interval_ns > 0) {
    const auto due =
        static_cast<uint64_t>(static_cast<double>(stopped_ns_ - started_ns_) / plan_.interval_ns);
    result_.unsent += due > scheduled_ ? due - scheduled_ : 0;
  }
  result_.unanswered += in_flight_;
  if (!stopping_) {
    stopped_ns_ = now_ns();
  }
  housekeeping(now_ns());
}

bool BenchEngine::finished(int64_t now) const {
  if (alive_ == 0) {
    return true;
  }
  if (stopping_ && now - stopped_ns_ >= plan_.drain_ns_max) {
    return true;
  }
  if (!stopping_ && (!source_->exhausted() || result_.events < plan_.events_wanted)) {
    return false;
  }
  return in_flight_ == 0;
}

void BenchEngine::refill(BenchConnection& connection, int64_t now) {
  if (stopping_ || plan_.interval_ns > 0) {
    return;
  }
  while (connection.has_room() && source_->next(connection, now)) {
    ++in_flight_;
  }
}

void BenchEngine::send_due(int64_t now) {
  size_t refused = 0;
  while (refused < connections_.size()) {
    const auto intended =
        started_ns_ + static_cast<int64_t>(static_cast<double>(scheduled_) * plan_.interval_ns);
    if (intended > now) {
      return;
    }
    BenchConnection& connection = *connections_[turn_];
    turn_ = turn_ + 1 == connections_.size() ? 0 : turn_ + 1;
    if (connection.lost || !connection.has_room() || !source_->next(connection, intended)) {
      ++refused;
      continue;
    }
    refused = 0;
    ++in_flight_;
    ++scheduled_;
    mark_dirty(connection);
  }
}

void BenchEngine::housekeeping(int64_t now) {
  housekeeping_ns_ = next_tick_ns(now, plan_.measure_from_ns);
  const int64_t ping_after_ns = int64_t{timeout_ms_} * 1'000'000 / 3;
  for (auto& connection : connections_) {
    if (!connection->lost && now - connection->last_sent_ns >= ping_after_ns) {
      connection->ping();
      mark_dirty(*connection);
    }
  }
  flush_dirty(now);
  const std::scoped_lock lock(mutex_);
  published_ = result_;
}

void BenchEngine::wait(int64_t now) {
  int64_t wait_ns = std::max<int64_t>(housekeeping_ns_ - now, 0);
  if (!stopping_ && plan_.stop_ns != INT64_MAX) {
    wait_ns = std::min(wait_ns, plan_.stop_ns - now);
  }
  if (plan_.interval_ns > 0 && !stopping_) {
    const auto next =
        started_ns_ + static_cast<int64_t>(static_cast<double>(scheduled_) * plan_.interval_ns);
    // A request that is due already waits for room, that is for a reply.
    wait_ns = next > now ? std::min(wait_ns, next - now) : wait_ns;
  }
  std::array<epoll_event, kEventsMax> events;
  const timespec timeout{wait_ns / kSecondNs, wait_ns % kSecondNs};
  const int count = ::epoll_pwait2(epoll_, events.data(), kEventsMax, &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    on_ready(*static_cast<BenchConnection*>(event.data.ptr), event.events);
  }
}

void BenchEngine::on_ready(BenchConnection& connection, uint32_t events) {
  if (connection.lost) {
    return;
  }
  if ((events & EPOLLOUT) != 0) {
    flush(connection, now_ns());
  }
  if ((events & ~static_cast<uint32_t>(EPOLLOUT)) != 0 && !connection.lost) {
    read_from(connection);
  }
}

void BenchEngine::read_from(BenchConnection& connection) {
  const size_t kept = connection.partial.size();
  std::memcpy(buffer_.get(), connection.partial.data(), kept);
  const ssize_t got =
      ::recv(connection.fd(), buffer_.get() + kept, kReadBufferBytes - kept, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  const int64_t now = now_ns();
  if (got <= 0 || !consume(connection, kept + static_cast<size_t>(got), now)) {
    lose(connection);
    return;
  }
  refill(connection, now);
  flush(connection, now);
}

/// Handles every whole frame in the buffer and keeps the rest. False: the server does not keep to
/// the protocol.
bool BenchEngine::consume(BenchConnection& connection, size_t size, int64_t now) {
  const char* data = buffer_.get();
  size_t at = std::min(connection.skip_bytes, size);
  connection.skip_bytes -= at;
  while (size - at >= kReplyPrefixBytes) {
    const auto length = load_big_endian<int32_t>(data + at);
    if (length < 16) {
      return false;
    }
    const size_t frame_bytes = 4 + static_cast<size_t>(length);
    if (size - at < frame_bytes) {
      if (frame_bytes <= kReadBufferBytes / 2) {
        break;
      }
      // Too large to keep, and nobody looks into bodies of that size.
      on_reply(connection, std::string_view(data + at, kReplyPrefixBytes), now);
      connection.skip_bytes = frame_bytes - (size - at);
      at = size;
      break;
    }
    on_reply(connection, std::string_view(data + at, frame_bytes), now);
    at += frame_bytes;
  }
  connection.partial.assign(data + at, size - at);
  return !connection.lost;
}

void BenchEngine::on_reply(BenchConnection& connection, std::string_view frame, int64_t now) {
  const auto xid = load_big_endian<int32_t>(frame.data() + 4);
  if (xid < 0) {
    if (xid == wire::kNotificationXid) {
      ++result_.events;
      result_.last_event_ns = now;
    }
    return;
  }
  const InFlight* request = connection.answered(xid);
  if (request == nullptr) {
    connection.lost = true;
    return;
  }
  --in_flight_;
  auto error = load_big_endian<int32_t>(frame.data() + 16);
  if (request->op == BenchOp::kMulti && error == 0) {
    error = multi_error(frame.substr(kReplyPrefixBytes));
  }
  if (error != 0) {
    ++result_.errors[error];
  }
  if (now < plan_.measure_from_ns) {
    return;
  }
  result_.completed += now <= plan_.stop_ns ? 1 : 0;
  result_.last_reply_ns = now;
  result_.latency[static_cast<size_t>(request->op)].record(now - request->intended_ns);
}

void BenchEngine::mark_dirty(BenchConnection& connection) {
  if (!connection.is_dirty && connection.has_output()) {
    connection.is_dirty = true;
    dirty_.push_back(&connection);
  }
}

void BenchEngine::flush_dirty(int64_t now) {
  for (BenchConnection* connection : dirty_) {
    connection->is_dirty = false;
    if (!connection->lost) {
      flush(*connection, now);
    }
  }
  dirty_.clear();
}

void BenchEngine::flush(BenchConnection& connection, int64_t now) {
  if (!connection.has_output() && !connection.waits_for_output) {
    return;
  }
  if (!connection.flush()) {
    lose(connection);
    return;
  }
  connection.last_sent_ns = now;
  if (connection.has_output() != connection.waits_for_output) {
    connection.waits_for_output = connection.has_output();
    epoll_event event{};
    event.events = EPOLLIN | (connection.waits_for_output ? EPOLLOUT : 0U);
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd(), &event);
  }
}

void BenchEngine::lose(BenchConnection& connection) {
  connection.lost = true;
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.fd(), nullptr);
  ++result_.connections_lost;
  result_.unanswered += connection.in_flight();
  in_flight_ -= connection.in_flight();
  --alive_;
}

}  // namespace quorate::cli
