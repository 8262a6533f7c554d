// ClientPort's limits: connections, deadlines, slow readers, large requests, flow control.
#include <sys/resource.h>
#include <sys/socket.h>

#include "tests/server/net/port_fixture.h"

namespace quorate::net::test {
namespace {

using namespace std::string_literals;

using std::chrono::milliseconds;

class ClientLimitsTest : public PortFixture {
 protected:
  // Lets the system refuse further descriptors while it lives.
  class NoDescriptors {
   public:
    NoDescriptors() {
      ::getrlimit(RLIMIT_NOFILE, &before_);
      rlimit none = before_;
      none.rlim_cur = 0;  // Descriptors in use stay usable; new ones need a number below this.
      ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

   private:
    rlimit before_{};
  };
};

TEST_F(ClientLimitsTest, RefusesMoreThanTheMaximumPerAddress) {
  start({.connections_per_address_max = 3});
  const uint16_t number = listen();
  std::vector<PlainClient> clients;
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(PlainClient(number));
  }
  ASSERT_TRUE(until([&] { return handler.opened.size() + handler.rejected.size() == 5; }));
  EXPECT_EQ(handler.opened.size(), 3U);
  ASSERT_EQ(handler.rejected.size(), 2U);
  EXPECT_EQ(handler.rejected.front().reason.cause, CloseCause::kAddressLimit);
  EXPECT_EQ(handler.rejected.front().remote_address, "127.0.0.1");
  EXPECT_EQ(handler.rejected.front().local_port, number);
  ASSERT_TRUE(until([&] { return clients[4].over(); }, [&] { clients[4].pump(); }));
  // Another address has its own count, and a free place can be taken again.
  const PlainClient other(number, "127.0.0.1");
  clients[0].close();
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1 && handler.rejected.size() == 3; }));
  const PlainClient next(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 4; }));
}

TEST_F(ClientLimitsTest, RefusesMoreThanTheTotalMaximum) {
  start({.connections_per_address_max = 0, .connections_max = 2});
  const uint16_t number = listen();
  const PlainClient first(number);
  const PlainClient second(number);
  const PlainClient third(number);
  ASSERT_TRUE(until([&] { return handler.rejected.size() == 1; }));
  EXPECT_EQ(handler.rejected.front().reason.cause, CloseCause::kTotalLimit);
  EXPECT_EQ(handler.opened.size(), 2U);
  port->set_connections_max(0, 0);
  const PlainClient fourth(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 3; }));
}

TEST_F(ClientLimitsTest, ClosesAConnectionWithoutASession) {
  start({.sessionless_timeout = milliseconds(200)});
  const uint16_t number = listen();
  PlainClient silent(number);
  PlainClient partial(number);
  partial.send(std::string("\0\0\0\x2c", 4));
  PlainClient greeted(number);
  greeted.send(frame("hello"));
  PlainClient established(number);
  established.send(frame("hello"));
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    if (handler.bytes.size() == 2) {
      port->established(id);  // The second one that sent a frame.
    }
    return frames.size();
  };
  const auto pump = [&] {
    greeted.pump();
    partial.pump();
  };
  ASSERT_TRUE(until([&] { return handler.bytes.size() == 1; }, pump));
  ASSERT_TRUE(until([&] { return handler.bytes.size() == 2; }, [&] { established.pump(); }));
  ASSERT_TRUE(until([&] { return handler.closed.size() == 3; }));
  for (const auto& [id, reason] : handler.closed) {
    EXPECT_EQ(reason.cause, CloseCause::kSessionless);
  }
  EXPECT_EQ(port->stats().sessionless_closed, 3U);
  EXPECT_EQ(port->stats().open, 1U);
  loop.restart();
  loop.run_for(milliseconds(300));
  EXPECT_EQ(port->stats().open, 1U);
}

