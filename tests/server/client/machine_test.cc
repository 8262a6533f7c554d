// The session machine, fed byte by byte and second by second.
#include "server/client/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/client/calls.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::client {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

/// A machine with the clock and the server's side in the test's hands.
class MachineTest : public testing::Test {
 protected:
  explicit MachineTest(MachineOptions options = {}) : machine(std::move(options)) {}

  /// Frames that the machine has queued since the last call.
  std::vector<std::string> sent() {
    std::vector<std::string> frames;
    std::string& output = machine.output();
    while (output.size() >= 4) {
      const auto length = static_cast<size_t>(load_big_endian<int32_t>(output.data()));
      frames.push_back(output.substr(4, length));
      output.erase(0, 4 + length);
    }
    if (!frames.empty()) {
      machine.sent(now);
    }
    return frames;
  }
  /// Opcodes of the frames.
  std::vector<wire::OpCode> sent_ops() {
    std::vector<wire::OpCode> ops;
    for (const std::string& frame : sent()) {
      ops.push_back(wire::decode_request_header(frame)->op);
    }
    return ops;
  }
  void open() {
    ASSERT_TRUE(machine.wants_connection(now));
    machine.connecting(now);
    machine.connected(now);
  }
  void answer_connect(int32_t timeout_ms = 6000, int64_t session = 77) {
    wire::ConnectResponse response;
    response.timeout_ms = timeout_ms;
    response.session = SessionId{session};
    const std::string password(16, 'x');
    response.password = password;
    response.has_read_only_field = true;
    std::string bytes;
    wire::FrameWriter frame(bytes);
    wire::encode(response, bytes);
    frame.finish();
    machine.received(bytes, now);
  }
  void establish() {
    open();
    answer_connect();
    sent();
    (void)machine.take_events();
  }
  static std::string reply(int32_t xid, wire::ErrorCode error = wire::ErrorCode::kOk,
                           int64_t zxid = 5, std::string_view body = {}) {
    std::string bytes;
    wire::Writer writer(bytes);
    wire::FrameWriter frame(bytes);
    wire::write(writer, wire::ReplyHeader{xid, Zxid{zxid}, error});
    writer.put_raw(body);
    frame.finish();
    return bytes;
  }
  uint64_t submit(wire::OpCode op) { return machine.submit(Request{op, {}, {}}); }
  /// Completed tickets with their errors.
  std::vector<std::pair<uint64_t, wire::ErrorCode>> completed() {
    std::vector<std::pair<uint64_t, wire::ErrorCode>> result;
    for (const auto& completion : machine.take_completions()) {
      result.emplace_back(completion.ticket, completion.reply.error);
    }
    return result;
  }
  std::vector<KeeperState> states() {
    std::vector<KeeperState> result;
    for (const Event& event : machine.take_events()) {
      result.push_back(event.state);
    }
    return result;
  }

  TimePoint now{1h};
  Machine machine;
};

class TwoServers : public MachineTest {
 protected:
  TwoServers() : MachineTest(options()) {}
  static MachineOptions options() {
    MachineOptions options;
    options.server_count = 2;
    options.chroot = "/app";
    return options;
  }
};

TEST_F(MachineTest, AsksForASessionAndTakesWhatIsNegotiated) {
  open();
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  const auto request = wire::decode_connect_request(frames[0]);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->timeout_ms, 30000);
  EXPECT_EQ(request->session, SessionId{0});
  EXPECT_EQ(request->password.size(), 16U);
  EXPECT_TRUE(request->has_read_only_field);
  answer_connect(4000, 99);
  EXPECT_EQ(machine.state(), Machine::State::kConnected);
  EXPECT_EQ(machine.session(), SessionId{99});
  EXPECT_EQ(machine.negotiated_timeout(), 4s);
  EXPECT_THAT(states(), ElementsAre(KeeperState::kSyncConnected));
}

TEST_F(MachineTest, RequestsWaitForTheSessionAndThenGoOutTogether) {
  const uint64_t first = submit(wire::OpCode::kGetData);
  open();
  EXPECT_EQ(sent().size(), 1U);
  const uint64_t second = submit(wire::OpCode::kExists);
  EXPECT_THAT(sent(), IsEmpty());
  answer_connect();
  EXPECT_THAT(sent_ops(), ElementsAre(wire::OpCode::kGetData, wire::OpCode::kExists));
  machine.received(reply(1) + reply(2, wire::ErrorCode::kNoNode), now);
  EXPECT_THAT(completed(), ElementsAre(std::pair(first, wire::ErrorCode::kOk),
                                       std::pair(second, wire::ErrorCode::kNoNode)));
}

TEST_F(MachineTest, RepliesMayArriveInPieces) {
  establish();
  submit(wire::OpCode::kSync);
  for (const char byte : reply(1)) {
    EXPECT_THAT(completed(), IsEmpty());
    machine.received(std::string_view(&byte, 1), now);
  }
  EXPECT_EQ(completed().size(), 1U);
}

