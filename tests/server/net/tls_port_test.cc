// TLS on the client port: authentication of clients, wrong bytes, unification, deadlines, transfer.
#include <sys/socket.h>

#include <openssl/pem.h>
#include "tests/server/net/tls_fixture.h"

namespace quorate::net::test {
namespace {

using std::chrono::milliseconds;

class TlsPortTest : public TlsFixture {
 protected:
  // One round trip; false if the connection ends instead.
  bool round_trip(TlsClient& client, const std::string& bytes) {
    client.send(bytes);
    const size_t expected = client.received.size() + bytes.size();
    return until([&] { return client.received.size() == expected || client.over(); },
                 [&] { client.pump(); }) &&
           !client.over();
  }
};

TEST_F(TlsPortTest, ServesBothProtocolVersions) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ClientContext own(authority.pem());
    SSL_CTX_set_min_proto_version(own.get(), version);
    SSL_CTX_set_max_proto_version(own.get(), version);
    TlsClient client(number, own.get(), "localhost");
    EXPECT_TRUE(round_trip(client, frame("hello"))) << client.error;
    EXPECT_EQ(SSL_version(client.ssl()), version);
  }
  EXPECT_TRUE(handler.opened.front().secure);
  EXPECT_FALSE(handler.opened.front().certificate);
  EXPECT_EQ(port->stats().handshaking, 0U);
}

TEST_F(TlsPortTest, NeverSpeaksOldProtocols) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  ClientContext own(authority.pem());
  SSL_CTX_set_security_level(own.get(), 0);
  SSL_CTX_set_min_proto_version(own.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(own.get(), TLS1_1_VERSION);
  TlsClient client(number, own.get());
  ASSERT_TRUE(
      until([&] { return client.over() && !handler.rejected.empty(); }, [&] { client.pump(); }));
  EXPECT_EQ(rejection().reason.cause, CloseCause::kTlsFailed);
}

TEST_F(TlsPortTest, NeedTakesAVerifiedCertificateOnly) {
  const uint16_t number = listen_tls(ClientAuthentication::kNeed);
  echo();
  const Issued identity =
      authority.issue({.common_name = "alice", .alternative_names = {"email:alice@example.org"}});
  ClientContext with(authority.pem(), &identity);
  TlsClient client(number, with.get());
  ASSERT_TRUE(round_trip(client, frame("hello"))) << client.error;
  ASSERT_TRUE(handler.opened.front().certificate);
  EXPECT_EQ(handler.opened.front().certificate->subject, "CN=alice,O=Quorate");
  EXPECT_EQ(handler.opened.front().certificate->alternative_names.front().value,
            "alice@example.org");
  EXPECT_FALSE(handler.opened.front().certificate->der.empty());
  ClientContext without(authority.pem());
  TlsClient anonymous(number, without.get());
  ASSERT_TRUE(until([&] { return anonymous.over() && !handler.rejected.empty(); },
                    [&] { anonymous.pump(); }));
  EXPECT_EQ(rejection().reason.cause, CloseCause::kTlsFailed);
  EXPECT_TRUE(rejection().secure);
  EXPECT_NE(rejection().reason.detail.find("did not return a certificate"), std::string::npos)
      << rejection().reason.detail;
  EXPECT_EQ(port->stats().tls_failed, 1U);
}

TEST_F(TlsPortTest, WantTakesNoneOrAVerifiedOne) {
  const uint16_t number = listen_tls(ClientAuthentication::kWant);
  echo();
  ClientContext without(authority.pem());
  TlsClient anonymous(number, without.get());
  ASSERT_TRUE(round_trip(anonymous, frame("hello"))) << anonymous.error;
  EXPECT_FALSE(handler.opened.back().certificate);
  const Issued identity = authority.issue({.common_name = "bob"});
  ClientContext with(authority.pem(), &identity);
  TlsClient known(number, with.get());
  ASSERT_TRUE(round_trip(known, frame("hello"))) << known.error;
  EXPECT_EQ(handler.opened.back().certificate->subject, "CN=bob,O=Quorate");
  Authority foreign("Elsewhere");
  const Issued stranger = foreign.issue({.common_name = "bob"});
  ClientContext wrong(authority.pem(), &stranger);
  TlsClient refused(number, wrong.get());
  ASSERT_TRUE(
      until([&] { return refused.over() && !handler.rejected.empty(); }, [&] { refused.pump(); }));
}

