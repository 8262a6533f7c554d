// The member as the handler of its client connections, and its graceful stop.
#include <algorithm>
#include <utility>

#include "server/app/clock.h"
#include "server/app/member.h"
#include "server/auth/authenticate.h"
#include "server/base/bytes.h"
#include "server/log/logger.h"
#include "server/wire/reply.h"

namespace quorate::app {
namespace {

/// How long a stopping member waits for clients that keep sending.
constexpr Duration kStopPatience = std::chrono::seconds(2);

}  // namespace

void Member::on_open(const net::ConnectionInfo& info) {
  node::ConnectionOpened event{.connection = info.id,
                               .address = info.remote_address,
                               .port = info.remote_port,
                               .secure = info.secure,
                               .certificate_ids = {}};
  if (info.certificate && config_.auth.x509_enabled && certificate_rule_) {
    const auto id = certificate_rule_->id_of(info.certificate->der);
    if (id) {
      event.certificate_ids = auth::x509_ids(id->id, auth_options_);
      if (!id->warning.empty()) {
        log::warn("certificate_id", {{"address", info.remote_address}, {"detail", id->warning}});
      }
    }
  }
  if (stopping_) {
    open_.push_back(info.id);
  }
  if (gate_.enabled()) {
    gate_.opened(info.id);
  }
  step(event);
}

size_t Member::on_frames(ConnectionId id, std::string_view frames) {
  in_turn_ = true;
  inline_sync_.heard(id);
  const Now start = read_clocks();
  if (gate_.enabled() && !gate_.admits(id, frames, start.monotonic)) {
    log::debug("connection_throttled", {{"connection", id.value}});
    port_.close(id);
    return frames.size();
  }
  if (space_room_bytes_ < 0) {
    update_space();
  }
  size_t taken = frames.size();
  if (throttle_.enabled()) {
    taken = feed_throttled(id, frames, start);
  } else {
    node_.step(node::ClientFrames{.connection = id, .frames = frames}, start, actions_);
  }
  const uint32_t reads = actions_.reads_answered;
  perform();
  if (reads > 0) {
    read_time_.record(monotonic_now() - start.monotonic);
  }
  return taken;
}

size_t Member::feed_throttled(ConnectionId id, std::string_view frames, Now now) {
  const bool overdue = throttle_.is_overdue(id, now.monotonic);
  size_t taken = 0;
  while (taken < frames.size() && (overdue || throttle_.has_room(node_.outstanding_count()))) {
    const size_t size = wire::kFrameHeaderBytes + load_big_endian<uint32_t>(frames.data() + taken);
    node_.step(
        node::ClientFrames{
            .connection = id, .frames = frames.substr(taken, size), .overdue = overdue},
        now, actions_);
    taken += size;
  }
  if (taken < frames.size()) {
    throttle_.hold(id, now.monotonic);
  } else {
    throttle_.release(id, now.monotonic);
  }
  return taken;
}

void Member::resume_throttled() {
  if (!throttle_.holds_any()) {
    return;
  }
  for (const ConnectionId id : throttle_.resumable(node_.outstanding_count())) {
    port_.resume_reading(id);
  }
}

void Member::on_turn_end() {
  in_turn_ = false;
  write_or_submit_batch();
  if (stopping_) {
    continue_stop();
  }
}

void Member::on_closed(ConnectionId id, const net::CloseReason& reason) {
  if (reason.cause == net::CloseCause::kOutputLimit || reason.cause == net::CloseCause::kStalled) {
    ++net_facts_.slow_readers_closed;
  } else if (reason.cause == net::CloseCause::kLargeRequests) {
    ++net_facts_.large_requests_rejected;
  }
  log::debug("connection_closed", {{"connection", id.value},
                                   {"cause", net::to_string(reason.cause)},
                                   {"detail", reason.detail}});
  std::erase(open_, id);
  gate_.closed(id);
  throttle_.forget(id);
  step(node::ConnectionClosed{id});
  resume_throttled();
  continue_restore();
  if (stopping_) {
    continue_stop();
  }
}

void Member::on_rejected(const net::Rejection& rejection) {
  log::warn("connection_rejected", {{"address", rejection.remote_address},
                                    {"cause", net::to_string(rejection.reason.cause)},
                                    {"detail", rejection.reason.detail}});
}

void Member::on_accept_trouble(std::string_view message) {
  log::error("accept_failed", {{"reason", message}});
}

void Member::stop(std::function<void()> done) {
  if (stopping_) {
    return;
  }
  log::info("stopping", {});
  stopping_ = true;
  stopped_ = std::move(done);
  port_.stop_listening();
  for (const auto& connection : node_.status(read_clocks(), {.connections = true}).connections) {
    open_.push_back(connection.connection);
  }
  if (node_.hand_over(read_clocks(), actions_)) {
    log::info("handing_over", {});
    perform();
  }
  stop_timer_.expires_after(kStopPatience);
  stop_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) {
      return;
    }
    is_out_of_patience_ = true;
    for (const ConnectionId id : std::exchange(open_, {})) {
      port_.drop(id);
    }
    continue_stop();
  });
  continue_stop();
}

void Member::continue_stop() {
  if (!node_.has_handed_over() && !is_out_of_patience_) {
    return;  // Clients are held until another leads.
  }
  if (!open_.empty()) {
    // Everything that was read has been answered; what arrives meanwhile is still answered.
    if (node_.idle() && !throttle_.holds_any()) {
      for (const ConnectionId id : std::vector<ConnectionId>(open_)) {
        port_.close_when_quiet(id);
      }
    }
    return;
  }
  if (stopped_) {
    stop_timer_.cancel();
    timer_.cancel();
    std::exchange(stopped_, nullptr)();
  }
}

}  // namespace quorate::app
