// TlsContext: what it refuses, reload under traffic, expiry, cipher names, the client side.
#include "server/net/tls_context.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "server/net/certificate.h"
#include "server/net/certificate_watch.h"
#include "server/net/cipher_suites.h"
#include "tests/server/net/tls_fixture.h"

namespace quorate::net::test {
namespace {

namespace fs = std::filesystem;

class TlsContextTest : public TlsFixture {
 protected:
  static std::string failure(TlsOptions options) {
    const Result<std::shared_ptr<TlsContext>> made =
        TlsContext::create(std::move(options), wall_now());
    return made ? "" : made.error().message;
  }

  // Replaces a file as tools do: a new one beside it, then a rename.
  void replace(const std::string& name, const std::string& content) const {
    const std::string fresh = directory.write(name + ".new", content);
    fs::rename(fresh, directory.path() / name);
  }

  ReloadResult reload() const { return context->reload_if_changed(wall_now()); }
};

TEST_F(TlsContextTest, ExplainsWhatIsMissing) {
  EXPECT_NE(failure({}).find("ssl.keyStore.location"), std::string::npos);
  TlsOptions options = server_options(ClientAuthentication::kNeed);
  options.trust_store = {};
  EXPECT_NE(failure(options).find("ssl.trustStore.location"), std::string::npos);
  options = server_options(ClientAuthentication::kNone);
  options.protocols = {"TLSv1.1"};
  EXPECT_NE(failure(options).find("TLSv1.1"), std::string::npos);
  options = server_options(ClientAuthentication::kNone);
  options.cipher_suites = {"TLS_NO_SUCH_SUITE"};
  EXPECT_NE(failure(options).find("TLS_NO_SUCH_SUITE"), std::string::npos);
  options = server_options(ClientAuthentication::kNone);
  options.protocols = {"TLSv1.3"};
  options.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"};
  EXPECT_NE(failure(options).find("no cipher suite"), std::string::npos);
  options = server_options(ClientAuthentication::kNeed);
  options.check_revocation = true;
  EXPECT_NE(failure(options).find("no revocation list"), std::string::npos);
  options.crl_path = "/no/such/list";
  EXPECT_NE(failure(options).find("/no/such/list"), std::string::npos);
}

TEST_F(TlsContextTest, KnowsTheDaysToExpiry) {
  const Issued brief = authority.issue({.common_name = "brief", .valid_to_days = 7});
  const std::shared_ptr<TlsContext> made =
      make_context({.key_store = {.path = directory.write("brief.pem", brief.both_pem())},
                    .client_authentication = ClientAuthentication::kNone});
  const WallMillis now = wall_now();
  EXPECT_EQ(made->days_to_expiry(now), 6);
  EXPECT_EQ(made->days_to_expiry({now.value + int64_t{10} * 86'400'000}), -4);
  EXPECT_EQ(made->state().subject, "CN=brief,O=Quorate");
}

TEST_F(TlsContextTest, ReloadsUnderTrafficWithoutDroppingAConnection) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  ClientContext own(authority.pem());
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int generation = 0; generation < 5; ++generation) {
    const std::string name = "generation-" + std::to_string(generation);
    const Issued next =
        authority.issue({.common_name = name, .alternative_names = {"DNS:localhost"}});
    replace("server.pem", next.both_pem());
    EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
    EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
    clients.push_back(std::make_unique<TlsClient>(number, own.get(), "localhost"));
    for (int round = 0; round < 20; ++round) {
      for (const std::unique_ptr<TlsClient>& client : clients) {
        client->received.clear();
        client->send(frame("round trip"));
      }
      ASSERT_TRUE(until(
          [&] {
            return std::all_of(clients.begin(), clients.end(), [](const auto& client) {
              return client->received == frame("round trip");
            });
          },
          [&] {
            for (const std::unique_ptr<TlsClient>& client : clients) {
              client->pump();
            }
          }));
    }
    const CertificateHandle seen(SSL_get1_peer_certificate(clients.back()->ssl()));
    EXPECT_EQ(subject_text(seen.get()), "CN=" + name + ",O=Quorate");
  }
  EXPECT_TRUE(handler.closed.empty());
  EXPECT_TRUE(handler.rejected.empty());
  EXPECT_EQ(context->state().reloads, 5U);
}

