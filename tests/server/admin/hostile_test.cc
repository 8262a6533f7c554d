// Malformed, oversized, slow and too many: the server refuses, stays small, and serves others.
#include <vector>

#include "tests/server/admin/admin_fixture.h"

namespace quorate::admin::test {
namespace {

using std::chrono::milliseconds;

class Hostile : public AdminFixture {
 protected:
  void expect_others_served() { EXPECT_EQ(get("/livez").status, 200); }
};

TEST_F(Hostile, MalformedRequestsAreRefused) {
  start();
  for (const std::string bytes :
       {"\r\n\r\n\r\nxx\r\n\r\n", "GET\r\n\r\n", "GET /livez\r\n\r\n",
        "GET /livez HTTP/9.9\r\n\r\n", "GET  /livez HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nbad header\r\n\r\n", "GET /livez HTTP/1.1\r\n: x\r\n\r\n",
        "G\x01T /livez HTTP/1.1\r\n\r\n", "GET /li\x01vez HTTP/1.1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET /livez HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET /livez HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /commands/restore HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        "ruok", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"}) {
    RawClient client(port());
    ASSERT_TRUE(client.send(bytes + "\r\n\r\n"));
    const auto response = client.receive();
    ASSERT_TRUE(response.has_value()) << bytes;
    EXPECT_EQ(response->status, 400) << bytes;
    EXPECT_TRUE(client.closes()) << bytes;
  }
  EXPECT_GE(server_->facts().requests_refused, 15u);
  expect_others_served();
}

TEST_F(Hostile, EveryPrefixOfARequestIsHarmless) {
  start();
  const std::string request = "GET /commands/ruok HTTP/1.1\r\nHost: x\r\n\r\n";
  for (size_t size = 0; size < request.size(); ++size) {
    RawClient client(port());
    client.send(std::string_view(request).substr(0, size));
  }
  expect_others_served();
}

TEST_F(Hostile, ALongHeaderIsRefused) {
  start();
  RawClient client(port());
  client.send("GET /livez HTTP/1.1\r\nX: " +
              std::string(2 * options_.limits.header_bytes_max, 'x') + "\r\n\r\n");
  const auto response = client.receive();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 431);
  EXPECT_TRUE(client.closes());
  expect_others_served();
}

TEST_F(Hostile, AHeaderWithoutEndIsCutOff) {
  start();
  RawClient client(port());
  client.send("GET /livez HTTP/1.1\r\n");
  bool open = true;
  size_t sent = 0;
  while (open && sent < (64 << 20)) {
    const std::string line = "X: " + std::string(1000, 'y') + "\r\n";
    open = client.send(line);
    sent += line.size();
  }
  EXPECT_FALSE(open) << "the server must not read for ever";
  expect_others_served();
}

TEST_F(Hostile, ASlowHeaderIsCutOff) {
  options_.limits.header_timeout = milliseconds(200);
  start();
  RawClient silent(port());
  RawClient slow(port());
  ASSERT_TRUE(slow.send("GET /livez HTT"));
  EXPECT_TRUE(silent.closes());
  EXPECT_TRUE(slow.closes());
  expect_others_served();
}

TEST_F(Hostile, AnIdleConnectionIsClosed) {
  options_.limits.idle_timeout = milliseconds(200);
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(client.expect().status, 200);
  EXPECT_TRUE(client.closes());
}

TEST_F(Hostile, ASlowUploadIsCutOff) {
  options_.limits.body_timeout = milliseconds(200);
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                          "Content-Length: 100\r\n\r\nab"));
  EXPECT_TRUE(client.closes());
  EXPECT_FALSE(source_.effects().restored.has_value());
  expect_others_served();
}

TEST_F(Hostile, AReaderThatStopsIsCutOff) {
  options_.limits.write_timeout = milliseconds(200);
  options_.limits.connections_max = 1;
  options_.rate_limit_interval = Duration(0);
  // More than socket buffers hold.
  source_.set_snapshot(std::string(64 << 20, 'z'));
  start();
  RawClient stopped(port());
  ASSERT_TRUE(stopped.send("GET /commands/snapshot HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                           "\r\n"));
  // The only place is taken until the stopped reader is given up.
  for (bool served = false; !served;) {
    RawClient other(port());
    other.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto response = other.receive();
    served = response.has_value() && response->status == 200;
  }
}

TEST_F(Hostile, ConnectionsAreBounded) {
  options_.limits.connections_max = 4;
  start();
  {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int index = 0; index < 4; ++index) {
      clients.push_back(std::make_unique<RawClient>(port()));
      ASSERT_TRUE(clients.back()->send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
      EXPECT_EQ(clients.back()->receive()->status, 200);
    }
    RawClient fifth(port());
    EXPECT_TRUE(fifth.closes());
    EXPECT_EQ(fetch(metrics_port(), "GET", "/metrics").status, 200) << "counted apart";
  }
  // The places come back when the clients have gone.
  for (bool served = false; !served;) {
    RawClient client(port());
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    served = client.receive().has_value();
  }
}

TEST_F(Hostile, RequestsMayBePipelined) {
  start();
  RawClient client(port());
  std::string requests;
  for (int index = 0; index < 20; ++index) {
    requests += "GET /commands/" + std::string(index % 2 == 0 ? "ruok" : "dirs") +
                " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  ASSERT_TRUE(client.send(requests));
  for (int index = 0; index < 20; ++index) {
    const auto response = client.receive();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body.find(index % 2 == 0 ? "ruok" : "datadir_size") != std::string::npos,
              true);
  }
}

TEST_F(Hostile, OldClientsAreServedAndClosed) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("GET /livez HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(client.expect().body, "ok\n");
  EXPECT_TRUE(client.closes());
}

TEST_F(Hostile, AnUnreadBodyIsNoRequest) {
  start();
  RawClient client(port());
  const std::string smuggled =
      "GET /commands/stat_reset HTTP/1.1\r\n" + std::string(kToken) + "\r\n";
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                          std::to_string(smuggled.size()) + "\r\n\r\n" + smuggled));
  EXPECT_EQ(client.expect().status, 200);
  EXPECT_TRUE(client.closes());
  EXPECT_TRUE(source_.effects().applied.empty());
}

TEST_F(Hostile, ClientsThatVanishLeaveNothing) {
  options_.limits.connections_max = 8;
  start();
  for (int round = 0; round < 100; ++round) {
    RawClient client(port());
    client.send("GET /commands/monitor HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (bool served = false; !served;) {
    RawClient client(port());
    client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
    served = client.receive().has_value();
  }
}

}  // namespace
}  // namespace quorate::admin::test
