// The election mesh with mutual TLS: a certificate is bound to the member that it is for.
#include <gtest/gtest.h>

#include "server/net/tls_context.h"
#include "tests/server/net/test_certificates.h"
#include "tests/server/peers/mesh_member.h"

namespace quorate::peers::test {
namespace {

using net::TlsContext;
using net::TlsOptions;
using net::TlsSide;

class ElectionTlsTest : public testing::Test {
 protected:
  std::shared_ptr<TlsContext> context(const std::string& name, const net::test::Issued& issued,
                                      TlsSide side) const {
    TlsOptions options{.side = side,
                       .key_store = {.path = directory.write(name + ".pem", issued.both_pem())},
                       .trust_store = {.path = directory.write("ca.pem", authority.pem())}};
    auto made = TlsContext::create(std::move(options), net::test::wall_now());
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return *made;
  }
  std::unique_ptr<MeshMember> member(int64_t id, const net::test::Issued& issued,
                                     net::TlsMode mode = net::TlsMode::kOn) {
    const std::string name = std::to_string(id);
    return std::make_unique<MeshMember>(
        loop, id,
        MeshOptions{.tls_client = context(name + "c", issued, TlsSide::kClient),
                    .verify_client_host = true},
        net::ListenOptions{.tls = mode,
                           .tls_context = context(name + "s", issued, TlsSide::kServer)});
  }
  bool connect(MeshMember& a, MeshMember& b) {
    a.know({&b}, "localhost");
    b.know({&a}, "localhost");
    return loop.run_until([&] {
      return (a.connected(b.id()) && b.connected(a.id())) || !a.suspicions.empty() ||
             !b.suspicions.empty();
    }) && a.connected(b.id()) &&
           b.connected(a.id());
  }

  Loop loop;
  net::test::TemporaryDirectory directory;
  net::test::Authority authority{"Ensemble"};
  net::test::Issued good = authority.issue(
      {.common_name = "member", .alternative_names = {"DNS:localhost", "IP:127.0.0.1"}});
  net::test::Issued other =
      authority.issue({.common_name = "other", .alternative_names = {"DNS:elsewhere"}});
};

TEST_F(ElectionTlsTest, MembersSpeak) {
  const auto one = member(1, good);
  const auto two = member(2, good);
  ASSERT_TRUE(connect(*one, *two));
  one->say(2, 7);
  EXPECT_TRUE(loop.run_until([&] { return two->heard(1) == 7; }));
}

TEST_F(ElectionTlsTest, APeerWithTheCertificateOfAnotherHostIsNotCalled) {
  const auto one = member(1, other);
  const auto two = member(2, good);
  EXPECT_FALSE(connect(*one, *two));
  ASSERT_TRUE(loop.run_until([&] { return !two->suspicions[1].empty(); }));
  EXPECT_NE(two->suspicions[1].front().find("ertificate verify failed"), std::string::npos)
      << two->suspicions[1].front();
}

TEST_F(ElectionTlsTest, ACallerWithTheCertificateOfAnotherHostIsTurnedAway) {
  const auto one = member(1, good);
  const auto two = member(2, other);  // The greater id calls.
  one->mesh().set_peers({{ServerId{2}, {{"localhost", two->port()}}}});
  two->know({one.get()}, "localhost");
  ASSERT_TRUE(loop.run_until([&] { return !one->refused.empty(); }));
  EXPECT_EQ(one->refused.front(), "its certificate is not for a host of server.2");
  EXPECT_FALSE(one->connected(2));
}

TEST_F(ElectionTlsTest, WithoutTlsNobodyIsHeard) {
  const auto one = member(1, good);
  MeshMember plain(loop, 2);
  plain.know({one.get()});
  ASSERT_TRUE(loop.run_until([&] { return !one->refused.empty(); }));
  EXPECT_NE(one->refused.front().find("does not speak TLS"), std::string::npos)
      << one->refused.front();
  EXPECT_EQ(one->connections[2], 0);
}

TEST_F(ElectionTlsTest, WithPortUnificationBothAreHeard) {
  MeshMember plain(loop, 3);
  net::ListenOptions both{.tls = net::TlsMode::kBoth,
                          .tls_context = context("s", good, TlsSide::kServer)};
  MeshMember one(loop, 1, {}, both);
  plain.know({&one});
  ASSERT_TRUE(loop.run_until([&] { return one.connected(3); }));
  const auto two = member(2, good);
  two->know({&one}, "localhost");
  EXPECT_TRUE(loop.run_until([&] { return one.connected(2); }));
}

}  // namespace
}  // namespace quorate::peers::test
