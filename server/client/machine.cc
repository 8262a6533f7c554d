// Connections, handshake, replies, pings and the end of a client session.
#include "server/client/machine.h"

#include <utility>

#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::client {
namespace {

constexpr int32_t kFrameBytesMax = 256 * 1024 * 1024;
constexpr Duration kPingPauseMax = std::chrono::seconds(10);

}  // namespace

std::string_view name_of_event(int32_t type) {
  switch (type) {
    case -1:
      return "None";
    case 1:
      return "NodeCreated";
    case 2:
      return "NodeDeleted";
    case 3:
      return "NodeDataChanged";
    case 4:
      return "NodeChildrenChanged";
    case 5:
      return "DataWatchRemoved";
    case 6:
      return "ChildWatchRemoved";
    case 7:
      return "PersistentWatchRemoved";
    default:
      return "Unknown";
  }
}

std::string_view name_of(KeeperState state) {
  switch (state) {
    case KeeperState::kDisconnected:
      return "Disconnected";
    case KeeperState::kSyncConnected:
      return "SyncConnected";
    case KeeperState::kAuthFailed:
      return "AuthFailed";
    case KeeperState::kConnectedReadOnly:
      return "ConnectedReadOnly";
    case KeeperState::kClosed:
      return "Closed";
    case KeeperState::kExpired:
      return "Expired";
  }
  return "Unknown";
}

Machine::Machine(MachineOptions options)
    : options_(std::move(options)), negotiated_(options_.session_timeout) {
  options_.password.resize(wire::kPasswordBytes, '\0');
}

uint64_t Machine::submit(Request request) {
  Waiting waiting{next_ticket_++, 0, std::move(request)};
  const uint64_t ticket = waiting.ticket;
  if (state_ == State::kClosed || closing_) {
    const auto reason = state_ == State::kClosed ? end_reason_ : wire::ErrorCode::kSessionExpired;
    complete(waiting, Reply{reason, {}, {}});
    return ticket;
  }
  queued_.push_back(std::move(waiting));
  if (state_ == State::kConnected) {
    send_queued();
  }
  return ticket;
}

void Machine::close() {
  if (closing_ || state_ == State::kClosed) {
    return;
  }
  if (state_ != State::kConnected) {
    drop_ = state_ != State::kWaiting;
    end(wire::ErrorCode::kSessionExpired, KeeperState::kClosed);
    return;
  }
  closing_ = true;
  pending_.push_back(Waiting{0, next_xid_, Request{wire::OpCode::kCloseSession, {}, {}}});
  send_frame(next_xid_++, wire::OpCode::kCloseSession, {});
}

void Machine::connecting(TimePoint now) {
  state_ = State::kConnecting;
  drop_ = false;
  ++attempts_;
  attempt_deadline_ = now + options_.session_timeout / static_cast<int>(options_.server_count);
}

void Machine::connected(TimePoint now) {
  if (state_ != State::kConnecting) {
    return;
  }
  state_ = State::kHandshaking;
  input_.clear();
  output_.clear();
  wire::ConnectRequest request;
  request.last_zxid_seen = last_zxid_;
  request.timeout_ms = static_cast<int32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.session_timeout).count());
  request.session = options_.session;
  request.password = options_.password;
  request.read_only = options_.read_only;
  request.has_read_only_field = true;
  wire::FrameWriter frame(output_);
  wire::encode(request, output_);
  frame.finish();
  last_received_ = now;
  last_sent_ = now;
}

void Machine::disconnected(TimePoint now) {
  if (state_ == State::kClosed) {
    drop_ = false;
    return;
  }
  const bool was_connected = state_ == State::kConnected;
  state_ = State::kWaiting;
  drop_ = false;
  output_.clear();
  input_.clear();
  if (closing_) {
    // Either the server answered and closed, or nobody will: the session ends or expires.
    end(wire::ErrorCode::kSessionExpired, KeeperState::kClosed);
    return;
  }
  server_ = (server_ + 1) % options_.server_count;
  const bool all_tried = attempts_ >= options_.server_count;
  retry_at_ = all_tried ? now + options_.retry_pause : now;
  if (all_tried) {
    attempts_ = 0;
  }
  if (was_connected) {
    report(KeeperState::kDisconnected);
  }
  if (was_connected || all_tried) {
    fail_all(wire::ErrorCode::kConnectionLoss);
  }
}

