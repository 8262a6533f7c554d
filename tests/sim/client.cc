// A simulated client: its connections and its session.
#include "tests/sim/client.h"

#include <algorithm>
#include <utility>

#include "server/base/bytes.h"
#include "server/wire/handshake.h"
#include "server/wire/request.h"

namespace quorate::sim {
namespace {

using wire::OpCode;

constexpr Duration kRetryMin = std::chrono::milliseconds(10);
constexpr Duration kRetryMax = std::chrono::milliseconds(200);
constexpr Duration kHandshakeMax = std::chrono::milliseconds(2000);

}  // namespace

Client::Client(Context& context, Network& network, HistoryChecker& checker, size_t index,
               size_t member_count)
    : context_(context),
      network_(network),
      checker_(checker),
      name_("c" + std::to_string(index)),
      host_(network.add(*this)),
      member_count_(member_count),
      restarts_xids_(context.random.one_in(2)),
      watches_(context, checker.model()) {}

void Client::start() { connect_soon(); }

// ---- Connecting -------------------------------------------------------------------------------

void Client::connect_soon() {
  state_ = State::kDialing;
  const uint64_t dial = ++dial_;
  context_.queue.after(context_.random.between(kRetryMin, kRetryMax), [this, dial] {
    if (dial == dial_) {
      this->dial();
    }
  });
}

void Client::dial() {
  // Most libraries know the members of today.
  const bool knows = !context_.random.one_in(10);
  const HostId host = knows ? context_.servers[context_.random.below(context_.servers.size())]
                            : context_.random.below(member_count_);
  member_ = pinned_.value_or(host);
  network_.dial(host_, member_, Port::kClient, dial_);
}

void Client::on_connected(Wire wire, Port, HostId, uint64_t cookie, bool) {
  if (cookie != dial_ || state_ != State::kDialing) {
    network_.close(wire, host_);
    return;
  }
  wire_ = wire;
  ++connection_count_;
  state_ = State::kHandshake;
  heard_ = context_.now();
  if (restarts_xids_) {
    next_xid_ = 1;
  }
  send_handshake();
  check_silence(connection_count_);
}

void Client::on_refused(Port, HostId, uint64_t cookie) {
  if (cookie == dial_) {
    connect_soon();
  }
}

void Client::on_closed(Wire wire) {
  if (wire_ == wire) {
    wire_.reset();
    drop("the connection is closed");
  }
}

/// The connection is no more: nobody knows what became of what is open.
void Client::drop(const char* why) {
  note(text("drops its connection to m%zu: %s, %zu open", member_ + 1, why, open_.size()));
  const bool is_wanted = is_closing_ || session_ == SessionId{};
  if (context_.settings.is_quiet && asks_ && state_ == State::kOpen && !is_wanted &&
      !context_.stopping.contains(member_)) {
    context_.violate(
        name_, text("loses its connection to m%zu, which does not stop: %s", member_ + 1, why));
  }
  if (wire_) {
    network_.close(*wire_, host_);
    wire_.reset();
  }
  bool is_closed = false;
  for (const HistoryChecker::Handle& operation : open_) {
    HistoryChecker::lost(*operation);
    is_closed = is_closed || operation->kind == OpKind::kClose;
  }
  open_.clear();
  rearmed_.reset();
  if (is_closed) {
    // Its library does not care whether it was in time: a lost one ends by itself.
    checker_.session_abandoned(session_);
    end_session();
  }
  connect_soon();
}

void Client::end_session() {
  session_ = SessionId{};
  password_.clear();
  last_zxid_ = Zxid{};
  is_closing_ = false;
  watches_.clear();
}

void Client::vanish() {
  note("vanishes");
  if (session_ != SessionId{}) {
    checker_.session_abandoned(session_);
  }
  end_session();
  if (wire_) {
    drop("it is gone");
  }
}

/// Gives a silent member up.
void Client::check_silence(uint64_t connection) {
  if (connection != connection_count_ || !wire_) {
    return;
  }
  const Duration patience = state_ == State::kOpen
                                ? Duration(std::chrono::milliseconds(timeout_ms_)) * 2 / 3
                                : kHandshakeMax;
  if (context_.now() - heard_ >= patience) {
    drop("the member is silent");
    return;
  }
  context_.queue.at(heard_ + patience, [this, connection] { check_silence(connection); });
}

// ---- Sending ----------------------------------------------------------------------------------

void Client::send_payload(const std::string& payload) {
  std::string frame;
  append_big_endian(frame, static_cast<int32_t>(payload.size()));
  frame += payload;
  network_.send(*wire_, host_, {.bytes = std::move(frame)});
}

void Client::send_handshake() {
  std::string payload;
  wire::encode(wire::ConnectRequest{.protocol_version = 0,
                                    .last_zxid_seen = last_zxid_,
                                    .timeout_ms = context_.settings.session_timeout_ms,
                                    .session = session_,
                                    .password = password_,
                                    .read_only = false,
                                    .has_read_only_field = true},
               payload);
  send_payload(payload);
  if (is_super_) {
    send_auth();
  }
  if (session_ != SessionId{} && watches_.count() > 0) {
    send_watches();  // At once, as libraries do.
  }
}

void Client::send_auth() {
  std::string payload;
  wire::encode(wire::RequestHeader{wire::kAuthXid, OpCode::kAuth}, payload);
  wire::encode(wire::AuthRequest{.type = 0, .scheme = "digest", .auth = kSuperUser}, payload);
  send_payload(payload);
}

void Client::send_watches() {
  rearmed_ = watches_.rearm(last_zxid_);
  const auto views = [](const std::vector<std::string>& paths) {
    return std::vector<std::string_view>(paths.begin(), paths.end());
  };
  std::string payload;
  wire::encode(wire::RequestHeader{wire::kSetWatchesXid, OpCode::kSetWatches}, payload);
  wire::encode(wire::SetWatchesRequest{.op = OpCode::kSetWatches,
                                       .relative_zxid = rearmed_->relative,
                                       .data = views(rearmed_->data),
                                       .exist = views(rearmed_->exist),
                                       .child = views(rearmed_->child),
                                       .persistent = {},
                                       .persistent_recursive = {}},
               payload);
  send_payload(payload);
}

void Client::ping(uint64_t connection) {
  if (connection != connection_count_ || state_ != State::kOpen) {
    return;
  }
  std::string payload;
  wire::encode(wire::RequestHeader{wire::kPingXid, OpCode::kPing}, payload);
  send_payload(payload);
  context_.queue.after(std::chrono::milliseconds(timeout_ms_ / 4),
                       [this, connection] { ping(connection); });
}

// ---- Receiving --------------------------------------------------------------------------------

void Client::on_message(Wire wire, Message message) {
  std::string_view frames = message.bytes;
  while (!frames.empty() && wire_ == wire) {
    const auto size = static_cast<size_t>(load_big_endian<uint32_t>(frames.data()));
    take_frame(frames.substr(wire::kFrameHeaderBytes, size));
    frames.remove_prefix(wire::kFrameHeaderBytes + size);
  }
}

void Client::take_frame(std::string_view payload) {
  heard_ = context_.now();
  if (state_ == State::kHandshake) {
    take_handshake(payload);
    return;
  }
  checker_.session_heard(session_);
  wire::Reader reader(payload);
  const wire::ReplyHeader header = wire::read_reply_header(reader);
  if (header.xid == wire::kAuthXid) {
    return;
  }
  if (header.xid == wire::kNotificationXid) {
    const wire::WatcherEvent event = wire::read_watcher_event(reader);
    watches_.fired(name_, event, header.zxid, rearmed_.has_value());
    last_zxid_ = std::max(last_zxid_, header.zxid);
    return;
  }
  if (header.zxid < last_zxid_ && header.zxid > Zxid{0}) {
    context_.violate(name_, text("is answered at %llx after it has seen %llx",
                                 static_cast<unsigned long long>(header.zxid.value),
                                 static_cast<unsigned long long>(last_zxid_.value)));
  }
  last_zxid_ = std::max(last_zxid_, header.zxid);
  if (header.xid == wire::kSetWatchesXid) {
    if (rearmed_) {
      watches_.rearmed(name_, *rearmed_, header.zxid);
      rearmed_.reset();
    }
    return;
  }
  if (!rearmed_) {
    watches_.shown(name_, header.zxid);
  }
  if (header.xid != wire::kPingXid) {
    take_reply(header, reader.rest());
  }
}

void Client::take_handshake(std::string_view payload) {
  const std::optional<wire::ConnectResponse> response = wire::decode_connect_response(payload);
  if (!response) {
    context_.violate(name_, "a handshake that cannot be read");
    return;
  }
  if (response->timeout_ms == 0) {
    note(text("session %llx has expired", static_cast<unsigned long long>(session_.value)));
    checker_.session_refused(name_, session_);
    end_session();
    drop("the session has expired");
    return;
  }
  const bool is_new = session_ == SessionId{};
  if (!is_new && response->session != session_) {
    context_.violate(name_, "is given another session than its own");
  }
  session_ = response->session;
  password_ = std::string(response->password);
  timeout_ms_ = response->timeout_ms;
  state_ = State::kOpen;
  note(text("has session %llx on m%zu", static_cast<unsigned long long>(session_.value),
            member_ + 1));
  if (is_new) {
    checker_.session_opened(session_, timeout_ms_);
  }
  checker_.session_resumed(session_, connection_count_);
  checker_.session_heard(session_);
  ping(connection_count_);
  think();
}

void Client::take_reply(const wire::ReplyHeader& header, std::string_view body) {
  if (open_.empty() || open_.front()->xid != header.xid) {
    context_.violate(name_, text("is answered for xid %d, not for %d", header.xid,
                                 open_.empty() ? 0 : open_.front()->xid));
    return;
  }
  const HistoryChecker::Handle operation = open_.front();
  open_.pop_front();
  note(describe(*operation) + text(": %d at %llx", static_cast<int>(header.error),
                                   static_cast<unsigned long long>(header.zxid.value)));
  checker_.answered(name_, *operation, header, body);
  if (operation->watches) {
    const bool is_ok = header.error == wire::ErrorCode::kOk;
    if (is_ok || operation->kind == OpKind::kExists) {
      watches_.set(operation->step().path, operation->kind == OpKind::kChildren, is_ok,
                   header.zxid);
    }
  }
  if (operation->kind == OpKind::kClose && header.error == wire::ErrorCode::kOk) {
    end_session();
    drop("the session is closed");
    return;
  }
  if (header.error == wire::ErrorCode::kSessionExpired ||
      header.error == wire::ErrorCode::kSessionMoved) {
    drop("the session is not here any more");
  }
}

}  // namespace quorate::sim
