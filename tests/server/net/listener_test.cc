// Listening: several addresses, host names, IPv6, port 0, conflicts, stopping.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "server/net/socket_address.h"
#include "tests/server/net/port_fixture.h"

namespace quorate::net::test {
namespace {

class ListenerTest : public PortFixture {
 protected:
  static bool has_ipv6() {
    const int fd = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool usable =
        ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return usable;
  }
};

TEST_F(ListenerTest, ReportsThePortThatTheSystemChose) {
  start();
  const Result<std::vector<BoundAddress>> bound = port->listen({.address = "127.0.0.1"});
  ASSERT_TRUE(bound);
  ASSERT_EQ(bound->size(), 1U);
  EXPECT_EQ(bound->front().address, "127.0.0.1");
  EXPECT_NE(bound->front().port, 0);
  EXPECT_EQ(port->bound().front().port, bound->front().port);
}

TEST_F(ListenerTest, ServesSeveralAddresses) {
  const uint16_t first = listen({.address = "127.0.0.1"});
  const uint16_t second = listen({.address = "127.0.0.2"});
  const PlainClient one(first, "127.0.0.1");
  const PlainClient two(second, "127.0.0.2");
  ASSERT_TRUE(until([&] { return handler.opened.size() == 2; }));
  EXPECT_EQ(port->bound().size(), 2U);
  std::set<std::string> local;
  for (const ConnectionInfo& info : handler.opened) {
    local.insert(info.local_address);
  }
  EXPECT_EQ(local, (std::set<std::string>{"127.0.0.1", "127.0.0.2"}));
}

TEST_F(ListenerTest, ServesIpv6AndIpv4OnEveryInterface) {
  if (!has_ipv6()) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const uint16_t number = listen({.address = ""});
  const PlainClient four(number, "127.0.0.1");
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  EXPECT_EQ(handler.opened.back().remote_address, "127.0.0.1");  // Not ::ffff:127.0.0.1.
  EXPECT_EQ(handler.opened.back().local_address, "127.0.0.1");
  const PlainClient six(number, "::1");
  ASSERT_TRUE(until([&] { return handler.opened.size() == 2; }));
  EXPECT_EQ(handler.opened.back().remote_address, "::1");
}

TEST_F(ListenerTest, ListensOnAnIpv6AddressWithAndWithoutBrackets) {
  if (!has_ipv6()) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const PlainClient plain(listen({.address = "::1"}), "::1");
  const PlainClient bracketed(listen({.address = "[::1]"}), "::1");
  ASSERT_TRUE(until([&] { return handler.opened.size() == 2; }));
}

TEST_F(ListenerTest, ListensOnAHostNameWithOnePortForAllItsAddresses) {
  start();
  const Result<std::vector<BoundAddress>> bound = port->listen({.address = "localhost"});
  ASSERT_TRUE(bound) << bound.error().message;
  std::set<uint16_t> ports;
  for (const BoundAddress& one : *bound) {
    ports.insert(one.port);
  }
  EXPECT_EQ(ports.size(), 1U);
  const PlainClient client(*ports.begin(), bound->front().address.c_str());
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
}

TEST_F(ListenerTest, NamesAddressAndPortInErrors) {
  const uint16_t taken = listen({.address = "127.0.0.1"});
  const Result<std::vector<BoundAddress>> conflict =
      port->listen({.address = "127.0.0.1", .port = taken});
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().kind, ErrorKind::kConflict);
  EXPECT_NE(conflict.error().message.find("127.0.0.1:" + std::to_string(taken)), std::string::npos);
  const Result<std::vector<BoundAddress>> unknown =
      port->listen({.address = "no-such-host.invalid"});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kInvalidInput);
  const Result<std::vector<BoundAddress>> foreign = port->listen({.address = "192.0.2.1"});
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, ErrorKind::kInvalidInput);
  const Result<std::vector<BoundAddress>> keyless =
      port->listen({.address = "127.0.0.1", .tls = TlsMode::kOn});
  ASSERT_FALSE(keyless);
  EXPECT_EQ(keyless.error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(port->bound().size(), 1U);
}

TEST_F(ListenerTest, StopsListeningAndKeepsConnections) {
  const uint16_t number = listen();
  echo();
  PlainClient client(number);
  ASSERT_TRUE(until([&] { return handler.opened.size() == 1; }));
  port->stop_listening();
  EXPECT_TRUE(port->bound().empty());
  client.send(frame("still"));
  ASSERT_TRUE(until([&] { return client.received == frame("still"); }, [&] { client.pump(); }));
  // The port is free again at once.
  ClientPort second(loop, handler, {});
  EXPECT_TRUE(second.listen({.address = "127.0.0.1", .port = number}));
}

TEST(SocketAddress, CountsIpv4AndMappedAddressesAsOne) {
  sockaddr_storage four{};
  auto& in4 = reinterpret_cast<sockaddr_in&>(four);
  in4.sin_family = AF_INET;
  in4.sin_addr.s_addr = htonl(0xC0000207);
  in4.sin_port = htons(2181);
  sockaddr_storage six{};
  auto& in6 = reinterpret_cast<sockaddr_in6&>(six);
  in6.sin6_family = AF_INET6;
  in6.sin6_addr.s6_addr[10] = 0xFF;
  in6.sin6_addr.s6_addr[11] = 0xFF;
  in6.sin6_addr.s6_addr[12] = 0xC0;
  in6.sin6_addr.s6_addr[14] = 0x02;
  in6.sin6_addr.s6_addr[15] = 0x07;
  in6.sin6_port = htons(2181);
  EXPECT_EQ(SocketAddress::from(four).host, SocketAddress::from(six).host);
  EXPECT_EQ(SocketAddress::from(six).host_text(), "192.0.2.7");
  EXPECT_EQ(SocketAddress::from(four).port, 2181);
  EXPECT_EQ(std::hash<HostKey>{}(SocketAddress::from(four).host),
            std::hash<HostKey>{}(SocketAddress::from(six).host));
}

}  // namespace
}  // namespace quorate::net::test