TEST_F(TlsPortTest, RefusesCertificatesOfAnotherAuthorityAndExpiredOnes) {
  const uint16_t number = listen_tls(ClientAuthentication::kNeed);
  Authority foreign("Root");  // Same name, another key.
  const Issued stranger = foreign.issue({.common_name = "alice"});
  const Issued expired =
      authority.issue({.common_name = "alice", .valid_from_days = -10, .valid_to_days = -1});
  const Issued future =
      authority.issue({.common_name = "alice", .valid_from_days = 5, .valid_to_days = 10});
  for (const auto& [identity, reason] :
       {std::pair<const Issued*, const char*>{&stranger, "signature"},
        {&expired, "expired"},
        {&future, "not yet valid"}}) {
    handler.rejected.clear();
    ClientContext own(authority.pem(), identity);
    TlsClient client(number, own.get());
    ASSERT_TRUE(
        until([&] { return client.over() && !handler.rejected.empty(); }, [&] { client.pump(); }));
    EXPECT_EQ(rejection().reason.cause, CloseCause::kTlsFailed);
    EXPECT_NE(rejection().reason.detail.find(reason), std::string::npos)
        << rejection().reason.detail;
  }
  EXPECT_TRUE(handler.opened.empty());
}

TEST_F(TlsPortTest, RefusesRevokedCertificates) {
  const Issued good = authority.issue({.common_name = "good"});
  const Issued bad = authority.issue({.common_name = "bad"});
  TlsOptions options = server_options(ClientAuthentication::kNeed);
  options.check_revocation = true;
  options.crl_path = directory.write("crl.pem", authority.revocations_pem({&bad}));
  const uint16_t number = listen_tls(options);
  echo();
  ClientContext good_context(authority.pem(), &good);
  TlsClient welcome(number, good_context.get());
  EXPECT_TRUE(round_trip(welcome, frame("hello"))) << welcome.error;
  ClientContext bad_context(authority.pem(), &bad);
  TlsClient refused(number, bad_context.get());
  ASSERT_TRUE(
      until([&] { return refused.over() && !handler.rejected.empty(); }, [&] { refused.pump(); }));
  EXPECT_NE(rejection().reason.detail.find("revoked"), std::string::npos);
}

TEST_F(TlsPortTest, ChecksTheClientsAddressWhenAsked) {
  TlsOptions options = server_options(ClientAuthentication::kNeed);
  options.verify_client_host_name = true;
  const uint16_t number = listen_tls(options);
  echo();
  const Issued named =
      authority.issue({.common_name = "here", .alternative_names = {"IP:127.0.0.1"}});
  ClientContext named_context(authority.pem(), &named);
  TlsClient welcome(number, named_context.get());
  EXPECT_TRUE(round_trip(welcome, frame("hello"))) << welcome.error;
  const Issued elsewhere =
      authority.issue({.common_name = "there", .alternative_names = {"IP:192.0.2.9"}});
  ClientContext elsewhere_context(authority.pem(), &elsewhere);
  TlsClient refused(number, elsewhere_context.get());
  ASSERT_TRUE(
      until([&] { return refused.over() && !handler.rejected.empty(); }, [&] { refused.pump(); }));
  EXPECT_EQ(handler.opened.size(), 1U);
}

TEST_F(TlsPortTest, TrustsThroughAnIntermediateThatTheClientSends) {
  const uint16_t number = listen_tls(ClientAuthentication::kNeed);
  echo();
  Authority below = authority.subordinate("Department");
  const Issued identity = below.issue({.common_name = "carol"});
  ClientContext own(authority.pem(), &identity);
  const std::string link = below.pem();
  const BioHandle link_bio(BIO_new_mem_buf(link.data(), static_cast<int>(link.size())));
  SSL_CTX_add_extra_chain_cert(own.get(),
                               PEM_read_bio_X509(link_bio.get(), nullptr, nullptr, nullptr));
  TlsClient client(number, own.get());
  EXPECT_TRUE(round_trip(client, frame("hello"))) << client.error;
}

TEST_F(TlsPortTest, PlainBytesOnATlsPortAreRefusedWithTheReason) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  for (const std::string& bytes : {frame(std::string(44, '\0')), std::string("ruok\n"),
                                   std::string("GET / HTTP/1.1\r\n\r\n")}) {
    handler.rejected.clear();
    PlainClient client(number);
    client.send(bytes);
    ASSERT_TRUE(
        until([&] { return client.over() && !handler.rejected.empty(); }, [&] { client.pump(); }));
    EXPECT_EQ(rejection().reason.cause, CloseCause::kTlsFailed);
    EXPECT_NE(rejection().reason.detail.find("does not speak TLS"), std::string::npos)
        << rejection().reason.detail;
  }
}