TEST_F(MachineTest, AReplyOutOfOrderEndsTheConnection) {
  establish();
  submit(wire::OpCode::kSync);
  submit(wire::OpCode::kSync);
  machine.received(reply(2), now);
  EXPECT_TRUE(machine.wants_drop());
}

TEST_F(MachineTest, AnImpossibleLengthEndsTheConnection) {
  for (const int32_t length : {-1, INT32_MAX}) {
    establish();
    std::string bytes(4, '\0');
    store_big_endian(bytes.data(), length);
    machine.received(bytes, now);
    EXPECT_TRUE(machine.wants_drop()) << length;
    machine.disconnected(now);
    now += 1s;
  }
}

TEST_F(MachineTest, AFrameTooShortForAHeaderEndsTheConnection) {
  establish();
  machine.received(std::string("\0\0\0\2ab", 6), now);
  EXPECT_TRUE(machine.wants_drop());
}

TEST_F(MachineTest, PingsWhenIdleAndGivesUpOnSilence) {
  establish();  // 6 s negotiated: silent after 4 s, ping after 2 s.
  now += 1999ms;
  machine.tick(now);
  EXPECT_THAT(sent(), IsEmpty());
  now += 1ms;
  EXPECT_LE(*machine.next_deadline(), now);
  machine.tick(now);
  EXPECT_THAT(sent_ops(), ElementsAre(wire::OpCode::kPing));
  machine.received(reply(wire::kPingXid), now);
  now += 3999ms;
  machine.tick(now);
  EXPECT_FALSE(machine.wants_drop());
  now += 1ms;
  machine.tick(now);
  EXPECT_TRUE(machine.wants_drop());
}

TEST_F(MachineTest, ALostConnectionFailsWhatWasUnderWayAndResumesTheSession) {
  establish();
  const uint64_t ticket = submit(wire::OpCode::kSetData);
  machine.received(reply(wire::kPingXid, wire::ErrorCode::kOk, 41), now);
  sent();
  machine.disconnected(now);
  EXPECT_THAT(completed(), ElementsAre(std::pair(ticket, wire::ErrorCode::kConnectionLoss)));
  EXPECT_THAT(states(), ElementsAre(KeeperState::kDisconnected));
  open();
  const std::vector<std::string> frames = sent();
  const auto request = wire::decode_connect_request(frames[0]).value();
  EXPECT_EQ(request.session, SessionId{77});
  EXPECT_EQ(request.password, std::string(16, 'x'));
  EXPECT_EQ(request.last_zxid_seen, Zxid{41});
}

TEST_F(MachineTest, CredentialsAndWatchesFollowTheSession) {
  establish();
  const Calls calls;
  machine.submit(calls.add_auth("digest", "u:p").request);
  machine.submit(calls.get("/d", true).request);
  machine.submit(calls.exists("/e", true).request);
  machine.submit(calls.children("/c", true).request);
  machine.submit(calls.add_watch("/r", AddWatchMode::kPersistentRecursive).request);
  sent();
  machine.received(
      reply(wire::kAuthXid) + reply(1) + reply(2, wire::ErrorCode::kNoNode) + reply(3) + reply(4),
      now);
  machine.disconnected(now);
  open();
  sent();
  answer_connect();
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 2U);
  const auto auth = wire::decode_request_header(frames[0]).value();
  EXPECT_EQ(auth, (wire::RequestHeader{wire::kAuthXid, wire::OpCode::kAuth}));
  const auto replay = wire::decode_request_header(frames[1]).value();
  EXPECT_EQ(replay, (wire::RequestHeader{wire::kSetWatchesXid, wire::OpCode::kSetWatches2}));
}

TEST_F(MachineTest, AWatchThatWasNotSetIsNotArmedAgain) {
  establish();
  const Calls calls;
  machine.submit(calls.get("/missing", true).request);
  machine.submit(calls.children("/denied", true).request);
  machine.received(reply(1, wire::ErrorCode::kNoNode) + reply(2, wire::ErrorCode::kNoAuth), now);
  EXPECT_TRUE(machine.watches().empty());
}

TEST_F(MachineTest, NotificationsUseUpTheWatch) {
  establish();
  machine.submit(Calls().get("/d", true).request);
  std::string bytes = reply(1);
  wire::append_notification(bytes, Zxid{9}, wire::EventType::kNodeDataChanged, "/d");
  machine.received(bytes, now);
  EXPECT_THAT(machine.take_events(),
              ElementsAre(Event{3, KeeperState::kSyncConnected, "/d", Zxid{9}}));
  EXPECT_TRUE(machine.watches().empty());
}