void Machine::received(std::string_view bytes, TimePoint now) {
  last_received_ = now;
  input_.append(bytes);
  size_t at = 0;
  while (!drop_ && input_.size() - at >= wire::kFrameHeaderBytes) {
    const auto length = load_big_endian<int32_t>(input_.data() + at);
    if (length < 0 || length > kFrameBytesMax) {
      drop_ = true;
      break;
    }
    const size_t frame_bytes = wire::kFrameHeaderBytes + static_cast<size_t>(length);
    if (input_.size() - at < frame_bytes) {
      break;
    }
    on_frame(
        std::string_view(input_).substr(at + wire::kFrameHeaderBytes, static_cast<size_t>(length)),
        now);
    at += frame_bytes;
  }
  input_.erase(0, at);
}

void Machine::tick(TimePoint now) {
  switch (state_) {
    case State::kConnecting:
    case State::kHandshaking:
      drop_ = drop_ || now >= attempt_deadline_;
      return;
    case State::kConnected:
      if (now - last_received_ >= read_timeout()) {
        drop_ = true;
      } else if (now - last_sent_ >= std::min(read_timeout() / 2, kPingPauseMax)) {
        send_frame(wire::kPingXid, wire::OpCode::kPing, {});
        last_sent_ = now;
      }
      return;
    case State::kWaiting:
    case State::kClosed:
      return;
  }
}

