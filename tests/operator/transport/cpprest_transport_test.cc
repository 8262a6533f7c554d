// The transport against a real server on loopback: verbs, streams, cancellation, TLS, tokens.
#include "operator/transport/cpprest_transport.h"

#include <gtest/gtest.h>

#include <future>

#include "operator/kube/watch_decoder.h"
#include "tests/operator/transport/http_server.h"
#include "tests/operator/transport/transport_fixture.h"

namespace quorate::transport::testing {
namespace {

using kube::ApiErrorKind;
using net::test::Authority;
using net::test::Issued;

const kube::ObjectKey kKey{.space = "default", .name = "zoo"};

kube::Request get_pod() { return kube::get(kube::kPod, kKey); }
kube::Request watch_pods() { return kube::watch(kube::kPod, "default", {.resource_version = "7"}); }

class Transport : public ::testing::Test {
 protected:
  std::unique_ptr<HttpTransport> connect(const std::string& url, TransportOptions options = {},
                                         ServerTrust trust = {}) {
    auto made = make_transport({.url = url,
                                .trust = std::move(trust),
                                .credentials = credentials_,
                                .space = {},
                                .source = "test"},
                               std::move(options));
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().message);
    return made.ok() ? std::move(*made) : nullptr;
  }

  std::shared_ptr<TestCredentials> credentials_ = std::make_shared<TestCredentials>();
};

TEST_F(Transport, SendsWhatTheRequestSays) {
  HttpServer server([](Exchange& exchange) { exchange.respond(201, R"({"kind":"Pod"})"); });
  credentials_->set("Bearer secret", "");
  const auto transport = connect(server.url() + "/prefix", {.user_agent = "quorate-operator/test"});
  const nlohmann::json object = {
      {"apiVersion", "v1"}, {"kind", "Pod"}, {"metadata", {{"name", "zoo"}, {"namespace", "a b"}}}};
  const auto answer =
      call(*transport, kube::apply(kube::kPod, object, {.field_manager = "quorate-operator"}));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->code, 201);
  EXPECT_EQ(answer->body, R"({"kind":"Pod"})");
  const auto received = server.received();
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0].method, "PATCH");
  EXPECT_EQ(received[0].target,
            "/prefix/api/v1/namespaces/a%20b/pods/zoo?fieldManager=quorate-operator&force=true");
  EXPECT_EQ(received[0].body, object.dump());
  EXPECT_EQ(received[0].headers.at("content-type"), "application/apply-patch+yaml");
  EXPECT_EQ(received[0].headers.at("authorization"), "Bearer secret");
  EXPECT_EQ(received[0].headers.at("user-agent"), "quorate-operator/test");
  EXPECT_EQ(received[0].headers.at("accept"), "application/json");
}

TEST_F(Transport, KeepsConnections) {
  HttpServer server([](Exchange& exchange) { exchange.respond(200, "{}"); });
  const auto transport = connect(server.url());
  // A connection is free again a moment after its call has ended.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(call(*transport, get_pod()).ok());
  }
  EXPECT_LT(server.received().back().connection, 10);
}

TEST_F(Transport, LanesDoNotShareConnections) {
  HttpServer server([](Exchange& exchange) { exchange.respond(200, "{}"); });
  const auto transport = connect(server.url());
  ASSERT_TRUE(call(*transport, get_pod()).ok());
  ASSERT_TRUE(call(*transport, get_pod(), Lane::kLease).ok());
  EXPECT_NE(server.received()[0].connection, server.received()[1].connection);
}

TEST_F(Transport, GivesErrorsWithTheirBodies) {
  HttpServer server([](Exchange& exchange) {
    exchange.respond(429, R"({"kind":"Status","reason":"TooManyRequests","message":"slow"})",
                     "Retry-After: 7\r\n");
  });
  const auto transport = connect(server.url());
  const auto answer = call(*transport, get_pod());
  ASSERT_TRUE(answer.ok());
  const auto decoded = kube::decode(*answer);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().kind, ApiErrorKind::kTooManyRequests);
  EXPECT_EQ(decoded.error().retry_after, Duration(std::chrono::seconds(7)));
}