TEST_F(MachineTest, AnExpiredSessionEndsForGood) {
  establish();
  machine.disconnected(now);
  const uint64_t ticket = submit(wire::OpCode::kSync);
  states();
  open();
  answer_connect(0, 0);
  EXPECT_EQ(machine.state(), Machine::State::kClosed);
  EXPECT_TRUE(machine.wants_drop());
  EXPECT_THAT(completed(), ElementsAre(std::pair(ticket, wire::ErrorCode::kSessionExpired)));
  EXPECT_THAT(states(), ElementsAre(KeeperState::kExpired));
  machine.disconnected(now);
  EXPECT_FALSE(machine.wants_connection(now + 1h));
  submit(wire::OpCode::kSync);
  EXPECT_EQ(completed()[0].second, wire::ErrorCode::kSessionExpired);
}

TEST_F(MachineTest, RefusedCredentialsEndTheSession) {
  establish();
  const uint64_t auth = machine.submit(Calls().add_auth("digest", "u:p").request);
  const uint64_t other = submit(wire::OpCode::kSync);
  machine.received(reply(wire::kAuthXid, wire::ErrorCode::kAuthFailed), now);
  EXPECT_THAT(completed(), ElementsAre(std::pair(auth, wire::ErrorCode::kAuthFailed),
                                       std::pair(other, wire::ErrorCode::kAuthFailed)));
  EXPECT_THAT(states(), ElementsAre(KeeperState::kAuthFailed));
}

TEST_F(MachineTest, CloseSendsCloseSessionBehindWhatIsUnderWay) {
  establish();
  const uint64_t ticket = submit(wire::OpCode::kSetData);
  machine.close();
  EXPECT_THAT(sent_ops(), ElementsAre(wire::OpCode::kSetData, wire::OpCode::kCloseSession));
  submit(wire::OpCode::kSync);
  EXPECT_EQ(completed()[0].second, wire::ErrorCode::kSessionExpired);
  machine.received(reply(1) + reply(2), now);
  EXPECT_THAT(completed(), ElementsAre(std::pair(ticket, wire::ErrorCode::kOk)));
  EXPECT_EQ(machine.state(), Machine::State::kClosed);
  EXPECT_THAT(states(), ElementsAre(KeeperState::kClosed));
}

TEST_F(MachineTest, CloseWithoutConnectionEndsAtOnce) {
  const uint64_t ticket = submit(wire::OpCode::kSync);
  machine.close();
  EXPECT_EQ(machine.state(), Machine::State::kClosed);
  EXPECT_THAT(completed(), ElementsAre(std::pair(ticket, wire::ErrorCode::kSessionExpired)));
}

TEST_F(MachineTest, AServerThatDoesNotAnswerTheHandshakeIsLeft) {
  open();
  now += 30s;
  machine.tick(now);
  EXPECT_TRUE(machine.wants_drop());
}

TEST_F(TwoServers, TriesEachServerThenFailsRequestsAndPauses) {
  const uint64_t ticket = submit(wire::OpCode::kSync);
  EXPECT_EQ(machine.server(), 0U);
  machine.connecting(now);
  machine.disconnected(now);
  EXPECT_EQ(machine.server(), 1U);
  EXPECT_TRUE(machine.wants_connection(now)) << "the next server is tried at once";
  EXPECT_THAT(completed(), IsEmpty());
  machine.connecting(now);
  machine.disconnected(now);
  EXPECT_THAT(completed(), ElementsAre(std::pair(ticket, wire::ErrorCode::kConnectionLoss)));
  EXPECT_EQ(machine.server(), 0U);
  EXPECT_FALSE(machine.wants_connection(now));
  EXPECT_TRUE(machine.wants_connection(now + 500ms));
  EXPECT_THAT(states(), IsEmpty()) << "there was no connection to lose";
}

TEST_F(TwoServers, EventsHaveThePathsOfTheClient) {
  establish();
  std::string bytes;
  wire::append_notification(bytes, Zxid{9}, wire::EventType::kNodeCreated, "/app/a");
  wire::append_notification(bytes, Zxid{9}, wire::EventType::kNodeChildrenChanged, "/app");
  machine.received(bytes, now);
  const auto events = machine.take_events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].path, "/a");
  EXPECT_EQ(events[1].path, "/");
}

TEST_F(TwoServers, RemovedWatchesAreReportedOnceTheServerAgrees) {
  establish();
  const Calls calls("/app");
  machine.submit(calls.get("/d", true).request);
  machine.submit(calls.remove_watches("/d", WatcherType::kAny).request);
  machine.submit(calls.remove_watches("/d", WatcherType::kAny).request);
  machine.received(reply(1) + reply(2) + reply(3, wire::ErrorCode::kNoWatcher), now);
  EXPECT_THAT(machine.take_events(),
              ElementsAre(Event{5, KeeperState::kSyncConnected, "/d", Zxid{-1}}));
}

TEST_F(TwoServers, ALocalRemovalHoldsWithoutAServer) {
  establish();
  const Calls calls("/app");
  machine.submit(calls.children("/c", true).request);
  machine.received(reply(1), now);
  machine.submit(calls.remove_watches("/c", WatcherType::kChildren, true).request);
  machine.disconnected(now);
  EXPECT_TRUE(machine.watches().empty());
}

}  // namespace
}  // namespace quorate::client
