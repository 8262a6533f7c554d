// The fake world around a node machine.
#include "tests/server/node/harness.h"

#include <gtest/gtest.h>

namespace quorate::node::testing {
namespace {

std::string framed(std::string_view payload) {
  std::string frame;
  append_big_endian(frame, static_cast<int32_t>(payload.size()));
  return frame.append(payload);
}

}  // namespace

Options World::default_options() {
  Options options;
  options.tick = std::chrono::milliseconds(1000);
  options.session_timeout_ms_min = 2000;
  options.session_timeout_ms_max = 20000;
  options.prepare.extended_types_enabled = true;
  return options;
}

World::World(Options options) {
  now_ = {.monotonic = TimePoint(std::chrono::seconds(1000)),
          .wall = WallMillis{1'700'000'000'000}};
  tree::TreeOptions tree_options;
  tree_options.extended_types_enabled = options.prepare.extended_types_enabled;
  tree_options.digest_enabled = options.prepare.digest_enabled;
  node_ = std::make_unique<Node>(
      std::move(options),
      Recovered{.database = tree::Database(tree_options), .recent_txns = {}, .snapshot_zxid = {}},
      now_);
}

Client& World::connect(std::string address) {
  const ConnectionId id{next_connection_++};
  Client& client = clients_[id];
  client.id = id;
  step(ConnectionOpened{.connection = id,
                        .address = std::move(address),
                        .port = 4000,
                        .secure = false,
                        .certificate_ids = {}});
  return client;
}

Client& World::open(int32_t timeout_ms) {
  Client& client = connect();
  handshake(client, {.timeout_ms = timeout_ms, .has_read_only_field = true});
  sync();
  EXPECT_TRUE(client.handshake.has_value());
  return client;
}

void World::handshake(Client& client, wire::ConnectRequest request) {
  std::string payload;
  wire::encode(request, payload);
  send_payload(client, payload);
}

void World::disconnect(Client& client) { step(ConnectionClosed{client.id}); }

void World::send_raw(Client& client, int32_t xid, wire::OpCode op, std::string_view body) {
  std::string payload;
  wire::encode(wire::RequestHeader{xid, op}, payload);
  payload.append(body);
  send_payload(client, payload);
}

void World::send_payload(Client& client, std::string_view payload) {
  const std::string frame = framed(payload);
  step(ClientFrames{.connection = client.id, .frames = frame});
}

Received World::take(Client& client) {
  if (client.replies.empty()) {
    ADD_FAILURE() << "no frame for connection " << client.id.value;
    return {};
  }
  Received received = std::move(client.replies.front());
  client.replies.pop_front();
  return received;
}

Received World::take_reply(Client& client) {
  while (!client.replies.empty()) {
    Received received = take(client);
    if (received.header.xid != wire::kNotificationXid) {
      return received;
    }
  }
  ADD_FAILURE() << "no reply for connection " << client.id.value;
  return {};
}

void World::sync() { sync_to(logged_); }

void World::sync_to(Zxid zxid) {
  // A step may log more (a handshake's backlog): what was asked for is enough.
  if (zxid > durable_) {
    durable_ = zxid;
    step(LogSynced{.zxid = zxid, .log_bytes = 0});
  }
}

void World::advance(Duration duration) {
  const TimePoint end = now_.monotonic + duration;
  while (true) {
    const std::optional<TimePoint> deadline = node_->next_deadline();
    if (!deadline || *deadline > end) {
      break;
    }
    const TimePoint at = std::max(*deadline, now_.monotonic);
    now_.wall.value += (at - now_.monotonic).count() / 1000;
    now_.monotonic = at;
    step(DeadlineReached{});
    sync();
    const std::optional<TimePoint> next = node_->next_deadline();
    if (next && *next <= now_.monotonic) {
      ADD_FAILURE() << "the machine asks to be woken in the past";
      break;
    }
  }
  now_.wall.value += (end - now_.monotonic).count() / 1000;
  now_.monotonic = end;
}

void World::step(const Event& event) {
  node_->step(event, now_, actions_);
  perform();
  node_->check_invariants();
}

void World::suspend() {
  node_->suspend(actions_);
  perform();
  for (const auto& [id, client] : clients_) {
    if (client.closed) {
      step(ConnectionClosed{id});
    }
  }
}

void World::replace_database(tree::Database database) {
  node_->replace_database(std::move(database), now_, actions_);
  logged_ = durable_ = node_->last_zxid();
  perform();
  node_->check_invariants();
}

void World::perform() {
  for (const Actions::Send& send : actions_.sends) {
    const auto found = clients_.find(send.connection);
    ASSERT_NE(found, clients_.end());
    EXPECT_FALSE(found->second.closed) << "sent behind the close";
    deliver(found->second,
            std::string_view(actions_.bytes).substr(send.begin, send.end - send.begin));
  }
  for (const Actions::Append& append : actions_.appends) {
    EXPECT_EQ(append.zxid, logged_.next());
    logged_ = append.zxid;
    log_.push_back(actions_.log_bytes.substr(append.begin, append.end - append.begin));
  }
  for (const Actions::Close& close : actions_.closes) {
    EXPECT_FALSE(clients_[close.connection].closed) << "closed twice";
    clients_[close.connection].closed = close.reason;
  }
  for (const ConnectionId id : actions_.established) {
    clients_[id].established = true;
  }
  for (const Actions::LargeDone& done : actions_.large_done) {
    large_done_bytes_ += done.payload_bytes;
  }
  for (const ConnectionId id : actions_.pauses) {
    clients_[id].paused = true;
  }
  for (const ConnectionId id : actions_.resumes) {
    clients_[id].paused = false;
  }
  for (const Note& note : actions_.notes) {
    ++notes_[note.kind];
  }
  if (actions_.snapshot_begins) {
    snapshot_began_ = true;
    snapshot_ended_ = false;
    snapshot_.clear();
  }
  snapshot_ += actions_.snapshot_bytes;
  snapshot_ended_ = snapshot_ended_ || actions_.snapshot_ends;
  actions_.clear();
}

void World::deliver(Client& client, std::string_view bytes) {
  while (!bytes.empty()) {
    ASSERT_GE(bytes.size(), wire::kFrameHeaderBytes);
    const auto size = static_cast<size_t>(load_big_endian<int32_t>(bytes.data()));
    ASSERT_LE(size, bytes.size() - wire::kFrameHeaderBytes);
    const std::string_view payload = bytes.substr(wire::kFrameHeaderBytes, size);
    bytes.remove_prefix(wire::kFrameHeaderBytes + size);
    if (!client.handshake) {
      const auto response = wire::decode_connect_response(payload);
      ASSERT_TRUE(response.has_value());
      client.handshake = Handshake{.timeout_ms = response->timeout_ms,
                                   .session = response->session,
                                   .password = std::string(response->password),
                                   .read_only = response->read_only};
      continue;
    }
    wire::Reader reader(payload);
    Received received;
    received.header = wire::read_reply_header(reader);
    ASSERT_TRUE(reader.ok());
    received.body = reader.rest();
    client.replies.push_back(std::move(received));
  }
}

size_t World::note_count(NoteKind kind) const {
  const auto found = notes_.find(kind);
  return found == notes_.end() ? 0 : found->second;
}

std::string World::take_snapshot() {
  while (!snapshot_ended_) {
    step(SnapshotWanted{});
  }
  return snapshot_;
}

wire::ErrorCode World::create(Client& client, std::string_view path, std::string_view data,
                              int32_t flags) {
  return call(client, wire::OpCode::kCreate,
              wire::CreateRequest{.op = wire::OpCode::kCreate,
                                  .path = path,
                                  .data = data,
                                  .acls = wire::open_acl(),
                                  .flags = flags})
      .header.error;
}

wire::ErrorCode World::set(Client& client, std::string_view path, std::string_view data,
                           int32_t version) {
  return call(client, wire::OpCode::kSetData,
              wire::SetDataRequest{.path = path, .data = data, .version = version})
      .header.error;
}

wire::ErrorCode World::remove(Client& client, std::string_view path, int32_t version) {
  return call(client, wire::OpCode::kDelete, wire::DeleteRequest{.path = path, .version = version})
      .header.error;
}

std::optional<std::string> World::get(Client& client, std::string_view path, bool watch) {
  const Received received =
      call(client, wire::OpCode::kGetData, wire::GetDataRequest{.path = path, .watch = watch});
  if (received.header.error != wire::ErrorCode::kOk) {
    return std::nullopt;
  }
  wire::Reader reader = received.reader();
  return std::string(reader.get_buffer().value_or(""));
}

std::optional<SeenEvent> as_event(const Received& received) {
  if (received.header.xid != wire::kNotificationXid) {
    return std::nullopt;
  }
  wire::Reader reader = received.reader();
  const wire::WatcherEvent event = wire::read_watcher_event(reader);
  return SeenEvent{.type = static_cast<wire::EventType>(event.type),
                   .path = std::string(event.path),
                   .zxid = received.header.zxid};
}

}  // namespace quorate::node::testing