TEST_F(Transport, StreamsAWatchPieceByPiece) {
  std::promise<void> go_on;
  std::future<void> may_go_on = go_on.get_future();
  HttpServer server([&](Exchange& exchange) {
    exchange.start_chunks();
    exchange.chunk("{\"type\":\"ADDED\",\"object\":{\"a\":1}}\n");
    may_go_on.wait();
    exchange.chunk("{\"type\":\"MODI");
    exchange.chunk("FIED\",\"object\":{\"a\":2}}\n");
    exchange.end_chunks();
  });
  const auto transport = connect(server.url());
  Waiter waiter;
  transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
  // The first event is here while the server has not ended its answer.
  EXPECT_EQ(waiter.bytes(10), "{\"type\":\"ADDED\",\"object\":{\"a\":1}}\n");
  EXPECT_FALSE(waiter.is_done());
  go_on.set_value();
  const auto end = waiter.result();
  ASSERT_TRUE(end.ok()) << end.error().message;
  EXPECT_EQ(end->code, 200);
  EXPECT_EQ(end->body, "");
  std::vector<kube::WatchEvent> events;
  kube::WatchDecoder().feed(waiter.bytes(0), events);
  EXPECT_EQ(events.size(), 2U);
}

TEST_F(Transport, AWatchThatIsRefusedIsNoStream) {
  HttpServer server([](Exchange& exchange) {
    exchange.respond(410, R"({"kind":"Status","code":410,"reason":"Expired"})");
  });
  const auto transport = connect(server.url());
  Waiter waiter;
  transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
  const auto end = waiter.result();
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(kube::decode(*end).error().kind, ApiErrorKind::kGone);
  EXPECT_EQ(waiter.bytes(0), "");
}

TEST_F(Transport, CancelsAWatchAndTheServerSeesIt) {
  std::promise<void> seen;
  HttpServer server([&](Exchange& exchange) {
    exchange.start_chunks();
    exchange.chunk("first\n");
    exchange.wait_for_end();
    seen.set_value();
  });
  const auto transport = connect(server.url());
  Waiter waiter;
  const CallId id = transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
  EXPECT_EQ(waiter.bytes(6), "first\n");
  transport->cancel(id);
  const auto end = waiter.result();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ApiErrorKind::kCancelled);
  EXPECT_EQ(seen.get_future().wait_for(kPatience), std::future_status::ready);
}

TEST_F(Transport, AStreamThatBreaksIsAnError) {
  HttpServer server([](Exchange& exchange) {
    exchange.start_chunks();
    exchange.chunk("first\n");
    exchange.write("40\r\nhalf of a chu");
    exchange.close();
  });
  const auto transport = connect(server.url());
  Waiter waiter;
  transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
  const auto end = waiter.result();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ApiErrorKind::kUnreachable);
  EXPECT_EQ(waiter.bytes(0), "first\n");
}

TEST_F(Transport, SilenceIsATimeout) {
  HttpServer server([](Exchange& exchange) {
    exchange.start_chunks();
    exchange.chunk("first\n");
    exchange.wait_for_end();
  });
  const auto transport = connect(server.url(), {.watch_timeout = std::chrono::milliseconds(200)});
  Waiter waiter;
  transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
  const auto end = waiter.result();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ApiErrorKind::kTimeout) << end.error().message;
}

