// ClientPort over real sockets: delivery, framing, four-letter words, closing.
#include <sys/socket.h>

#include <set>

#include "tests/server/net/port_fixture.h"

namespace quorate::net::test {
namespace {

using namespace std::string_literals;

class ClientPortTest : public PortFixture {};

TEST_F(ClientPortTest, ReportsAConnectionWithBothAddresses) {
  const uint16_t number = listen();
  const PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  const ConnectionInfo& info = handler.opened.front();
  EXPECT_EQ(info.remote_address, "127.0.0.1");
  EXPECT_EQ(info.remote_port, client.local_port());
  EXPECT_EQ(info.local_port, number);
  EXPECT_FALSE(info.secure);
  EXPECT_FALSE(info.certificate);
  EXPECT_EQ(port->stats().open, 1U);
}

TEST_F(ClientPortTest, DeliversFramesSplitAtEveryByte) {
  const uint16_t number = listen();
  const std::string input = frame("abc") + frame("") + frame("0123456789");
  for (size_t split = 0; split <= input.size(); ++split) {
    handler.bytes.clear();
    PlainClient client(number);
    client.send(std::string_view(input).substr(0, split));
    const size_t whole = split < 7 ? 0 : split < 11 ? 7 : split < 25 ? 11 : 25;
    ASSERT_TRUE(until([&] { return only_bytes().size() == whole && client.unsent() == 0; },
                      [&] { client.pump(); }));
    client.send(std::string_view(input).substr(split));
    ASSERT_TRUE(until([&] { return only_bytes() == input; }, [&] { client.pump(); })) << split;
  }
}

TEST_F(ClientPortTest, DeliversByteByByte) {
  const uint16_t number = listen();
  PlainClient client(number);
  const std::string input = frame("abc") + frame("defgh");
  for (size_t i = 0; i < input.size(); ++i) {
    client.send(input.substr(i, 1));
    const uint64_t received = i + 1;
    ASSERT_TRUE(
        until([&] { return port->stats().bytes_received == received; }, [&] { client.pump(); }));
  }
  EXPECT_EQ(only_bytes(), input);
  EXPECT_EQ(handler.deliveries, 2);
}

TEST_F(ClientPortTest, DeliversAllFramesOfOneReadInOneCall) {
  const uint16_t number = listen();
  echo();
  PlainClient client(number);
  std::string input;
  for (int i = 0; i < 100; ++i) {
    input += frame("request " + std::to_string(i));
  }
  client.send(input);
  client.pump();
  ASSERT_TRUE(until([&] { return client.received == input; }, [&] { client.pump(); }));
  EXPECT_EQ(handler.deliveries, 1);
  EXPECT_EQ(handler.turns, 1);
}

TEST_F(ClientPortTest, DeliversAFrameLongerThanTheReadBuffer) {
  start({.frame_bytes_max = 8 << 20});
  const uint16_t number = listen();
  echo();
  PlainClient client(number);
  std::string payload(5 << 20, 'x');
  for (size_t i = 0; i < payload.size(); i += 997) {
    payload[i] = static_cast<char>(i);
  }
  const std::string input = frame("before") + frame(payload) + frame("after");
  client.send(input);
  ASSERT_TRUE(
      until([&] { return client.received.size() == input.size(); }, [&] { client.pump(); }));
  EXPECT_EQ(client.received, input);
}

TEST_F(ClientPortTest, DropsNegativeAndOversizedLengths) {
  const uint16_t number = listen();
  for (const int32_t length : {-1, INT32_MIN, 1048576, INT32_MAX}) {
    handler.closed.clear();
    PlainClient client(number);
    client.send(length_bytes(length));
    ASSERT_TRUE(
        until([&] { return client.over() && !handler.closed.empty(); }, [&] { client.pump(); }));
    EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kFrameLength) << length;
    EXPECT_NE(handler.closed.front().second.detail.find(std::to_string(length)), std::string::npos);
  }
  EXPECT_EQ(handler.deliveries, 0);
  EXPECT_EQ(port->stats().open, 0U);
}

TEST_F(ClientPortTest, HandsOverWhatCameBeforeABadLength) {
  const uint16_t number = listen();
  PlainClient client(number);
  client.send(frame("good") + length_bytes(-7));
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }, [&] { client.pump(); }));
  EXPECT_EQ(only_bytes(), frame("good"));
}