TEST_F(TlsContextTest, ABadNewFileKeepsTheOldOneAndIsReportedOnce) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  const Issued other = authority.issue({.common_name = "other"});
  replace("server.pem", server.certificate_pem() + other.key_pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);  // Perhaps the key is on its way.
  const ReloadResult failed = reload();
  EXPECT_EQ(failed.outcome, ReloadOutcome::kFailed);
  EXPECT_NE(failed.message.find("server.pem"), std::string::npos);
  EXPECT_NE(failed.message.find("does not match"), std::string::npos);
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
  ClientContext own(authority.pem());
  TlsClient client(number, own.get(), "localhost");
  client.send(frame("still here"));
  ASSERT_TRUE(
      until([&] { return client.received == frame("still here"); }, [&] { client.pump(); }));
  fs::remove(directory.path() / "server.pem");
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
  EXPECT_EQ(reload().outcome, ReloadOutcome::kFailed);
  EXPECT_EQ(context->state().reload_failures, 2U);
  // The old content again is no change; new content is.
  replace("server.pem", server.both_pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
  replace("server.pem", other.both_pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
}

TEST_F(TlsContextTest, AnExpiredNewCertificateIsRefused) {
  listen_tls(ClientAuthentication::kNone);
  const Issued expired =
      authority.issue({.common_name = "server", .valid_from_days = -9, .valid_to_days = -1});
  replace("server.pem", expired.both_pem());
  (void)reload();
  EXPECT_NE(reload().message.find("expired"), std::string::npos);
}

TEST_F(TlsContextTest, CertificateAndKeyReplacedOneAfterTheOtherRaiseNoAlarm) {
  const Issued next = authority.issue({.common_name = "next"});
  TlsOptions options = server_options(ClientAuthentication::kNone);
  options.key_store = {.path = directory.write("tls.crt", server.certificate_pem()),
                       .key_path = directory.write("tls.key", server.key_pem())};
  context = make_context(options);
  replace("tls.crt", next.certificate_pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
  replace("tls.key", next.key_pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
  EXPECT_EQ(context->state().reload_failures, 0U);
}

TEST_F(TlsContextTest, FollowsTheLinkThatKubernetesSwaps) {
  const Issued next = authority.issue({.common_name = "next"});
  const auto publish = [&](const std::string& version, const Issued& issued) {
    const fs::path folder = directory.path() / version;
    fs::create_directory(folder);
    directory.write(version + "/tls.pem", issued.both_pem());
    fs::create_directory_symlink(version, directory.path() / "..data.tmp");
    fs::rename(directory.path() / "..data.tmp", directory.path() / "..data");
  };
  publish("..v1", server);
  fs::create_symlink("..data/tls.pem", directory.path() / "tls.pem");
  TlsOptions options = server_options(ClientAuthentication::kNone);
  options.key_store = {.path = (directory.path() / "tls.pem").string()};
  context = make_context(options);
  EXPECT_EQ(reload().outcome, ReloadOutcome::kUnchanged);
  publish("..v2", next);
  EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
  EXPECT_EQ(context->state().subject, "CN=next,O=Quorate");
}

TEST_F(TlsContextTest, ANewAuthorityIsTrustedAndTheOldOneNoMore) {
  const uint16_t number = listen_tls(ClientAuthentication::kNeed);
  echo();
  Authority next("Next");
  const Issued old_client = authority.issue({.common_name = "old"});
  const Issued new_client = next.issue({.common_name = "new"});
  replace("ca.pem", next.pem());
  EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
  ClientContext new_context(authority.pem(), &new_client);
  TlsClient welcome(number, new_context.get());
  welcome.send(frame("hello"));
  ASSERT_TRUE(until([&] { return welcome.received == frame("hello"); }, [&] { welcome.pump(); }));
  ClientContext old_context(authority.pem(), &old_client);
  TlsClient refused(number, old_context.get());
  ASSERT_TRUE(
      until([&] { return refused.over() && !handler.rejected.empty(); }, [&] { refused.pump(); }));
}

TEST_F(TlsContextTest, MayBeSharedByThreads) {
  context = make_context(server_options(ClientAuthentication::kNone));
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_NE(context->current(), nullptr);
      EXPECT_FALSE(context->state().subject.empty());
    }
  });
  for (int i = 0; i < 50; ++i) {
    const Issued next = authority.issue({.common_name = "next"});
    replace("server.pem", next.both_pem());
    EXPECT_EQ(reload().outcome, ReloadOutcome::kReloaded);
  }
}