TEST_F(TlsPortTest, TlsBytesOnAPlainPortAreRefusedWithTheReason) {
  const uint16_t number = listen();
  ClientContext own("");
  TlsClient client(number, own.get());
  ASSERT_TRUE(
      until([&] { return client.over() && !handler.closed.empty(); }, [&] { client.pump(); }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kFrameLength);
  EXPECT_NE(handler.closed.front().second.detail.find("speaks TLS"), std::string::npos);
}

TEST_F(TlsPortTest, OnePortServesPlainAndTls) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone, TlsMode::kBoth);
  echo();
  PlainClient plain(number);
  plain.send(frame("plain"));
  ASSERT_TRUE(until([&] { return plain.received == frame("plain"); }, [&] { plain.pump(); }));
  EXPECT_FALSE(handler.opened.back().secure);
  ClientContext own(authority.pem());
  TlsClient secure(number, own.get());
  ASSERT_TRUE(round_trip(secure, frame("secret"))) << secure.error;
  EXPECT_TRUE(handler.opened.back().secure);
  handler.word_action = [this](ConnectionId id, std::string_view) {
    port->send(id, "imok");
    port->close(id);
  };
  PlainClient word(number);
  word.send("ruok");
  ASSERT_TRUE(until([&] { return word.over(); }, [&] { word.pump(); }));
  EXPECT_EQ(word.received, "imok");
  PlainClient leaving(number);
  const size_t before = handler.rejected.size();
  leaving.close();
  ASSERT_TRUE(until([&] { return handler.rejected.size() == before + 1; }));
  EXPECT_EQ(port->stats().handshaking, 0U);
}