TEST_F(ClientPortTest, AnnouncedLengthAllocatesNothing) {
  start({.frame_bytes_max = INT32_MAX});
  const uint16_t number = listen();
  PlainClient client(number);
  client.send(length_bytes(INT32_MAX - 1) + std::string(100'000, 'x'));
  ASSERT_TRUE(
      until([&] { return port->stats().bytes_received == 100'004; }, [&] { client.pump(); }));
  EXPECT_EQ(port->stats().open, 1U);  // Waits for the rest, holding 100 kB and not 2 GB.
}

TEST_F(ClientPortTest, HandsOverFourLetterWords) {
  const uint16_t number = listen();
  handler.word_action = [this](ConnectionId id, std::string_view) {
    port->send(id, "imok");
    port->close(id);
  };
  PlainClient client(number);
  client.send("ruok\r\n");
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received, "imok");
  ASSERT_EQ(handler.words.size(), 1U);
  EXPECT_EQ(handler.words.front(), std::make_pair(std::string("ruok"), std::string("\r\n")));
  EXPECT_EQ(handler.deliveries, 0);
}

TEST_F(ClientPortTest, HandsOverFourLetterWordsSplitAnywhere) {
  const uint16_t number = listen();
  handler.word_action = [this](ConnectionId id, std::string_view) {
    port->send(id, "answer");
    port->close(id);
  };
  for (const size_t split : {1U, 2U, 3U}) {
    handler.words.clear();
    PlainClient client(number);
    const std::string word = "srvr";
    const uint64_t before = port->stats().bytes_received;
    client.send(word.substr(0, split));
    ASSERT_TRUE(until([&] { return port->stats().bytes_received == before + split; },
                      [&] { client.pump(); }));
    client.send(word.substr(split));
    ASSERT_TRUE(until([&] { return client.ended; }, [&] { client.pump(); }));
    EXPECT_EQ(client.received, "answer");
    EXPECT_EQ(handler.words.size(), 1U);
  }
}

TEST_F(ClientPortTest, StmkWaitsForItsEightBytes) {
  const uint16_t number = listen();
  PlainClient client(number);
  client.send("stmk\0\0\0"s);
  ASSERT_TRUE(until([&] { return port->stats().bytes_received == 7; }, [&] { client.pump(); }));
  EXPECT_TRUE(handler.words.empty());
  client.send("\0\0\0\1\2"s);
  ASSERT_TRUE(until([&] { return !handler.words.empty(); }, [&] { client.pump(); }));
  EXPECT_EQ(handler.words.front().second, "\0\0\0\0\0\0\1\2"s);
}

TEST_F(ClientPortTest, AnswersAWordAfterTheClientsHalfClose) {
  const uint16_t number = listen();
  std::optional<ConnectionId> asked;
  handler.word_action = [&](ConnectionId id, std::string_view) { asked = id; };
  PlainClient client(number);
  client.send("mntr");
  client.pump();
  client.shutdown_write();
  ASSERT_TRUE(until([&] { return asked.has_value(); }));
  port->send(*asked, "late answer");
  port->close(*asked);
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_EQ(client.received, "late answer");
}

TEST_F(ClientPortTest, LowerCaseLettersAfterAFrameAreALength) {
  const uint16_t number = listen();
  PlainClient client(number);
  client.send(frame("first") + "ruok");
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }, [&] { client.pump(); }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kFrameLength);
  EXPECT_TRUE(handler.words.empty());
}

TEST_F(ClientPortTest, TelnetInterruptClosesQuietly) {
  const uint16_t number = listen();
  PlainClient client(number);
  client.send("\xFF\xF4\xFF\xFD");
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }, [&] { client.pump(); }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kPeerClosed);
}

TEST_F(ClientPortTest, CloseSendsEverythingFirst) {
  const uint16_t number = listen();
  const std::string reply(3 << 20, 'r');
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->send(id, reply);
    port->close(id);
    port->send(id, "never");
    return frames.size();
  };
  PlainClient client(number);
  client.send(frame("x") + frame("y"));
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received.size(), reply.size());
  ASSERT_EQ(handler.closed.size(), 1U);
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kRequested);
}

TEST_F(ClientPortTest, LastReplySurvivesUnreadInput) {
  // The client sends more than the server reads; a plain close() would reset and lose the reply.
  const uint16_t number = listen();
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->send(id, "goodbye");
    port->close(id);
    return frames.size();
  };
  PlainClient client(number);
  client.send(frame("x") + std::string(1 << 20, '\0'));
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }, [&] { client.pump(); }));
  client.send(std::string(100'000, '\0'));
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received, "goodbye");
}

