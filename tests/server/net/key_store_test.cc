// Key and trust stores: every format, what is refused and what the message says.
#include "server/net/key_store.h"

#include <gtest/gtest.h>

#include "server/net/certificate.h"
#include "server/net/java_key_store.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::net::test {
namespace {

// The passwords of testdata/make.sh.
constexpr const char* kUmlaut = "secret-P\xC3\xA4ssword";
constexpr const char* kAscii = "secret-password";

class KeyStoreTest : public ::testing::Test {
 protected:
  static Result<KeyMaterial> keys(const StoreOptions& store) {
    return load_key_store(store, TlsFiles::read({.key_store = store}), wall_now());
  }
  static Result<TrustMaterial> trust(const StoreOptions& store) {
    return load_trust_store(store, TlsFiles::read({.trust_store = store}), wall_now());
  }
  static std::string failure(const StoreOptions& store) {
    const Result<KeyMaterial> result = keys(store);
    return result ? "" : result.error().message;
  }
  static bool says(const std::string& message, const std::string& file, const std::string& reason) {
    return message.find(file) != std::string::npos && message.find(reason) != std::string::npos;
  }

  TemporaryDirectory directory;
  Authority authority{"Root"};
};

TEST_F(KeyStoreTest, TellsFormatsByContent) {
  EXPECT_EQ(detect_store_type(read_bytes(testdata("server.jks"))), StoreType::kJks);
  EXPECT_EQ(detect_store_type(read_bytes(testdata("server.jceks"))), StoreType::kJks);
  EXPECT_EQ(detect_store_type(read_bytes(testdata("server.p12"))), StoreType::kPkcs12);
  EXPECT_EQ(detect_store_type(read_bytes(testdata("ca.pem"))), StoreType::kPem);
  EXPECT_EQ(detect_store_type("hello"), StoreType::kAuto);
  EXPECT_EQ(detect_store_type(""), StoreType::kAuto);
}

TEST_F(KeyStoreTest, ParsesTypeNames) {
  StoreType type = StoreType::kAuto;
  EXPECT_TRUE(parse_store_type("JKS", type));
  EXPECT_EQ(type, StoreType::kJks);
  EXPECT_TRUE(parse_store_type("pkcs12", type));
  EXPECT_EQ(type, StoreType::kPkcs12);
  EXPECT_TRUE(parse_store_type("Pem", type));
  EXPECT_EQ(type, StoreType::kPem);
  EXPECT_TRUE(parse_store_type("", type));
  EXPECT_EQ(type, StoreType::kAuto);
  EXPECT_FALSE(parse_store_type("bcfks", type));
}

TEST_F(KeyStoreTest, ReadsStoresThatKeytoolWrote) {
  for (const auto& [name, password] :
       {std::pair{"jks", kUmlaut}, {"jceks", kAscii}, {"p12", kAscii}}) {
    const Result<KeyMaterial> material =
        keys({.path = testdata(std::string("server.") + name), .password = password});
    ASSERT_TRUE(material) << name << ": " << material.error().message;
    EXPECT_EQ(subject_text(material->certificate.get()),
              std::string("CN=server.") + name + ",OU=Tests,O=Quorate");
    EXPECT_EQ(material->chain.size(), 1U) << name;
    const Result<TrustMaterial> trusted =
        trust({.path = testdata(std::string("trust.") + name), .password = password});
    ASSERT_TRUE(trusted) << name << ": " << trusted.error().message;
    ASSERT_EQ(trusted->certificates.size(), 1U);
    EXPECT_EQ(subject_text(trusted->certificates.front().get()), "CN=Test Authority,O=Quorate");
  }
}

TEST_F(KeyStoreTest, ReadsThePkcs12OfAnOldJavaWithAlgorithmsThatAreOffByDefault) {
  const Result<KeyMaterial> material = keys({.path = testdata("legacy.p12"), .password = kAscii});
  ASSERT_TRUE(material) << material.error().message;
  EXPECT_EQ(subject_text(material->certificate.get()), "CN=server.p12,OU=Tests,O=Quorate");
}

TEST_F(KeyStoreTest, RefusesWrongPasswords) {
  for (const char* name : {"server.jks", "server.jceks", "server.p12", "legacy.p12"}) {
    for (const char* password : {"", "wrong", "secret-passwore"}) {
      const Result<KeyMaterial> material = keys({.path = testdata(name), .password = password});
      ASSERT_FALSE(material) << name;
      EXPECT_EQ(material.error().kind, ErrorKind::kDenied) << name;
      EXPECT_TRUE(says(material.error().message, name, "wrong password"))
          << material.error().message;
    }
  }
  EXPECT_FALSE(trust({.path = testdata("trust.jks"), .password = "wrong"}));
  EXPECT_FALSE(trust({.path = testdata("trust.p12"), .password = "wrong"}));
}

TEST_F(KeyStoreTest, RefusesTruncatedAndAlteredJavaStores) {
  const std::string whole = read_bytes(testdata("server.jks"));
  for (size_t size = 0; size < whole.size(); ++size) {
    ASSERT_FALSE(parse_java_key_store(std::string_view(whole).substr(0, size), kUmlaut)) << size;
  }
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    ASSERT_FALSE(parse_java_key_store(altered, kUmlaut)) << at;
  }
  ASSERT_TRUE(parse_java_key_store(whole, kUmlaut));
}