TEST_F(ClientLimitsTest, ASlowReaderStopsBeingReadAndGoesOnLater) {
  start({.output_bytes_soft = 100'000});
  const uint16_t number = listen();
  const std::string reply = frame(std::string(50'000, 'r'));
  size_t served = 0;
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    size_t taken = 0;
    while (taken < frames.size() && !port->congested(id)) {
      taken += 4 + 10;
      ++served;
      port->send(id, reply);
    }
    return taken;
  };
  PlainClient slow(number, "127.0.0.1", 4096);
  slow.reads = false;
  constexpr size_t kRequests = 1000;
  for (size_t i = 0; i < kRequests; ++i) {
    slow.send(frame("0123456789"));
  }
  slow.pump();
  ASSERT_TRUE(until([&] { return served > 0; }));
  loop.restart();
  loop.run_for(milliseconds(300));
  EXPECT_LT(served, kRequests);
  const ConnectionId id = handler.opened.front().id;
  EXPECT_TRUE(port->congested(id));
  EXPECT_LE(port->bytes_queued(id), 100'000 + reply.size());
  // Others are served meanwhile.
  PlainClient other(number);
  other.send(frame("0123456789"));
  ASSERT_TRUE(until([&] { return other.received.size() == reply.size(); }, [&] { other.pump(); }));
  slow.reads = true;
  ASSERT_TRUE(until([&] { return slow.received.size() == kRequests * reply.size(); },
                    [&] { slow.pump(); }));
  EXPECT_EQ(served, kRequests + 1);
  EXPECT_TRUE(handler.closed.empty());
}

TEST_F(ClientLimitsTest, AReaderWithoutProgressIsClosed) {
  start({.output_bytes_soft = 1000, .stall_timeout = milliseconds(300)});
  const uint16_t number = listen();
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->established(id);
    port->send(id, std::string(8 << 20, 'r'));
    return frames.size();
  };
  PlainClient stuck(number, "127.0.0.1", 4096);
  stuck.reads = false;
  stuck.send(frame("x"));
  stuck.pump();
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kStalled);
}

TEST_F(ClientLimitsTest, AReaderWithSlowProgressIsNotClosed) {
  start({.output_bytes_soft = 1000, .stall_timeout = milliseconds(1000)});
  const uint16_t number = listen();
  constexpr size_t kReplyBytes = 24 << 20;
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->established(id);
    port->send(id, std::string(kReplyBytes, 'r'));
    return frames.size();
  };
  PlainClient slow(number);
  slow.reads = false;
  slow.send(frame("x"));
  slow.pump();
  const auto begin = std::chrono::steady_clock::now();
  std::vector<char> piece(512 << 10);
  size_t received = 0;
  while (received < kReplyBytes && handler.closed.empty()) {
    loop.restart();
    loop.run_for(milliseconds(50));
    const ssize_t got = ::recv(slow.fd(), piece.data(), piece.size(), 0);
    received += got > 0 ? static_cast<size_t>(got) : 0;
  }
  EXPECT_EQ(received, kReplyBytes);
  EXPECT_GT(std::chrono::steady_clock::now() - begin, milliseconds(1500));
  EXPECT_TRUE(handler.closed.empty());
}

TEST_F(ClientLimitsTest, MoreOutputThanTheHardLimitCloses) {
  start({.output_bytes_hard = 1 << 20});
  const uint16_t number = listen();
  PlainClient client(number, "127.0.0.1", 4096);
  ASSERT_TRUE(until([&] { return !handler.opened.empty(); }));
  const ConnectionId id = handler.opened.front().id;
  port->send(id, std::string(20 << 20, 'r'));  // One reply may be longer than the limit.
  ASSERT_TRUE(until([&] { return port->bytes_queued(id) < (20U << 20); }));
  EXPECT_TRUE(port->exists(id));
  port->send(id, "more");
  EXPECT_FALSE(port->exists(id));
  EXPECT_EQ(port->output(id), nullptr);
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kOutputLimit);
}

TEST_F(ClientLimitsTest, LargeRequestsInFlightAreBounded) {
  start({.large_request_threshold = 1000, .large_request_bytes_max = 5000});
  const uint16_t number = listen();
  PlainClient first(number);
  first.send(frame(std::string(2000, 'a')) + frame(std::string(2000, 'b')) +
             frame(std::string(900, 'c')));
  ASSERT_TRUE(until([&] { return only_bytes().size() == 4912; }, [&] { first.pump(); }));
  PlainClient second(number);
  second.send(length_bytes(2000));  // Counted as soon as it is announced.
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }, [&] { second.pump(); }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kLargeRequests);
  port->large_request_done(handler.opened.front().id, 2000);
  PlainClient third(number);
  third.send(frame(std::string(2000, 'd')));
  ASSERT_TRUE(until([&] { return handler.bytes.size() == 2; }, [&] { third.pump(); }));
  // What a closed connection held is free again.
  third.close();
  first.close();
  ASSERT_TRUE(until([&] { return handler.closed.size() == 3; }));
  PlainClient fourth(number);
  fourth.send(frame(std::string(2500, 'e')) + frame(std::string(2500, 'f')));
  ASSERT_TRUE(until([&] { return handler.bytes.size() == 3; }, [&] { fourth.pump(); }));
}

TEST_F(ClientLimitsTest, PausedConnectionsAreNotRead) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  const ConnectionId id = handler.opened.front().id;
  port->pause_reading(id);
  client.send(frame("waits"));
  client.pump();
  loop.restart();
  EXPECT_LT(loop.run_for(milliseconds(250)), 20U);  // Neither delivered nor spinning.
  EXPECT_EQ(handler.deliveries, 0);
  port->resume_reading(id);
  ASSERT_TRUE(until([&] { return only_bytes() == frame("waits"); }));
}