TEST_F(Transport, ALongAnswerIsRefused) {
  HttpServer server([](Exchange& exchange) { exchange.respond(200, std::string(300'000, 'x')); });
  const auto transport = connect(server.url(), {.body_bytes_max = 200'000});
  const auto answer = call(*transport, get_pod());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ApiErrorKind::kMalformed);
}

TEST_F(Transport, NobodyListens) {
  std::string url;
  {
    HttpServer server([](Exchange&) {});
    url = server.url();
  }
  const auto transport = connect(url);
  const auto answer = call(*transport, get_pod());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ApiErrorKind::kUnreachable);
  EXPECT_NE(answer.error().message, "");
}

TEST_F(Transport, RereadsCredentialsOn401AndSendsOnceMore) {
  HttpServer server([](Exchange& exchange) {
    const auto& headers = exchange.request().headers;
    exchange.respond(headers.at("authorization") == "Bearer new" ? 200 : 401, "{}");
  });
  credentials_->set("Bearer old", "Bearer new");
  const auto transport = connect(server.url());
  const auto answer = call(*transport, get_pod());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->code, 200);
  EXPECT_EQ(credentials_->rejections(), 1);
  EXPECT_EQ(server.received().size(), 2U);
}

TEST_F(Transport, A401ThatStaysIsTheAnswer) {
  HttpServer server([](Exchange& exchange) { exchange.respond(401, "{}"); });
  credentials_->set("Bearer old", "Bearer old");
  const auto transport = connect(server.url());
  const auto answer = call(*transport, get_pod());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->code, 401);
  EXPECT_EQ(server.received().size(), 2U);
}

TEST_F(Transport, EndsCallsWhenItGoes) {
  HttpServer server([](Exchange& exchange) { exchange.wait_for_end(); });
  auto transport = connect(server.url());
  Waiter waiter;
  transport->start(Lane::kVerbs, get_pod(), waiter.handlers());
  transport.reset();
  ASSERT_TRUE(waiter.is_done());
  EXPECT_EQ(waiter.result().error().kind, ApiErrorKind::kCancelled);
}

TEST_F(Transport, ReportsForMetrics) {
  HttpServer server([](Exchange& exchange) { exchange.respond(404, "{}"); });
  std::promise<RequestReport> reported;
  const auto transport = connect(
      server.url(), {.on_report = [&](const RequestReport& each) { reported.set_value(each); }});
  (void)call(*transport, get_pod());
  const RequestReport report = reported.get_future().get();
  EXPECT_EQ(report.code, 404);
  EXPECT_EQ(report.method, "GET");
  EXPECT_EQ(report.plural, "pods");
}

TEST_F(Transport, RefusesWhatIsNoUrl) {
  for (const std::string url :
       {"", "ftp://host", "https://", "not a url", "https://host:99999999", "https://[::1]:6443"}) {
    const auto made = make_transport(
        {.url = url, .trust = {}, .credentials = credentials_, .space = {}, .source = "test"}, {});
    EXPECT_FALSE(made.ok()) << url;
  }
}

// ---- TLS --------------------------------------------------------------------------------------

class TlsTransport : public Transport {
 protected:
  Authority authority_{"test authority"};
  Issued server_ = authority_.issue(
      {.common_name = "api", .alternative_names = {"IP:127.0.0.1", "DNS:api.test"}});
  Handler ok_ = [](Exchange& exchange) { exchange.respond(200, "{}"); };
};

TEST_F(TlsTransport, TrustsTheGivenAuthority) {
  HttpServer server(ok_, {.identity = &server_});
  const auto transport = connect(server.url(), {}, {.ca_pem = authority_.pem()});
  const auto answer = call(*transport, get_pod());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
}

TEST_F(TlsTransport, StreamsAndKeepsConnections) {
  HttpServer server(
      [](Exchange& exchange) {
        exchange.start_chunks();
        exchange.chunk("one\n");
        exchange.chunk("two\n");
        exchange.end_chunks();
      },
      {.identity = &server_});
  const auto transport = connect(server.url(), {}, {.ca_pem = authority_.pem()});
  for (int i = 0; i < 10; ++i) {
    Waiter waiter;
    transport->start(Lane::kWatches, watch_pods(), waiter.handlers(true));
    ASSERT_TRUE(waiter.result().ok());
    EXPECT_EQ(waiter.bytes(0), "one\ntwo\n");
  }
  EXPECT_LT(server.received().back().connection, 10);
}

TEST_F(TlsTransport, RefusesAnotherAuthorityAndSaysWhy) {
  HttpServer server(ok_, {.identity = &server_});
  const Authority other("another");
  const auto transport = connect(server.url(), {}, {.ca_pem = other.pem()});
  const auto answer = call(*transport, get_pod());
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.error().message.find("the server's certificate: unable to get"),
            std::string::npos)
      << answer.error().message;
}

TEST_F(TlsTransport, RefusesTheSystemsAuthoritiesWhenOneIsGiven) {
  // What is trusted is the given authority alone; without one, the system's, which do not know
  // ours.
  HttpServer server(ok_, {.identity = &server_});
  const auto transport = connect(server.url());
  EXPECT_FALSE(call(*transport, get_pod()).ok());
}

TEST_F(TlsTransport, ChecksTheName) {
  const Issued elsewhere =
      authority_.issue({.common_name = "x", .alternative_names = {"DNS:elsewhere.test"}});
  HttpServer server(ok_, {.identity = &elsewhere});
  const auto transport = connect(server.url(), {}, {.ca_pem = authority_.pem()});
  const auto answer = call(*transport, get_pod());
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.error().message.find("for another name"), std::string::npos)
      << answer.error().message;
}

