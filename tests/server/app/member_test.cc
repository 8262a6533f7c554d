// Keys whose effect is seen from outside, on whole members: throttles, certificates, revocation.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/server/app/running_member.h"

namespace quorate::app {
namespace {

using net::test::Authority;
using net::test::ClientContext;
using net::test::Issued;
using net::test::TemporaryDirectory;
using wire::ErrorCode;
using wire::OpCode;
using Names = std::vector<std::string>;

wire::CreateRequest create(std::string_view path, std::string_view data) {
  return {.path = path, .data = data, .acls = wire::open_acl()};
}

TEST(Member, TheConnectionThrottleClosesWhoFindsNoToken) {
  RunningMember member(
      "clientPort=0\nconnection_throttle_tokens=2\nconnection_throttle_fill_time=3600000\n");
  PlainTalker first(member);
  PlainTalker second(member);
  PlainTalker third(member);
  EXPECT_TRUE(first.open());
  EXPECT_TRUE(second.open());
  EXPECT_FALSE(third.open());
  EXPECT_TRUE(third.transport().over());
  first.send(1, OpCode::kCreate, create("/a", "x"));
  EXPECT_EQ(first.reply().error, ErrorCode::kOk) << "others are unharmed";
  const report::Inputs inputs = member.inputs();
  EXPECT_EQ(inputs.net.rejected, 1U);
  EXPECT_EQ(inputs.net.connection_token_deficit.count(), 2U);
}

TEST(Member, TheRequestThrottleDelaysAndAnswersEverythingInOrder) {
  RunningMember member("clientPort=0\nrequest_throttle_max_requests=3\n");
  std::vector<std::unique_ptr<PlainTalker>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<PlainTalker>(member));
    ASSERT_TRUE(clients.back()->open());
  }
  constexpr int32_t kRequests = 200;
  for (size_t i = 0; i < clients.size(); ++i) {
    const std::string path = "/" + std::to_string(i);
    clients[i]->send(1, OpCode::kCreate, create(path, "x"));
    for (int32_t xid = 2; xid <= kRequests; ++xid) {
      clients[i]->send(xid, xid % 2 == 0 ? OpCode::kSetData : OpCode::kExists,
                       wire::SetDataRequest{.path = path, .data = "y"});
    }
  }
  int64_t most = 0;
  for (const auto& client : clients) {
    for (int32_t xid = 1; xid <= kRequests; ++xid) {
      const wire::ReplyHeader header = client->reply();
      ASSERT_EQ(header.xid, xid);
      if (xid % 2 == 0) {
        ASSERT_EQ(header.error, ErrorCode::kOk);
      }
      most = std::max(most, member.inputs().status.outstanding_count);
    }
  }
  EXPECT_LE(most, 3);
  EXPECT_GT(member.inputs().net.throttle_waits, 0U);
  EXPECT_GT(member.inputs().net.throttle_wait_time.count(), 0U);
}

TEST(Member, LargeRequestsThatAreDoneMakeRoomForOthers) {
  RunningMember member("clientPort=0\nlargeRequestThreshold=1000\nlargeRequestMaxBytes=5000\n");
  PlainTalker client(member);
  ASSERT_TRUE(client.open());
  const std::string data(2000, 'x');
  client.send(1, OpCode::kCreate, create("/a", data));
  EXPECT_EQ(client.reply().error, ErrorCode::kOk);
  for (int32_t xid = 2; xid < 20; ++xid) {
    client.send(xid, OpCode::kSetData, wire::SetDataRequest{.path = "/a", .data = data});
    ASSERT_EQ(client.reply().error, ErrorCode::kOk) << xid;
  }
  client.send(20, OpCode::kSetData,
              wire::SetDataRequest{.path = "/a", .data = std::string(6000, 'x')});
  EXPECT_EQ(client.take(), "");
  EXPECT_EQ(member.inputs().net.large_requests_rejected, 1U);
}

