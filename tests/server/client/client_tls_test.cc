// The client over TLS: who is trusted, and what is said when not.
#include <gtest/gtest.h>

#include "server/client/client.h"
#include "tests/server/client/fake_server.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::client {
namespace {

using net::TlsContext;
using net::TlsOptions;
using net::test::Authority;
using net::test::IssueOptions;
using net::test::TemporaryDirectory;
using test::FakeServer;

class ClientTls : public testing::Test {
 protected:
  std::shared_ptr<TlsContext> server_context(const std::string& name,
                                             net::ClientAuthentication authentication) {
    IssueOptions issue;
    issue.common_name = "server";
    issue.alternative_names = {name};
    const auto issued = authority.issue(issue);
    TlsOptions options;
    options.key_store.path = directory.write("server.pem", issued.both_pem());
    options.trust_store.path = directory.write("ca.pem", authority.pem());
    options.client_authentication = authentication;
    return TlsContext::create(options, net::test::wall_now()).value();
  }
  TlsOptions client_options(const Authority& trusted) {
    TlsOptions options;
    options.side = net::TlsSide::kClient;
    options.trust_store.path = directory.write("trusted.pem", trusted.pem());
    return options;
  }
  /// Runs one request; the error's name, or why no connection came about.
  std::string talk(const FakeServer& server, const TlsOptions& tls) {
    ClientOptions options;
    options.servers = parse_connect_string(server.address()).value();
    options.tls = TlsContext::create(tls, net::test::wall_now()).value();
    Client client(options);
    const auto outcome = client.run(client.calls().exists("/"));
    return outcome.ok() ? "ok" : client.last_failure();
  }

  TemporaryDirectory directory;
  Authority authority{"Test authority"};
};

constexpr auto kNone = net::ClientAuthentication::kNone;
constexpr auto kNeed = net::ClientAuthentication::kNeed;

TEST_F(ClientTls, TalksToATrustedServer) {
  FakeServer server(0, server_context("IP:127.0.0.1", kNone));
  EXPECT_EQ(talk(server, client_options(authority)), "ok");
}

TEST_F(ClientTls, RefusesAnUnknownAuthority) {
  FakeServer server(0, server_context("IP:127.0.0.1", kNone));
  const Authority other("Other authority");
  EXPECT_NE(talk(server, client_options(other)).find("TLS handshake"), std::string::npos);
}

TEST_F(ClientTls, RefusesACertificateForAnotherHostUnlessTold) {
  FakeServer server(0, server_context("DNS:elsewhere.example", kNone));
  TlsOptions options = client_options(authority);
  EXPECT_NE(talk(server, options).find("TLS handshake"), std::string::npos);
  options.verify_host_name = false;
  EXPECT_EQ(talk(server, options), "ok");
}

TEST_F(ClientTls, ShowsItsOwnCertificateWhereOneIsNeeded) {
  FakeServer server(0, server_context("IP:127.0.0.1", kNeed));
  TlsOptions options = client_options(authority);
  EXPECT_NE(talk(server, options), "ok");
  IssueOptions issue;
  issue.common_name = "client";
  options.key_store.path = directory.write("client.pem", authority.issue(issue).both_pem());
  EXPECT_EQ(talk(server, options), "ok");
}

}  // namespace
}  // namespace quorate::client
