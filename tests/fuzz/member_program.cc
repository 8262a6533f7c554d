// A member with in-memory clients, disk and clock.
#include "tests/fuzz/member_program.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "server/node/node.h"
#include "server/tree/snapshot.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "server/wire/txn.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/snapshot_content.h"

namespace quorate::fuzz {

namespace {

using wire::OpCode;

constexpr int64_t kStart = 1700000000000;
constexpr std::string_view kNoPassword = "";
// Answered at once, as ZooKeeper does: clients send nothing else meanwhile.
constexpr int32_t kSaslXid = 0x7fff0000;

// The far end of one connection.
struct Client {
  bool is_open = false;
  bool is_paused = false;
  bool is_closing = false;   ///< The member wants it closed; it has not heard yet that it is.
  bool has_session = false;  ///< A ConnectResponse with a session has come.
  bool sent_first = false;   ///< The first frame, whatever it was, has gone out.
  bool in_order = true;      ///< Only frames with xids of our own were sent.
  ConnectionId id;
  int64_t session = 0;
  std::string password;
  int32_t next_xid = 1;
  std::deque<int32_t> expected;  ///< xids of ordinary requests without reply.
  std::string received;
};

class Member {
 public:
  Member()
      : node_(options(), {tree::Database(tree_options()), {}, Zxid{0}}, now()),
        replayed_(tree_options()) {}

  void run(std::string_view program);
  void finish();

 private:
  static tree::TreeOptions tree_options() {
    tree::TreeOptions options;
    options.extended_types_enabled = true;
    return options;
  }
  static node::Options options() {
    node::Options options;
    options.tick = std::chrono::seconds(1);
    options.session_timeout_ms_min = 2000;
    options.session_timeout_ms_max = 20000;
    options.prepare.extended_types_enabled = true;
    options.prepare.enforce_quota = true;
    options.snapshot_slice_bytes = 256;
    options.container_check_interval = std::chrono::seconds(2);
    options.connection_outstanding_count_max = 8;
    return options;
  }
  [[nodiscard]] Now now() const {
    return {TimePoint(std::chrono::milliseconds(elapsed_ms_ + 1000)),
            WallMillis{kStart + elapsed_ms_}};
  }

  void step(const node::Event& event);
  void take_appends();
  void take_sends();
  void take_closes();
  void finish_closes();
  void take_snapshot();

  void open(Client& client);
  void drop(Client& client);
  void handshake(Client& client, const Client* other);
  void request(Client& client, OpCode op, std::string_view body);
  void send_frame(Client& client, std::string_view payload);
  void sync(uint8_t share);
  void pass(int64_t ms);
  void slice();
  void receive(Client& client);
  void receive_reply(Client& client, std::string_view payload);
  Client* client_of(ConnectionId id);

  int64_t elapsed_ms_ = 0;
  node::Node node_;
  node::Actions actions_;
  std::array<Client, kConnections> clients_;
  uint64_t next_connection_ = 1;

  std::deque<std::string> in_flight_;  ///< Appended, not synced.
  Zxid last_appended_;
  Zxid last_synced_;
  std::vector<std::string> log_;