/// Files of a member with TLS, and clients that it knows.
class TlsMember : public ::testing::Test {
 protected:
  TlsMember() {
    server_ = authority_.issue(
        {.common_name = "localhost", .alternative_names = {"DNS:localhost", "IP:127.0.0.1"}});
    known_ = authority_.issue(
        {.common_name = "known",
         .alternative_names = {"URI:spiffe://prod/billing", "DNS:a.b", "IP:127.0.0.1"}});
    other_ = authority_.issue({.common_name = "other", .alternative_names = {"IP:10.9.8.7"}});
    files_.write("key.pem", server_->both_pem());
    files_.write("trust.pem", authority_.pem());
  }
  [[nodiscard]] std::string path(const std::string& name) const {
    return (files_.path() / name).string();
  }
  [[nodiscard]] std::string lines(const std::string& more) const {
    return "secureClientPort=0\nssl.keyStore.location=" + path("key.pem") +
           "\nssl.trustStore.location=" + path("trust.pem") + "\n" + more;
  }
  /// The ids of the connection beside its address, as scheme:id; nothing without a session.
  std::optional<Names> ids(RunningMember& member, const Issued& own) {
    ClientContext context(authority_.pem(), &own);
    TlsTalker client(member, context.get());
    if (!client.open()) {
      return std::nullopt;
    }
    client.send(1, OpCode::kWhoAmI, wire::WhoAmIRequest{});
    const std::string payload = client.take();
    wire::Reader reader(payload);
    EXPECT_EQ(wire::read_reply_header(reader).error, ErrorCode::kOk);
    Names found;
    for (int32_t count = reader.get_int(); count > 0; --count) {
      const std::string scheme(reader.get_string());
      const std::string id(reader.get_string());
      if (scheme != "ip") {
        found.push_back(scheme + ":" + id);
      }
    }
    EXPECT_TRUE(reader.ok());
    return found;
  }

  TemporaryDirectory files_;
  Authority authority_{"Test Authority"};
  std::optional<Issued> server_;
  std::optional<Issued> known_;
  std::optional<Issued> other_;
};

TEST_F(TlsMember, TheSubjectIsTheIdUnlessAnAlternativeNameIs) {
  {
    RunningMember member(lines(""));
    EXPECT_EQ(ids(member, *known_), Names{"x509:CN=known,O=Quorate"});
  }
  RunningMember member(
      lines("ssl.x509.clientCertIdType=SAN\nssl.x509.clientCertIdSanMatchType=6\n"
            "ssl.x509.clientCertIdSanMatchRegex=^spiffe://\n"
            "ssl.x509.clientCertIdSanExtractRegex=^spiffe://[^/]+/(.*)$\n"
            "ssl.x509.clientCertIdSanExtractMatcherGroupIndex=1\n"
            "X509AuthenticationProvider.superUser=billing\n"));
  EXPECT_EQ(ids(member, *known_), (Names{"super:billing", "x509:billing"}));
  EXPECT_EQ(ids(member, *other_), Names{"x509:CN=other,O=Quorate"}) << "the subject stands in";
}

TEST_F(TlsMember, RevokedCertificatesAreRefused) {
  files_.write("crl.pem", authority_.revocations_pem({&*other_}));
  RunningMember member(lines("ssl.crl=true\nssl.crlFile=" + path("crl.pem") + "\n"));
  EXPECT_TRUE(ids(member, *known_));
  EXPECT_FALSE(ids(member, *other_));
}

TEST_F(TlsMember, RevocationListsMayLieInTheTrustStore) {
  files_.write("trust.pem", authority_.pem() + authority_.revocations_pem({&*other_}));
  RunningMember member(lines("ssl.crl=true\n"));
  EXPECT_TRUE(ids(member, *known_));
  EXPECT_FALSE(ids(member, *other_));
}

TEST_F(TlsMember, WithoutAnyListTheMemberDoesNotStart) {
  EXPECT_FALSE(RunningMember(lines("ssl.crl=true\n")).started());
}

TEST_F(TlsMember, ACertificateForAnotherAddressIsRefusedIfAsked) {
  RunningMember member(lines("ssl.clientHostnameVerification=true\n"));
  EXPECT_TRUE(ids(member, *known_));
  EXPECT_FALSE(ids(member, *other_));
}

TEST_F(TlsMember, AClientPortMaySpeakBoth) {
  RunningMember member("clientPort=0\nclient.portUnification=true\nssl.keyStore.location=" +
                       path("key.pem") + "\nssl.trustStore.location=" + path("trust.pem") + "\n");
  EXPECT_EQ(ids(member, *known_), Names{"x509:CN=known,O=Quorate"});
  PlainTalker plain(member);
  EXPECT_TRUE(plain.open());
}

}  // namespace
}  // namespace quorate::app