TEST_F(TlsPortTest, FourLetterWordsWorkOverTls) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  handler.word_action = [this](ConnectionId id, std::string_view) {
    port->send(id, std::string(200'000, 'm'));
    port->close(id);
  };
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  client.send("mntr");
  ASSERT_TRUE(until([&] { return client.over(); }, [&] { client.pump(); }));
  EXPECT_TRUE(client.ended) << client.error;  // With a close_notify.
  EXPECT_EQ(client.received.size(), 200'000U);
}

TEST_F(TlsPortTest, CarriesLargeFramesBothWays) {
  start({.frame_bytes_max = 8 << 20});
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  std::string payload(5 << 20, 'x');
  for (size_t i = 0; i < payload.size(); i += 997) {
    payload[i] = static_cast<char>(i);
  }
  std::string input = frame(payload);
  for (int i = 0; i < 5000; ++i) {
    input += frame("small " + std::to_string(i));
  }
  ASSERT_TRUE(round_trip(client, input)) << client.error;
  EXPECT_EQ(client.received, input);
}

TEST_F(TlsPortTest, FramesLeftInsideOpenSslAreDeliveredAfterAPause) {
  // The whole input is in OpenSSL's and the port's buffers when the handler pauses: nothing more
  // becomes readable, yet everything must come after resume_reading().
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  size_t taken_total = 0;
  handler.frames_action = [&](ConnectionId id, std::string_view) {
    port->pause_reading(id);
    taken_total += 104;
    return size_t{104};
  };
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  constexpr size_t kFrames = 3000;
  for (size_t i = 0; i < kFrames; ++i) {
    client.send(frame(std::string(100, 'f')));
  }
  ASSERT_TRUE(until(
      [&] {
        if (!handler.opened.empty()) {
          port->resume_reading(handler.opened.front().id);
        }
        return taken_total == kFrames * 104;
      },
      [&] { client.pump(); }))
      << taken_total;
}

TEST_F(TlsPortTest, HandshakesHaveADeadline) {
  start({.tls_handshake_timeout = milliseconds(200)});
  const uint16_t only_tls = listen_tls(ClientAuthentication::kNone);
  const uint16_t both = listen_tls(ClientAuthentication::kNone, TlsMode::kBoth);
  PlainClient silent(only_tls);
  PlainClient undecided(both);
  PlainClient slow(only_tls);
  slow.send("\x16\x03\x01\x02");  // The beginning of a ClientHello.
  ASSERT_TRUE(until([&] { return handler.rejected.size() == 3; }, [&] { slow.pump(); }));
  for (const Rejection& one : handler.rejected) {
    EXPECT_EQ(one.reason.cause, CloseCause::kTlsTimeout);
  }
  EXPECT_EQ(port->stats().handshaking, 0U);
}

TEST_F(TlsPortTest, HandshakesUnderWayAreBoundedAndNobodyIsRefused) {
  start({.tls_handshake_timeout = milliseconds(300), .tls_handshakes_max = 3});
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  std::vector<PlainClient> stalled;
  for (int i = 0; i < 5; ++i) {
    stalled.emplace_back(PlainClient(number));
  }
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  ASSERT_TRUE(until([&] { return port->stats().handshaking == 3; }));
  loop.restart();
  EXPECT_LT(loop.run_for(milliseconds(100)), 10U);  // Waits without spinning.
  EXPECT_EQ(port->stats().accepted, 3U);
  ASSERT_TRUE(round_trip(client, frame("patience"))) << client.error;
  EXPECT_EQ(handler.rejected.size(), 3U);  // The first three; the other two are waited for.
}

TEST_F(TlsPortTest, CountsHandshakesAsConnections) {
  start({.connections_per_address_max = 2});
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  const PlainClient one(number);
  const PlainClient two(number);
  const PlainClient three(number);
  ASSERT_TRUE(until([&] { return handler.rejected.size() == 1; }));
  EXPECT_EQ(rejection().reason.cause, CloseCause::kAddressLimit);
}

TEST_F(TlsPortTest, SurvivesClientsThatLeaveInTheMiddle) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  PlainClient closing(number);
  closing.send("\x16\x03\x01");
  closing.pump();
  closing.close();
  PlainClient resetting(number);
  ASSERT_TRUE(until([&] { return port->stats().accepted == 2; }));
  resetting.reset();
  ASSERT_TRUE(until([&] { return handler.rejected.size() == 2; }));
  EXPECT_EQ(port->stats().handshaking, 0U);
}

TEST_F(TlsPortTest, ABrokenRecordEndsTheConnection) {
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  echo();
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  ASSERT_TRUE(round_trip(client, frame("hello")));
  const std::string junk(100, '\x17');
  ASSERT_EQ(::send(SSL_get_fd(client.ssl()), junk.data(), junk.size(), 0),
            static_cast<ssize_t>(junk.size()));
  ASSERT_TRUE(until([&] { return handler.closed.size() == 1; }));
  EXPECT_EQ(handler.closed.front().second.cause, CloseCause::kTlsFailed);
}

TEST_F(TlsPortTest, BearsAStormOfHandshakesWhileOthersAreServed) {
  start({.connections_per_address_max = 0, .tls_handshakes_max = 32});
  const uint16_t number = listen_tls(ClientAuthentication::kNone);
  const uint16_t plain_number = listen({.address = "127.0.0.1"});
  echo();
  ClientContext own(authority.pem());
  std::vector<std::unique_ptr<TlsClient>> clients;
  constexpr size_t kStorm = 300;
  for (size_t i = 0; i < kStorm; ++i) {
    clients.push_back(std::make_unique<TlsClient>(number, own.get()));
    clients.back()->send(frame("hello"));
  }
  PlainClient steady(plain_number);
  size_t rounds = 0;
  size_t answered = 0;
  ASSERT_TRUE(until([&] { return answered == kStorm; },
                    [&] {
                      answered = 0;
                      for (const std::unique_ptr<TlsClient>& client : clients) {
                        client->pump();
                        answered += client->received == frame("hello") ? 1 : 0;
                      }
                      if (steady.received.size() == rounds * 8) {
                        steady.send(frame("ping"));
                        ++rounds;
                      }
                      steady.pump();
                      EXPECT_LE(port->stats().handshaking, 32U);
                    }));
  EXPECT_GT(rounds, 3U);
  EXPECT_TRUE(handler.rejected.empty());
}

TEST_F(TlsPortTest, SpeaksOnlyTheListedProtocolsAndSuites) {
  TlsOptions options = server_options(ClientAuthentication::kNone);
  options.protocols = {"TLSv1.2"};
  options.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"};  // Java's name.
  const uint16_t number = listen_tls(options);
  echo();
  ClientContext own(authority.pem());
  TlsClient client(number, own.get());
  ASSERT_TRUE(round_trip(client, frame("hello"))) << client.error;
  EXPECT_EQ(SSL_version(client.ssl()), TLS1_2_VERSION);
  EXPECT_STREQ(SSL_get_cipher_name(client.ssl()), "ECDHE-ECDSA-AES256-GCM-SHA384");
}

}  // namespace
}  // namespace quorate::net::test