TEST_F(TlsContextTest, AWatchReloadsByItself) {
  class Listener final : public ReloadListener {
   public:
    void on_reload(const ReloadResult& result) override { results.push_back(result); }
    std::vector<ReloadResult> results;
  } listener;
  context = make_context(server_options(ClientAuthentication::kNone));
  auto watch =
      std::make_unique<CertificateWatch>(loop, context, listener, std::chrono::milliseconds(10));
  const Issued next = authority.issue({.common_name = "next"});
  replace("server.pem", next.both_pem());
  ASSERT_TRUE(until([&] { return listener.results.size() == 1; }));
  EXPECT_EQ(listener.results.back().outcome, ReloadOutcome::kReloaded);
  EXPECT_EQ(context->state().subject, "CN=next,O=Quorate");
  replace("server.pem", "junk");
  ASSERT_TRUE(until([&] { return listener.results.size() == 2; }));
  EXPECT_EQ(listener.results.back().outcome, ReloadOutcome::kFailed);
  watch.reset();
  loop.restart();
  EXPECT_LE(loop.run_for(std::chrono::milliseconds(50)), 1U);  // At most the cancelled wait.
}

TEST_F(TlsContextTest, ClientsVerifyTheServerAndItsName) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  Authority foreign("Elsewhere");
  const std::string trusted = directory.write("trusted.pem", authority.pem());
  const std::string untrusted = directory.write("untrusted.pem", foreign.pem());
  struct Case {
    std::string trust;
    std::string host;
    bool verify_host_name;
    bool accepted;
  };
  for (const Case& one :
       {Case{trusted, "localhost", true, true}, Case{trusted, "127.0.0.1", true, true},
        Case{trusted, "example.org", true, false}, Case{trusted, "192.0.2.1", true, false},
        Case{trusted, "example.org", false, true}, Case{untrusted, "localhost", true, false},
        Case{"", "localhost", true, false}}) {
    const std::shared_ptr<TlsContext> own =
        make_context({.side = TlsSide::kClient,
                      .trust_store = {.path = one.trust},
                      .verify_host_name = one.verify_host_name});
    ASSERT_NE(own, nullptr);
    const std::shared_ptr<ssl_ctx_st> current = own->current();
    TlsClient client(number, current.get());
    ASSERT_TRUE(prepare_client_handshake(client.ssl(), own->options(), one.host));
    client.send(frame("hello"));
    ASSERT_TRUE(
        until([&] { return client.over() || !client.received.empty(); }, [&] { client.pump(); }));
    EXPECT_EQ(client.received == frame("hello"), one.accepted) << one.host << " " << client.error;
  }
}

TEST_F(TlsContextTest, ClientsMayPresentACertificate) {
  const uint16_t number = listen_tls(ClientAuthentication::kNeed);
  echo();
  const Issued identity = authority.issue({.common_name = "shell"});
  const std::shared_ptr<TlsContext> own = make_context(
      {.side = TlsSide::kClient,
       .key_store = {.path = directory.write("shell.p12", identity.pkcs12("pw")), .password = "pw"},
       .trust_store = {.path = directory.write("trusted.pem", authority.pem())}});
  const std::shared_ptr<ssl_ctx_st> current = own->current();
  TlsClient client(number, current.get());
  ASSERT_TRUE(prepare_client_handshake(client.ssl(), own->options(), "localhost"));
  client.send(frame("hello"));
  ASSERT_TRUE(
      until([&] { return client.over() || !client.received.empty(); }, [&] { client.pump(); }));
  EXPECT_EQ(client.received, frame("hello")) << client.error;
  EXPECT_EQ(handler.opened.front().certificate->subject, "CN=shell,O=Quorate");
}

TEST_F(TlsContextTest, ServesTheStoresThatKeytoolWrote) {
  for (const auto& [name, password] : {std::pair{"server.jks", "secret-P\xC3\xA4ssword"},
                                       {"server.jceks", "secret-password"},
                                       {"server.p12", "secret-password"},
                                       {"legacy.p12", "secret-password"}}) {
    const uint16_t number = listen_tls({.key_store = {.path = testdata(name), .password = password},
                                        .client_authentication = ClientAuthentication::kNone});
    echo();
    ClientContext own(read_bytes(testdata("ca.pem")));
    TlsClient client(number, own.get(), "localhost");
    client.send(frame("hello"));
    ASSERT_TRUE(
        until([&] { return client.over() || !client.received.empty(); }, [&] { client.pump(); }));
    EXPECT_EQ(client.received, frame("hello")) << name << ": " << client.error;
  }
}

TEST(CipherSuites, TranslatesJavaAndOpenSslNames) {
  const Result<CipherLists> lists =
      translate_cipher_suites({"TLS_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                               "SSL_RSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-CHACHA20-POLY1305"});
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_EQ(lists->tls13, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(lists->tls12, "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA:ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_FALSE(translate_cipher_suites({"TLS_NULL_WITH_NULL_NULL"}));
  EXPECT_FALSE(translate_cipher_suites({"ALL:@SECLEVEL=0"}));
  EXPECT_FALSE(translate_cipher_suites({""}));
}

}  // namespace
}  // namespace quorate::net::test