TEST_F(KeyStoreTest, NoticesAlteredProtectedKeys) {
  const Result<JavaKeyStore> store =
      parse_java_key_store(read_bytes(testdata("server.jks")), kUmlaut);
  ASSERT_TRUE(store);
  const std::string& sealed = store->keys.front().protected_key;
  ASSERT_TRUE(unprotect_java_key(sealed, kUmlaut));
  constexpr size_t kHeaderBytes = 30;  // Lengths and algorithm: may be altered without effect.
  for (size_t at = 0; at < sealed.size(); ++at) {
    std::string altered = sealed;
    altered[at] = static_cast<char>(altered[at] ^ 0x40);
    const Result<std::string> key = unprotect_java_key(altered, kUmlaut);
    EXPECT_TRUE(at < kHeaderBytes || !key) << at;
    EXPECT_FALSE(unprotect_java_key(sealed.substr(0, at), kUmlaut)) << at;
  }
}

TEST_F(KeyStoreTest, SurvivesAlteredJceksKeys) {
  const Result<JavaKeyStore> store =
      parse_java_key_store(read_bytes(testdata("server.jceks")), kAscii);
  ASSERT_TRUE(store);
  const std::string& sealed = store->keys.front().protected_key;
  // One attempt costs 200,000 digests, so only a few places; the header byte by byte up to the
  // salt.
  for (size_t at = 0; at < sealed.size(); at += at < 24 ? 1 : 400) {
    std::string altered = sealed;
    altered[at] = static_cast<char>(altered[at] ^ 0x40);
    (void)unprotect_java_key(altered, kAscii);
    EXPECT_FALSE(unprotect_java_key(sealed.substr(0, at), kAscii)) << at;
  }
}

TEST_F(KeyStoreTest, RefusesSecretKeysByName) {
  const std::string message = failure({.path = testdata("secret.jceks"), .password = kAscii});
  EXPECT_TRUE(says(message, "secret.jceks", "secret key \"secret\"")) << message;
}

TEST_F(KeyStoreTest, ReadsPemInOneFileOrTwoInAnyOrder) {
  const Issued issued = authority.issue({.common_name = "server"});
  const std::string together = directory.write("both.pem", issued.both_pem() + authority.pem());
  const std::string reversed = directory.write(
      "reversed.pem", authority.pem() + issued.key_pem() + issued.certificate_pem());
  const std::string certificate = directory.write("tls.crt", issued.certificate_pem());
  const std::string key = directory.write("tls.key", issued.key_pem());
  for (const StoreOptions& store : {StoreOptions{.path = together}, StoreOptions{.path = reversed},
                                    StoreOptions{.path = certificate, .key_path = key},
                                    StoreOptions{.path = together, .type = StoreType::kPem}}) {
    const Result<KeyMaterial> material = keys(store);
    ASSERT_TRUE(material) << material.error().message;
    EXPECT_EQ(subject_text(material->certificate.get()), "CN=server,O=Quorate");
  }
  EXPECT_EQ(keys({.path = reversed})->chain.size(), 1U);
}

TEST_F(KeyStoreTest, ReadsEncryptedPemWithAPasswordOrAPasswordFile) {
  const Issued issued = authority.issue({.common_name = "server"});
  const std::string path =
      directory.write("server.pem", issued.certificate_pem() + issued.key_pem("open sesame"));
  EXPECT_TRUE(keys({.path = path, .password = "open sesame"}));
  const std::string secret = directory.write("password", "open sesame\n");
  EXPECT_TRUE(keys({.path = path, .password_path = secret}));
  EXPECT_TRUE(says(failure({.path = path}), "server.pem", "no password is set"));
  EXPECT_TRUE(says(failure({.path = path, .password = "guess"}), "server.pem", "wrong password"));
  EXPECT_TRUE(says(failure({.path = path, .password_path = secret + ".missing"}),
                   "password.missing", "No such file"));
}

TEST_F(KeyStoreTest, ReadsPkcs12FromOpenSslWithAndWithoutPassword) {
  const Issued issued = authority.issue({.common_name = "server"});
  const std::string with = directory.write("with.p12", issued.pkcs12("pw"));
  const std::string without = directory.write("without.p12", issued.pkcs12(""));
  EXPECT_TRUE(keys({.path = with, .password = "pw"}));
  EXPECT_TRUE(keys({.path = without}));
  EXPECT_TRUE(says(failure({.path = with, .password = "no"}), "with.p12", "wrong password"));
}