TEST_F(TlsTransport, ChecksAGivenNameInstead) {
  const Issued elsewhere =
      authority_.issue({.common_name = "x", .alternative_names = {"DNS:elsewhere.test"}});
  HttpServer server(ok_, {.identity = &elsewhere});
  const auto transport =
      connect(server.url(), {}, {.ca_pem = authority_.pem(), .server_name = "elsewhere.test"});
  const auto answer = call(*transport, get_pod());
  EXPECT_TRUE(answer.ok()) << answer.error().message;
}

TEST_F(TlsTransport, TakesAnythingWhenInsecure) {
  HttpServer server(ok_, {.identity = &server_});
  const auto transport = connect(server.url(), {}, {.is_insecure = true});
  EXPECT_TRUE(call(*transport, get_pod()).ok());
}

TEST_F(TlsTransport, PresentsItsCertificate) {
  HttpServer server(ok_, {.identity = &server_, .client_authority_pem = authority_.pem()});
  const Issued own = authority_.issue({.common_name = "operator"});
  credentials_->set_identity(
      {.certificate_pem = own.certificate_pem(), .key_pem = Secret(own.key_pem())});
  const auto transport = connect(server.url(), {}, {.ca_pem = authority_.pem()});
  const auto answer = call(*transport, get_pod());
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(server.received()[0].client_name, "operator");
}

TEST_F(TlsTransport, TheServerMissesACertificate) {
  HttpServer server(ok_, {.identity = &server_, .client_authority_pem = authority_.pem()});
  const auto transport = connect(server.url(), {}, {.ca_pem = authority_.pem()});
  const auto answer = call(*transport, get_pod());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ApiErrorKind::kUnreachable);
}

TEST_F(TlsTransport, NewConnectionsGetRotatedAuthorities) {
  const net::test::TemporaryDirectory directory;
  const std::string path = directory.write("ca.crt", authority_.pem());
  Authority next("next authority");
  const Issued next_server =
      next.issue({.common_name = "api", .alternative_names = {"IP:127.0.0.1"}});
  HttpServer old_server(ok_, {.identity = &server_});
  const auto transport =
      connect(old_server.url(), {.material_age_max = Duration(0)}, {.ca_file = path});
  ASSERT_TRUE(call(*transport, get_pod()).ok());
  // The same server cannot change its certificate: take the authority away instead.
  directory.write("ca.crt", next.pem());
  const auto lease = call(*transport, get_pod(), Lane::kLease);  // A new connection.
  EXPECT_FALSE(lease.ok());
  directory.write("ca.crt", next.pem() + authority_.pem());
  EXPECT_TRUE(call(*transport, get_pod(), Lane::kLease).ok());
}

TEST_F(TlsTransport, BrokenMaterialIsRefusedAtOnce) {
  credentials_->set_identity({.certificate_pem = "nonsense", .key_pem = Secret("nonsense")});
  const auto made = make_transport({.url = "https://127.0.0.1:1",
                                    .trust = {},
                                    .credentials = credentials_,
                                    .space = {},
                                    .source = "kubeconfig"},
                                   {});
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("kubeconfig: the client certificate"), std::string::npos);
}

}  // namespace
}  // namespace quorate::transport::testing