std::optional<TimePoint> Machine::next_deadline() const {
  switch (state_) {
    case State::kConnecting:
    case State::kHandshaking:
      return attempt_deadline_;
    case State::kConnected:
      return std::min(last_received_ + read_timeout(),
                      last_sent_ + std::min(read_timeout() / 2, kPingPauseMax));
    case State::kWaiting:
      return retry_at_;
    case State::kClosed:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<Machine::Completion> Machine::take_completions() {
  return std::exchange(completions_, {});
}

std::vector<Event> Machine::take_events() { return std::exchange(events_, {}); }

void Machine::send_frame(int32_t xid, wire::OpCode op, std::string_view body) {
  wire::FrameWriter frame(output_);
  wire::encode(wire::RequestHeader{xid, op}, output_);
  output_.append(body);
  frame.finish();
}

void Machine::send_queued() {
  while (!queued_.empty()) {
    Waiting waiting = std::move(queued_.front());
    queued_.pop_front();
    if (waiting.request.op == wire::OpCode::kAuth) {
      auths_.push_back(waiting.request.body);
      send_frame(wire::kAuthXid, waiting.request.op, waiting.request.body);
      auths_pending_.push_back(std::move(waiting));
      continue;
    }
    waiting.xid = next_xid_++;
    send_frame(waiting.xid, waiting.request.op, waiting.request.body);
    waiting.request.body.clear();
    pending_.push_back(std::move(waiting));
  }
}

void Machine::on_frame(std::string_view frame, TimePoint) {
  if (state_ == State::kHandshaking) {
    on_connect_response(frame);
    return;
  }
  wire::Reader reader(frame);
  const wire::ReplyHeader header = wire::read_reply_header(reader);
  if (!reader.ok()) {
    drop_ = true;
    return;
  }
  if (header.xid == wire::kNotificationXid) {
    on_notification(header.zxid, reader.rest());
    return;
  }
  if (header.zxid > last_zxid_) {
    last_zxid_ = header.zxid;
  }
  if (header.xid == wire::kAuthXid) {
    on_auth_reply(header.error);
  } else if (header.xid >= 0) {
    on_reply(header.xid, Reply{header.error, header.zxid, std::string(reader.rest())});
  }
}

void Machine::on_connect_response(std::string_view frame) {
  const auto response = wire::decode_connect_response(frame);
  if (!response) {
    drop_ = true;
    return;
  }
  if (response->timeout_ms <= 0) {
    drop_ = true;
    end(wire::ErrorCode::kSessionExpired, KeeperState::kExpired);
    return;
  }
  state_ = State::kConnected;
  attempts_ = 0;
  negotiated_ = std::chrono::milliseconds(response->timeout_ms);
  options_.session = response->session;
  options_.password = response->password;
  read_only_server_ = response->read_only;
  for (const std::string& auth : auths_) {
    send_frame(wire::kAuthXid, wire::OpCode::kAuth, auth);
    auths_pending_.push_back(Waiting{});
  }
  for (const SetWatchesFrame& replay : watches_.replay(last_zxid_)) {
    send_frame(wire::kSetWatchesXid, replay.op, replay.body);
  }
  report(read_only_server_ ? KeeperState::kConnectedReadOnly : KeeperState::kSyncConnected);
  send_queued();
}

void Machine::on_notification(Zxid zxid, std::string_view body) {
  wire::Reader reader(body);
  const wire::WatcherEvent event = wire::read_watcher_event(reader);
  if (!reader.ok()) {
    drop_ = true;
    return;
  }
  watches_.fired(event.type, event.path);
  std::string path(event.path);
  if (!options_.chroot.empty() && path.starts_with(options_.chroot)) {
    path.erase(0, options_.chroot.size());
    path = path.empty() ? "/" : path;
  }
  events_.push_back(
      Event{event.type, static_cast<KeeperState>(event.state), std::move(path), zxid});
}

void Machine::on_auth_reply(wire::ErrorCode error) {
  if (auths_pending_.empty()) {
    return;
  }
  const Waiting waiting = std::move(auths_pending_.front());
  auths_pending_.pop_front();
  complete(waiting, Reply{error, {}, {}});
  if (error != wire::ErrorCode::kOk) {
    drop_ = true;
    end(wire::ErrorCode::kAuthFailed, KeeperState::kAuthFailed);
  }
}

void Machine::on_reply(int32_t xid, Reply reply) {
  if (pending_.empty() || pending_.front().xid != xid) {
    // Replies out of order: nothing on this connection can be believed any more.
    drop_ = true;
    return;
  }
  const Waiting waiting = std::move(pending_.front());
  pending_.pop_front();
  note_watch(waiting.request.watch, reply.error);
  const bool closed = waiting.request.op == wire::OpCode::kCloseSession;
  complete(waiting, std::move(reply));
  if (closed) {
    drop_ = true;
    end(wire::ErrorCode::kSessionExpired, KeeperState::kClosed);
  }
}

void Machine::note_watch(const WatchIntent& watch, wire::ErrorCode error) {
  using Kind = WatchIntent::Kind;
  const bool ok = error == wire::ErrorCode::kOk;
  if (watch.kind == Kind::kExist && error == wire::ErrorCode::kNoNode) {
    watches_.add(WatchRegistry::Kind::kExist, watch.path);
    return;
  }
  if (watch.kind == Kind::kRemove && (ok || watch.local_if_unreachable)) {
    std::string path = watch.path;
    if (path.starts_with(options_.chroot)) {
      path.erase(0, options_.chroot.size());
    }
    for (const int32_t type : watches_.remove(watch.remove, watch.path)) {
      events_.push_back(
          Event{type, KeeperState::kSyncConnected, path.empty() ? "/" : path, Zxid{-1}});
    }
    return;
  }
  if (!ok) {
    return;
  }
  switch (watch.kind) {
    case Kind::kData:
    case Kind::kExist:
      watches_.add(WatchRegistry::Kind::kData, watch.path);
      break;
    case Kind::kChild:
      watches_.add(WatchRegistry::Kind::kChild, watch.path);
      break;
    case Kind::kPersistent:
      watches_.add(WatchRegistry::Kind::kPersistent, watch.path);
      break;
    case Kind::kRecursive:
      watches_.add(WatchRegistry::Kind::kRecursive, watch.path);
      break;
    case Kind::kNone:
    case Kind::kRemove:
      break;
  }
}

void Machine::complete(const Waiting& waiting, Reply reply) {
  if (waiting.ticket != 0) {
    completions_.push_back(Completion{waiting.ticket, std::move(reply)});
  }
}

void Machine::fail_all(wire::ErrorCode error) {
  for (auto* waiting : {&pending_, &auths_pending_, &queued_}) {
    for (const Waiting& one : *waiting) {
      note_watch(one.request.watch, error);
      complete(one, Reply{error, {}, {}});
    }
    waiting->clear();
  }
}

void Machine::end(wire::ErrorCode reason, KeeperState state) {
  state_ = State::kClosed;
  end_reason_ = reason;
  fail_all(reason);
  watches_.clear();
  report(state);
}

void Machine::report(KeeperState state) { events_.push_back(Event{-1, state, {}, Zxid{-1}}); }

}  // namespace quorate::client