TEST_F(ClientLimitsTest, FramesLeftByTheHandlerComeAgainBeforeNewerOnes) {
  const uint16_t number = listen();
  std::vector<std::string> seen;
  size_t room = 2;
  handler.frames_action = [&](ConnectionId, std::string_view frames) {
    size_t taken = 0;
    while (taken < frames.size() && room > 0) {
      seen.emplace_back(frames.substr(taken + 4, 1));
      taken += 5;
      --room;
    }
    return taken;
  };
  PlainClient client(number);
  client.send(frame("1") + frame("2") + frame("3") + frame("4") + frame("5") + "\0\0"s);
  ASSERT_TRUE(until([&] { return seen.size() == 2; }, [&] { client.pump(); }));
  client.send("\0\1"s + "6" + frame("7"));
  client.pump();
  loop.restart();
  loop.run_for(milliseconds(100));
  EXPECT_EQ(seen.size(), 2U);
  room = 1;
  port->resume_reading(handler.opened.front().id);
  ASSERT_TRUE(until([&] { return seen.size() == 3; }));
  room = 100;
  port->resume_reading(handler.opened.front().id);
  ASSERT_TRUE(until([&] { return seen.size() == 7; }));
  EXPECT_EQ(seen, (std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7"}));
}

TEST_F(ClientLimitsTest, AHandlerThatLeavesFramesAndClosesGetsNoMore) {
  const uint16_t number = listen();
  handler.frames_action = [&](ConnectionId id, std::string_view) {
    port->close(id);
    return size_t{5};
  };
  PlainClient client(number);
  client.send(frame("1") + frame("2"));
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_EQ(handler.deliveries, 1);
}

TEST_F(ClientLimitsTest, QuietCloseAnswersWhatWasSent) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  const ConnectionId id = handler.opened.front().id;
  // A stopping server: close, but the client's request is already in the socket.
  handler.frames_action = [&](ConnectionId of, std::string_view frames) {
    port->send(of, frames);
    port->close_when_quiet(of);
    return frames.size();
  };
  client.send(frame("last request") + std::string(3, '\0'));
  client.pump();
  port->close_when_quiet(id);
  ASSERT_TRUE(
      until([&] { return client.received == frame("last request"); }, [&] { client.pump(); }));
  loop.restart();
  loop.run_for(milliseconds(50));
  EXPECT_FALSE(client.over());  // The beginning of another request is here: its rest is on its way.
  client.send("\1x");
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.received, frame("last request") + frame("x"));
}

TEST_F(ClientLimitsTest, QuietCloseOfAQuietConnectionIsImmediate) {
  const uint16_t number = listen();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  port->send(handler.opened.front().id, "end");
  port->close_when_quiet(handler.opened.front().id);
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_EQ(client.received, "end");
  EXPECT_EQ(handler.closed.size(), 1U);
}

TEST_F(ClientLimitsTest, RunsOutOfDescriptorsWithoutSpinning) {
  const uint16_t number = listen();
  const PlainClient client(number);
  {
    const NoDescriptors limit;
    ASSERT_TRUE(until([&] { return !handler.trouble.empty(); }));
    loop.restart();
    EXPECT_LT(loop.run_for(milliseconds(700)), 50U);
    EXPECT_EQ(handler.opened.size(), 0U);
    EXPECT_EQ(handler.trouble.size(), 1U);  // At most one report a second.
    EXPECT_NE(handler.trouble.front().find(std::to_string(number)), std::string::npos);
  }
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
}

TEST_F(ClientLimitsTest, BearsAStormOfConnections) {
  start({.connections_per_address_max = 0});
  const uint16_t number = listen({.address = "127.0.0.1"});
  echo();
  constexpr size_t kStorm = 2000;
  std::vector<PlainClient> clients;
  clients.reserve(kStorm);
  size_t answered = 0;
  for (size_t i = 0; i < kStorm; ++i) {
    clients.emplace_back(PlainClient(number));
    clients.back().send(frame("connect"));
    clients.back().pump();
    if (i % 100 == 99) {
      loop.restart();
      loop.poll();
    }
  }
  ASSERT_TRUE(until([&] { return answered == kStorm; },
                    [&] {
                      answered = 0;
                      for (PlainClient& client : clients) {
                        client.pump();
                        answered += client.received == frame("connect") ? 1 : 0;
                      }
                    }));
  EXPECT_EQ(port->stats().open, kStorm);
  for (size_t i = 0; i < kStorm; ++i) {
    i % 2 == 0 ? clients[i].close() : clients[i].reset();
  }
  ASSERT_TRUE(until([&] { return handler.closed.size() == kStorm; }));
  EXPECT_EQ(port->stats().open, 0U);
}

TEST_F(ClientLimitsTest, AnIdlePortDoesNotWakeUp) {
  start({.sessionless_timeout = milliseconds(100)});
  const uint16_t number = listen();
  handler.frames_action = [&](ConnectionId id, std::string_view frames) {
    port->established(id);
    port->send(id, std::string(100'000, 'x'));
    return frames.size();
  };
  PlainClient client(number);
  client.send(frame("x"));
  ASSERT_TRUE(until([&] { return client.received.size() == 100'000; }, [&] { client.pump(); }));
  loop.restart();
  // Idle buffers are released after two seconds, later on a busy machine; then nothing is left to
  // do.
  size_t events = 1;
  for (int attempt = 0; attempt < 20 && events > 0; ++attempt) {
    events = loop.run_for(milliseconds(500));
    loop.restart();
  }
  EXPECT_EQ(events, 0U);
  EXPECT_EQ(port->stats().open, 1U);
}

}  // namespace
}  // namespace quorate::net::test