TEST_F(ClientPortTest, DropClosesAtOnceAndReportsOnce) {
  const uint16_t number = listen();
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->drop(id);
    port->drop(id);
    port->close(id);
    EXPECT_FALSE(port->exists(id));
    EXPECT_TRUE(handler.closed.empty());  // Reported later in the turn, not from inside the call.
    return frames.size();
  };
  PlainClient client(number);
  client.send(frame("x") + frame("y"));
  ASSERT_TRUE(
      until([&] { return client.over() && !handler.closed.empty(); }, [&] { client.pump(); }));
  EXPECT_EQ(handler.closed.size(), 1U);
  EXPECT_EQ(port->stats().open, 0U);
}

TEST_F(ClientPortTest, ReportsTheClientsCloseAndReset) {
  const uint16_t number = listen();
  PlainClient closing(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  closing.close();
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed.back().second.cause, CloseCause::kPeerClosed);
  PlainClient resetting(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 2; }));
  resetting.reset();
  ASSERT_TRUE(until([&] { return handler.closed.size() == 2; }));
  EXPECT_EQ(handler.closed.back().second.cause, CloseCause::kPeerReset);
}

TEST_F(ClientPortTest, AnswersWhatAHalfClosedClientSent) {
  const uint16_t number = listen();
  echo();
  PlainClient client(number);
  client.send(frame("last") + "\0\0"s);  // And the beginning of a frame that never ends.
  client.pump();
  client.shutdown_write();
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_EQ(client.received, frame("last"));
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kPeerClosed);
}

TEST_F(ClientPortTest, ACallbackMayCloseOrDropOtherConnections) {
  const uint16_t number = listen();
  std::vector<PlainClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(PlainClient(number));
  }
  ASSERT_TRUE(until([&] { return handler.opened.size() == 4; }));
  handler.frames_action = [&](ConnectionId, std::string_view frames) {
    port->drop(handler.opened[0].id);
    port->send(handler.opened[1].id, "bye");
    port->close(handler.opened[1].id);
    port->flush();
    return frames.size();
  };
  for (PlainClient& client : clients) {
    client.send(frame("all at once"));
    client.pump();
  }
  ASSERT_TRUE(until([&] { return clients[0].over() && clients[1].over(); },
                    [&] {
                      clients[0].pump();
                      clients[1].pump();
                    }));
  EXPECT_EQ(clients[1].received, "bye");
  ASSERT_TRUE(until([&] { return handler.closed.size() == 2; }));
  EXPECT_EQ(port->stats().open, 2U);
}

TEST_F(ClientPortTest, IdsAreNotReusedThoughSlotsAre) {
  const uint16_t number = listen();
  std::set<uint64_t> ids;
  for (size_t i = 1; i <= 50; ++i) {
    PlainClient client(number);
    ASSERT_TRUE(until([&] { return handler.opened.size() == i; }));
    ids.insert(handler.opened.back().id.value);
    EXPECT_EQ(slot_of(handler.opened.back().id), 0U);
    client.close();
    ASSERT_TRUE(until([&] { return handler.closed.size() == i; }));
  }
  EXPECT_EQ(ids.size(), 50U);
}

TEST_F(ClientPortTest, SendOutsideOfATurnGoesOutByItself) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  std::string* output = port->output(handler.opened.front().id);
  ASSERT_NE(output, nullptr);
  *output += "event";
  ASSERT_TRUE(until([&] { return client.received == "event"; }, [&] { client.pump(); }));
}

TEST_F(ClientPortTest, FlushSendsAtOnce) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  port->send(handler.opened.front().id, "now");
  EXPECT_EQ(port->bytes_queued(handler.opened.front().id), 3U);
  port->flush();
  EXPECT_EQ(port->bytes_queued(handler.opened.front().id), 0U);
  client.pump();
  EXPECT_EQ(client.received, "now");
}

TEST_F(ClientPortTest, GoneIdsAreIgnored) {
  listen();
  const ConnectionId gone{(uint64_t{7} << 32) | 3};
  port->send(gone, "x");
  port->close(gone);
  port->drop(gone);
  port->pause_reading(gone);
  port->resume_reading(gone);
  port->established(gone);
  port->close_when_quiet(gone);
  port->large_request_done(gone, 5);
  EXPECT_EQ(port->output(gone), nullptr);
  EXPECT_EQ(port->bytes_queued(gone), 0U);
  EXPECT_FALSE(port->congested(gone));
  EXPECT_FALSE(port->exists(gone));
}

TEST_F(ClientPortTest, DestructionClosesEverything) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  port->send(handler.opened.front().id, "unflushed");
  port.reset();
  loop.restart();
  loop.poll();
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(handler.closed.empty());
}

}  // namespace
}  // namespace quorate::net::test
