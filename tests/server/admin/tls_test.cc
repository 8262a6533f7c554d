// The admin port over TLS, alone and beside plain HTTP.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <chrono>

#include "server/net/tls_context.h"
#include "tests/server/admin/admin_fixture.h"

namespace quorate::admin::test {
namespace {

std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* memory = BIO_new(BIO_s_mem());
  EXPECT_EQ(write(memory), 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

// A self-signed certificate with its key.
struct SelfSigned {
  std::string certificate;
  std::string both;
};

SelfSigned make_certificate() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_sign(made.get(), key.get(), EVP_sha256());
  const std::string certificate =
      pem_of([&](BIO* bio) { return PEM_write_bio_X509(bio, made.get()); });
  return {certificate, certificate + pem_of([&](BIO* bio) {
                         return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                                         nullptr, nullptr);
                       })};
}

// One GET over TLS; empty if the handshake or the request failed. `own` is shown if not empty.
std::string secure_get(uint16_t port, const std::string& target, const std::string& own = "") {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  if (!own.empty()) {
    SSL_CTX_use_certificate_file(context.get(), own.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context.get(), own.c_str(), SSL_FILETYPE_PEM);
  }
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> connection(BIO_new_ssl_connect(context.get()),
                                                                 BIO_free_all);
  const std::string address = "127.0.0.1:" + std::to_string(port);
  BIO_set_conn_hostname(connection.get(), address.c_str());
  const std::string request = "GET " + target + " HTTP/1.0\r\nHost: x\r\n\r\n";
  if (BIO_do_connect(connection.get()) != 1 || BIO_do_handshake(connection.get()) != 1 ||
      BIO_write(connection.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return "";
  }
  std::string response;
  std::array<char, 4096> chunk;
  for (int size = 0;
       (size = BIO_read(connection.get(), chunk.data(), static_cast<int>(chunk.size()))) > 0;) {
    response.append(chunk.data(), static_cast<size_t>(size));
  }
  return response;
}

class AdminTls : public AdminFixture {
 protected:
  void start_tls(net::TlsMode mode, bool need_certificate = false) {
    const SelfSigned made = make_certificate();
    own_path_ = directory_ + "/own.pem";
    const std::string trust_path = directory_ + "/trust.pem";
    std::ofstream(own_path_) << made.both;
    std::ofstream(trust_path) << made.certificate;
    net::TlsOptions tls;
    tls.key_store.path = own_path_;
    tls.trust_store.path = trust_path;
    tls.client_authentication = net::ClientAuthentication::kNone;
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    auto context = net::TlsContext::create(tls, WallMillis{now.count()});
    ASSERT_TRUE(context.ok()) << context.error().message;
    options_.commands->tls = mode;
    options_.commands->tls_context = *std::move(context);
    options_.commands->need_client_certificate = need_certificate;
    start();
  }

  std::string own_path_;
};

TEST_F(AdminTls, AloneRefusesPlainHttp) {
  start_tls(net::TlsMode::kOn);
  EXPECT_THAT(secure_get(port(), "/livez"), ::testing::EndsWith("\r\n\r\nok\n"));
  RawClient plain(port());
  ASSERT_TRUE(plain.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_TRUE(plain.closes());
}

TEST_F(AdminTls, BesidePlainHttp) {
  start_tls(net::TlsMode::kBoth);
  EXPECT_THAT(secure_get(port(), "/livez"), ::testing::EndsWith("\r\n\r\nok\n"));
  EXPECT_EQ(get("/livez").body, "ok\n");
}

TEST_F(AdminTls, MayNeedAClientCertificate) {
  start_tls(net::TlsMode::kOn, true);
  EXPECT_EQ(secure_get(port(), "/livez"), "");
  EXPECT_THAT(secure_get(port(), "/livez", own_path_), ::testing::EndsWith("\r\n\r\nok\n"));
}

TEST_F(AdminTls, StreamsFiles) {
  source_.set_snapshot(std::string(1'000'000, 's'));
  start_tls(net::TlsMode::kOn);
  // HTTP/1.0 with a header of ours in front of the last one.
  const std::string response =
      secure_get(port(), "/commands/snapshot HTTP/1.0\r\nAuthorization: Bearer open-sesame\r\nX:");
  EXPECT_EQ(std::count(response.begin(), response.end(), 's') > 1'000'000, true);
}

TEST_F(AdminTls, SurvivesGarbageAndSilence) {
  options_.limits.header_timeout = std::chrono::milliseconds(200);
  start_tls(net::TlsMode::kBoth);
  RawClient silent(port());
  RawClient garbage(port());
  ASSERT_TRUE(garbage.send(std::string("\x16\x03\x01\x00\x05", 5) + std::string(100, '\xff')));
  garbage.closes();
  RawClient half(port());
  ASSERT_TRUE(half.send(std::string("\x16\x03\x01\x02\x00\x01", 6)));
  EXPECT_TRUE(half.closes());
  EXPECT_TRUE(silent.closes());
  EXPECT_THAT(secure_get(port(), "/livez"), ::testing::EndsWith("\r\n\r\nok\n"));
}

TEST_F(AdminTls, NeedsAContext) {
  options_.commands->tls = net::TlsMode::kOn;
  const auto server = AdminServer::start(options_, source_);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.error().kind, ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace quorate::admin::test