  bool snapshotting_ = false;
  bool snapshot_whole_ = false;
  Zxid snapshot_zxid_;
  std::string snapshot_;
  tree::Database replayed_;
  size_t replayed_count_ = 0;
};

void Member::step(const node::Event& event) {
  actions_.clear();
  node_.step(event, now(), actions_);
  node_.check_invariants();
  take_appends();
  take_sends();
  take_snapshot();
  take_closes();
}

void Member::take_appends() {
  for (const auto& append : actions_.appends) {
    const std::string bytes = actions_.log_bytes.substr(append.begin, append.end - append.begin);
    const auto record = wire::decode_txn(bytes);
    FUZZ_CHECK(record.has_value());
    FUZZ_CHECK(record->header.zxid == append.zxid);
    FUZZ_CHECK(append.zxid == last_appended_.next());
    last_appended_ = append.zxid;
    in_flight_.push_back(bytes);
    log_.push_back(bytes);
  }
}

void Member::take_sends() {
  for (const auto& send : actions_.sends) {
    Client* client = client_of(send.connection);
    FUZZ_CHECK(client != nullptr && !client->is_closing);
    client->received.append(actions_.bytes, send.begin, send.end - send.begin);
    receive(*client);
  }
  for (const ConnectionId id : actions_.pauses) {
    if (Client* client = client_of(id)) {
      client->is_paused = true;
    }
  }
  for (const ConnectionId id : actions_.resumes) {
    if (Client* client = client_of(id)) {
      client->is_paused = false;
    }
  }
}

// A connection that the member wants closed is closed some time later: by a step kDrop or kTime.
void Member::take_closes() {
  for (const auto& close : actions_.closes) {
    Client* client = client_of(close.connection);
    FUZZ_CHECK(client != nullptr && !client->is_closing);
    client->is_closing = true;
  }
}

void Member::finish_closes() {
  for (Client& client : clients_) {
    if (client.is_closing) {
      drop(client);
    }
  }
}

void Member::take_snapshot() {
  if (actions_.snapshot_begins) {
    FUZZ_CHECK(!snapshotting_);
    snapshotting_ = true;
    snapshot_whole_ = false;
    snapshot_zxid_ = actions_.snapshot_zxid;
    snapshot_.clear();
    FUZZ_CHECK(snapshot_zxid_ <= last_synced_);
  }
  snapshot_ += actions_.snapshot_bytes;
  snapshot_whole_ = snapshot_whole_ || actions_.snapshot_ends;
}

Client* Member::client_of(ConnectionId id) {
  const auto found = std::ranges::find_if(
      clients_, [id](const Client& client) { return client.is_open && client.id == id; });
  return found == clients_.end() ? nullptr : &*found;
}

void Member::open(Client& client) {
  if (client.is_open) {
    return;
  }
  client = {};
  client.is_open = true;
  client.id = ConnectionId{next_connection_++};
  step(node::ConnectionOpened{client.id, "10.0.0.1", 1234, false, {}});
}

void Member::drop(Client& client) {
  if (client.is_open) {
    client.is_open = false;
    client.is_closing = false;
    step(node::ConnectionClosed{client.id});
  }
}

void Member::handshake(Client& client, const Client* other) {
  wire::ConnectRequest request;
  request.timeout_ms = 4000;
  request.has_read_only_field = true;
  request.password = kNoPassword;
  std::string password;
  if (other != nullptr) {
    password = other->password;
    request.session = SessionId{other->session};
    request.password = password;
  }
  std::string payload;
  encode(request, payload);
  send_frame(client, payload);
}

bool is_ordinary(OpCode op) {
  return op != OpCode::kPing && op != OpCode::kAuth && op != OpCode::kSetWatches &&
         op != OpCode::kSetWatches2 && op != OpCode::kSasl;
}

void Member::request(Client& client, OpCode op, std::string_view body) {
  if (!client.is_open || client.is_paused || client.is_closing) {
    return;
  }
  if (!client.has_session) {
    client.in_order = false;
  }
  int32_t xid = 0;
  if (op == OpCode::kPing) {
    xid = wire::kPingXid;
  } else if (op == OpCode::kAuth) {
    xid = wire::kAuthXid;
  } else if (op == OpCode::kSasl) {
    xid = kSaslXid;
  } else if (!is_ordinary(op)) {
    xid = wire::kSetWatchesXid;
  } else {
    xid = client.next_xid++;
    client.expected.push_back(xid);
  }
  std::string payload;
  encode(wire::RequestHeader{xid, op}, payload);
  payload += body;
  send_frame(client, payload);
}

void Member::send_frame(Client& client, std::string_view payload) {
  if (!client.is_open || client.is_paused || client.is_closing) {
    return;
  }
  client.sent_first = true;
  std::string frame;
  wire::Writer(frame).put_string(payload);
  step(node::ClientFrames{client.id, frame});
}

// Takes the whole frames out of what was received.
void Member::receive(Client& client) {
  wire::Reader reader(client.received);
  while (!reader.at_end()) {
    const std::string_view payload = reader.get_string();
    FUZZ_CHECK(reader.ok());
    if (!client.has_session) {
      const auto response = wire::decode_connect_response(payload);
      FUZZ_CHECK(response.has_value());
      client.has_session = true;
      client.session = response->session.value;
      client.password = response->password;
      continue;
    }
    receive_reply(client, payload);
  }
  client.received.clear();
}

void Member::receive_reply(Client& client, std::string_view payload) {
  wire::Reader reader(payload);
  const wire::ReplyHeader header = wire::read_reply_header(reader);
  FUZZ_CHECK(reader.ok());
  FUZZ_CHECK(header.zxid <= last_appended_);
  if (header.xid == wire::kNotificationXid && client.in_order) {
    const wire::WatcherEvent event = wire::read_watcher_event(reader);
    FUZZ_CHECK(reader.ok() && reader.at_end());
    FUZZ_CHECK(event.state == wire::kStateSyncConnected);
    FUZZ_CHECK(event.type >= 1 && event.type <= 4);
    return;
  }
  FUZZ_CHECK(header.error == wire::ErrorCode::kOk || reader.at_end());
  if (client.in_order && header.xid > 0 && header.xid != kSaslXid) {
    FUZZ_CHECK(!client.expected.empty());
    FUZZ_CHECK(client.expected.front() == header.xid);
    client.expected.pop_front();
  }
}

void Member::sync(uint8_t share) {
  const size_t count = (in_flight_.size() * share + 254) / 255;
  if (count == 0) {
    return;
  }
  for (size_t index = 0; index < count; ++index) {
    in_flight_.pop_front();
  }
  last_synced_ = Zxid{last_appended_.value - static_cast<int64_t>(in_flight_.size())};
  step(node::LogSynced{last_synced_, 1000});
}

// Time goes by in the steps that the member asks for.
void Member::pass(int64_t ms) {
  const int64_t end_ms = elapsed_ms_ + ms;
  constexpr int kDeadlinesMax = 1000;
  for (int count = 0; count < kDeadlinesMax; ++count) {
    const auto deadline = node_.next_deadline();
    if (!deadline) {
      break;
    }
    const int64_t at_ms =
        std::chrono::ceil<std::chrono::milliseconds>(deadline->time_since_epoch()).count() - 1000;
    if (at_ms > end_ms) {
      break;
    }
    elapsed_ms_ = std::max(elapsed_ms_, at_ms);
    step(node::DeadlineReached{});
    const auto next = node_.next_deadline();
    FUZZ_CHECK(!next || *next > now().monotonic);
  }
  elapsed_ms_ = end_ms;
}

void Member::slice() {
  if (!snapshotting_) {
    return;
  }
  if (!snapshot_whole_) {
    step(node::SnapshotWanted{});
    return;
  }
  // What was written is what the log says: nothing more, nothing less.
  for (; replayed_count_ < log_.size(); ++replayed_count_) {
    const auto record = wire::decode_txn(log_[replayed_count_]);
    if (record->header.zxid > snapshot_zxid_) {
      break;
    }
    tree::Applied applied;
    FUZZ_CHECK(replayed_.apply(*record, applied));
    if (record->digest) {
      FUZZ_CHECK(static_cast<int64_t>(replayed_.tree().digest()) == record->digest->tree_digest);
    }
  }
  std::string expected;
  {
    tree::SnapshotWriter writer(replayed_);
    while (writer.next(expected, 100000)) {
    }
  }
  FUZZ_CHECK(snapshot_content(expected) == snapshot_content(snapshot_));
  FUZZ_CHECK(replayed_.ignored_count() == 0);
  snapshotting_ = false;
  step(node::SnapshotFinished{snapshot_zxid_, true});
}

void Member::run(std::string_view program) {
  wire::Reader reader(program);
  constexpr int kStepsMax = 400;
  for (int count = 0; count < kStepsMax && reader.ok() && !reader.at_end(); ++count) {
    const auto kind =
        static_cast<StepKind>(static_cast<uint8_t>(reader.get_raw(1)[0]) % kStepKinds);
    const std::string_view argument_byte = reader.get_raw(1);
    if (!reader.ok()) {
      return;
    }
    const auto argument = static_cast<uint8_t>(argument_byte[0]);
    Client& client = clients_[argument % kConnections];
    switch (kind) {
      case StepKind::kOpen:
        open(client);
        break;
      case StepKind::kHandshake: {
        const std::string_view other = reader.get_raw(1);
        if (!reader.ok()) {
          return;
        }
        const int index = static_cast<uint8_t>(other[0]) % (kConnections + 1);
        const Client from = index == 0 ? Client() : clients_[static_cast<size_t>(index - 1)];
        if (!client.sent_first) {
          handshake(client, index == 0 ? nullptr : &from);
        }
        break;
      }
      case StepKind::kRequest: {
        const auto op = static_cast<OpCode>(reader.get_int());
        const std::string_view body = reader.get_string();
        request(client, op, body);
        break;
      }
      case StepKind::kRaw:
        client.in_order = false;
        send_frame(client, reader.get_string());
        break;
      case StepKind::kDrop:
        drop(client);
        break;
      case StepKind::kSync:
        sync(argument);
        break;
      case StepKind::kTime:
        finish_closes();
        pass(int64_t{250} * argument);
        break;
      case StepKind::kSnapshot:
        if (argument == 0) {
          step(node::SnapshotRequested{});
        }
        for (uint8_t count_slices = 0; count_slices < argument % 16; ++count_slices) {
          slice();
        }
        break;
      case StepKind::kSpace:
        step(node::SpaceChanged{static_cast<node::SpaceLevel>(argument % 3)});
        break;
    }
  }
}

// Everything becomes durable, every ordinary request of an open connection is answered, and the
// member's snapshot is what its log says.
void Member::finish() {
  constexpr int kRoundsMax = 10000;
  step(node::SpaceChanged{node::SpaceLevel::kEnough});
  for (int round = 0; !in_flight_.empty(); ++round) {
    FUZZ_CHECK(round < kRoundsMax);
    sync(255);
  }
  finish_closes();
  FUZZ_CHECK(node_.idle());
  for (const Client& client : clients_) {
    FUZZ_CHECK(!client.is_open || !client.in_order || client.expected.empty());
    FUZZ_CHECK(!client.is_open || !client.is_paused);
  }
  for (int round = 0; snapshotting_; ++round) {
    FUZZ_CHECK(round < kRoundsMax);
    slice();
  }
  step(node::SnapshotRequested{});
  FUZZ_CHECK(snapshotting_);
  FUZZ_CHECK(snapshot_zxid_ == last_synced_);
  for (int round = 0; snapshotting_; ++round) {
    FUZZ_CHECK(round < kRoundsMax);
    slice();
  }
  (void)node_.status(now());
}

}  // namespace

Program& Program::add(StepKind kind, uint8_t argument) {
  bytes_.push_back(static_cast<char>(kind));
  bytes_.push_back(static_cast<char>(argument));
  return *this;
}

Program& Program::handshake(uint8_t connection, uint8_t other) {
  add(StepKind::kHandshake, connection);
  bytes_.push_back(static_cast<char>(other));
  return *this;
}

Program& Program::request(uint8_t connection, wire::OpCode op, std::string_view body) {
  add(StepKind::kRequest, connection);
  wire::Writer writer(bytes_);
  writer.put_int(static_cast<int32_t>(op));
  writer.put_string(body);
  return *this;
}

Program& Program::raw(uint8_t connection, std::string_view payload) {
  add(StepKind::kRaw, connection);
  wire::Writer(bytes_).put_string(payload);
  return *this;
}

void run_member_program(std::string_view program) {
  Member member;
  member.run(program);
  member.finish();
}

}  // namespace quorate::fuzz