TEST_F(KeyStoreTest, NamesTheFileAndTheReason) {
  const Issued issued = authority.issue({.common_name = "server"});
  const Issued other = authority.issue({.common_name = "other"});
  const Issued expired =
      authority.issue({.common_name = "old", .valid_from_days = -30, .valid_to_days = -1});
  const std::string certificate = directory.write("tls.crt", issued.certificate_pem());
  EXPECT_TRUE(says(failure({.path = certificate}), "tls.crt", "no private key"));
  EXPECT_TRUE(says(failure({.path = directory.write("only.key", issued.key_pem())}), "only.key",
                   "no certificate"));
  EXPECT_TRUE(says(
      failure({.path = certificate, .key_path = directory.write("other.key", other.key_pem())}),
      "other.key", "does not match"));
  EXPECT_TRUE(says(failure({.path = directory.write("old.pem", expired.both_pem())}), "old.pem",
                   "expired on "));
  EXPECT_TRUE(says(failure({.path = directory.write("junk", "junk")}), "junk", "neither PEM"));
  EXPECT_TRUE(says(failure({.path = directory.write("der", "\x30\x03\x02\x01\x05")}), "der",
                   "not a PKCS12"));
  EXPECT_TRUE(says(failure({.path = "/no/such/file.pem"}), "/no/such/file.pem", "No such file"));
  std::string broken = issued.both_pem();
  broken.replace(broken.find('\n') + 5, 8, "????????");
  EXPECT_TRUE(says(failure({.path = directory.write("broken.pem", broken)}), "broken.pem",
                   "cannot be read"));
}

TEST_F(KeyStoreTest, RefusesTrustStoresWithoutUsableCertificates) {
  const Issued issued = authority.issue({.common_name = "server"});
  const Issued expired =
      authority.issue({.common_name = "old", .valid_from_days = -30, .valid_to_days = -1});
  const auto message = [](const Result<TrustMaterial>& result) {
    return result ? "" : result.error().message;
  };
  EXPECT_TRUE(says(message(trust({.path = directory.write("key.pem", issued.key_pem())})),
                   "key.pem", "no trusted certificate"));
  EXPECT_TRUE(says(message(trust({.path = directory.write("old.pem", expired.certificate_pem())})),
                   "old.pem", "expired"));
  EXPECT_TRUE(
      trust({.path = directory.write("mixed.pem", expired.certificate_pem() + authority.pem())}));
  EXPECT_TRUE(says(message(trust({.path = testdata("server.pem")})), "server.pem", "No such file"));
}

TEST(Certificate, WritesSubjectsAsJavaDoes) {
  const std::optional<PeerCertificate> parsed =
      parse_certificate(read_bytes(testdata("odd_subject.der")));
  ASSERT_TRUE(parsed);
  std::string expected = read_bytes(testdata("java_subjects.txt"));
  expected.pop_back();
  EXPECT_EQ(parsed->subject, expected);
}

TEST(Certificate, ReadsAlternativeNamesAndValidity) {
  Authority authority("Root");
  const Issued issued =
      authority.issue({.common_name = "client",
                       .alternative_names = {"DNS:a.example.org", "IP:192.0.2.1", "IP:2001:db8::1",
                                             "email:me@example.org", "URI:spiffe://cluster/client"},
                       .valid_to_days = 10});
  const PeerCertificate described = describe_certificate(issued.certificate.get());
  ASSERT_EQ(described.alternative_names.size(), 5U);
  EXPECT_EQ(described.alternative_names[0].type, 2);
  EXPECT_EQ(described.alternative_names[0].value, "a.example.org");
  EXPECT_EQ(described.alternative_names[1].type, 7);
  EXPECT_EQ(described.alternative_names[1].value, "192.0.2.1");
  EXPECT_EQ(described.alternative_names[2].value, "2001:db8::1");
  EXPECT_EQ(described.alternative_names[3].type, 1);
  EXPECT_EQ(described.alternative_names[4].type, 6);
  const int64_t left_ms = described.not_after.value - wall_now().value;
  EXPECT_NEAR(static_cast<double>(left_ms), 10 * 86400e3, 60e3);
  const std::optional<PeerCertificate> again = parse_certificate(described.der);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->subject, "CN=client,O=Quorate");
}

TEST(Certificate, RefusesWhatIsNone) {
  EXPECT_FALSE(parse_certificate(""));
  EXPECT_FALSE(parse_certificate("hello"));
  const std::string whole = read_bytes(testdata("odd_subject.der"));
  for (size_t size = 0; size < whole.size(); size += 5) {
    EXPECT_FALSE(parse_certificate(std::string_view(whole).substr(0, size)));
  }
}

}  // namespace
}  // namespace quorate::net::test
