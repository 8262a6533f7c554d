// Ids of certificates. The expected subjects are what Java's X500Principal.getName() prints.
#include "server/auth/certificate.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "server/auth/x500_name.h"

namespace quorate::auth {
namespace {

struct Attribute {
  const char* keyword;
  std::string value;
  int type = MBSTRING_UTF8;
  int set = 0;  ///< 0: a relative name of its own; -1: joins the one before.
};

// A self-signed certificate with the given subject and, if not empty, alternative names.
std::string certificate(const std::vector<Attribute>& subject, const std::string& names = "") {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME* name = X509_get_subject_name(made.get());
  for (const Attribute& attribute : subject) {
    EXPECT_EQ(
        X509_NAME_add_entry_by_txt(name, attribute.keyword, attribute.type,
                                   reinterpret_cast<const unsigned char*>(attribute.value.data()),
                                   static_cast<int>(attribute.value.size()), -1, attribute.set),
        1)
        << attribute.keyword;
  }
  X509_set_issuer_name(made.get(), name);
  if (!names.empty()) {
    X509_EXTENSION* extension =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    EXPECT_NE(extension, nullptr);
    X509_add_ext(made.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(made.get(), key.get(), EVP_sha256());
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.get(), &der);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

struct SubjectCase {
  std::vector<Attribute> subject;
  std::string text;
};

TEST(SubjectOf, PrintsAsJavaDoes) {
  const SubjectCase cases[] = {
      {{{"C", "US"}, {"ST", "CA"}, {"L", "SF"}, {"O", "Org, Inc."}, {"OU", "Unit"}},
       "OU=Unit,O=Org\\, Inc.,L=SF,ST=CA,C=US"},
      {{{"CN", "a"}, {"emailAddress", "a@b.c", MBSTRING_ASC}},
       "1.2.840.113549.1.9.1=#16056140622e63,CN=a"},
      {{{"DC", "com"}, {"DC", "example"}, {"UID", "jdoe"}}, "UID=jdoe,DC=example,DC=com"},
      {{{"O", "x"}, {"CN", "a"}, {"OU", "b", MBSTRING_UTF8, -1}}, "CN=a+OU=b,O=x"},
      {{{"CN", " lead and trail "}}, "CN=\\ lead and trail\\ "},
      {{{"CN", "#hash"}, {"O", "a\"q\\s;t<u>v=w"}}, "O=a\\\"q\\\\s\\;t\\<u\\>v\\=w,CN=\\#hash"},
      {{{"CN", "a#b"}}, "CN=a\\#b"},
      {{{"CN", "Jos\xC3\xA9 \xE4\xB8\xAD"}}, "CN=Jos\xC3\xA9 \xE4\xB8\xAD"},
      {{{"CN", "atb*c@d_e&f!"}}, "CN=atb*c@d_e&f!"},
      {{{"serialNumber", "123", V_ASN1_PRINTABLESTRING},
        {"CN", "x"},
        {"title", "T", V_ASN1_UTF8STRING},
        {"street", "Main St"}},
       "STREET=Main St,2.5.4.12=#0c0154,CN=x,2.5.4.5=#1303313233"},
      {{{"CN", std::string("a\0b", 3), V_ASN1_UTF8STRING}}, "CN=a\\00b"},
      {{{"CN", "\xE9", V_ASN1_T61STRING}}, "CN=\xC3\xA9"},
      {{{"CN", std::string("\x4E\x2D\0a", 4), V_ASN1_BMPSTRING}},
       "CN=\xE4\xB8\xAD"
       "a"},
      {{}, ""},
  };
  for (const SubjectCase& c : cases) {
    const auto subject = subject_of(certificate(c.subject));
    ASSERT_TRUE(subject.ok());
    EXPECT_EQ(*subject, c.text);
    EXPECT_TRUE(is_valid_dn(*subject)) << "auth: must expand to an id that can be stored";
  }
}

TEST(SubjectOf, RefusesOtherBytes) {
  const std::string whole = certificate({{"CN", "a"}});
  EXPECT_FALSE(subject_of("").ok());
  EXPECT_FALSE(subject_of("not a certificate").ok());
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(subject_of(std::string_view(whole).substr(0, size)).ok()) << size;
  }
}

TEST(SubjectOf, SurvivesEveryChangedByte) {
  const std::string whole = certificate({{"O", "x"}, {"CN", "abc"}}, "DNS:a.example");
  const auto rule = CertificateIdRule::make({.use_san = true, .san_match_type = 2});
  ASSERT_TRUE(rule.ok());
  for (size_t at = 0; at < whole.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xFF}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const auto id = rule->id_of(damaged);
      EXPECT_TRUE(!id.ok() || id->id.size() < 4 * whole.size());
    }
  }
}

CertificateId san_id(const std::string& der, const CertificateIdOptions& options) {
  const auto rule = CertificateIdRule::make(options);
  EXPECT_TRUE(rule.ok());
  const auto id = rule->id_of(der);
  EXPECT_TRUE(id.ok());
  return *id;
}

TEST(CertificateIdRule, UsesTheSubjectByDefault) {
  const auto id = san_id(certificate({{"CN", "a"}}, "DNS:a.example"), {});
  EXPECT_EQ(id.id, "CN=a");
  EXPECT_TRUE(id.warning.empty());
}

TEST(CertificateIdRule, SelectsEachKindOfName) {
  const std::string der = certificate(
      {{"CN", "a"}},
      "DNS:a.example,URI:spiffe://td/ns/x,IP:10.1.2.3,IP:2001:db8::1,email:a@b.c,RID:1.2.3.4");
  struct Case {
    int type;
    const char* match;
    const char* id;
  };
  const Case cases[] = {
      {1, ".*", "a@b.c"},        {2, ".*", "a.example"},           {6, ".*", "spiffe://td/ns/x"},
      {7, "^10\\.", "10.1.2.3"}, {7, ":", "2001:db8:0:0:0:0:0:1"}, {8, ".*", "1.2.3.4"}};
  for (const Case& c : cases) {
    const auto id =
        san_id(der, {.use_san = true, .san_match_type = c.type, .san_match_regex = c.match});
    EXPECT_EQ(id.id, c.id);
    EXPECT_TRUE(id.warning.empty());
  }
}

TEST(CertificateIdRule, ExtractsAGroup) {
  const std::string der = certificate({{"CN", "a"}}, "URI:spiffe://td/ns/blue/sa/web,DNS:x.y");
  CertificateIdOptions options{.use_san = true,
                               .san_match_type = 6,
                               .san_match_regex = "^spiffe://",
                               .san_extract_regex = "/ns/([^/]+)/sa/([^/]+)"};
  EXPECT_EQ(san_id(der, options).id, "/ns/blue/sa/web");
  options.san_extract_group = 1;
  EXPECT_EQ(san_id(der, options).id, "blue");
  options.san_extract_group = 2;
  EXPECT_EQ(san_id(der, options).id, "web");
}

TEST(CertificateIdRule, FallsBackToTheSubjectWithAWarning) {
  const std::string two = certificate({{"CN", "a"}}, "DNS:a.example,DNS:b.example");
  const std::string none = certificate({{"CN", "a"}});
  for (const std::string& der : {two, none}) {
    const auto id = san_id(der, {.use_san = true, .san_match_type = 2});
    EXPECT_EQ(id.id, "CN=a");
    EXPECT_FALSE(id.warning.empty());
  }
  const auto unextracted = san_id(
      two,
      {.use_san = true, .san_match_type = 2, .san_match_regex = "^a", .san_extract_regex = "z+"});
  EXPECT_EQ(unextracted.id, "CN=a");
  EXPECT_FALSE(unextracted.warning.empty());
  EXPECT_EQ(san_id(two, {.use_san = true, .san_match_type = 2, .san_match_regex = "^a"}).id,
            "a.example");
}

TEST(CertificateIdRule, IgnoresOverlongNames) {
  const std::string der =
      certificate({{"CN", "a"}}, "URI:http://" + std::string(kSanBytesMax, 'x') + ",URI:http://y");
  EXPECT_EQ(san_id(der, {.use_san = true, .san_match_type = 6}).id, "http://y");
}

TEST(CertificateIdRule, ChecksItsOptions) {
  for (const std::optional<int> type :
       {std::optional<int>(), std::optional<int>(-1), std::optional<int>(0), std::optional<int>(3),
        std::optional<int>(5), std::optional<int>(9)}) {
    EXPECT_FALSE(CertificateIdRule::make({.use_san = true, .san_match_type = type}).ok());
  }
  EXPECT_FALSE(
      CertificateIdRule::make({.use_san = true, .san_match_type = 2, .san_match_regex = "("}).ok());
  EXPECT_FALSE(
      CertificateIdRule::make({.use_san = true, .san_match_type = 2, .san_extract_regex = "["})
          .ok());
  for (const int group : {-1, 2}) {
    EXPECT_FALSE(CertificateIdRule::make({.use_san = true,
                                          .san_match_type = 2,
                                          .san_extract_regex = "(a)",
                                          .san_extract_group = group})
                     .ok());
  }
}

}  // namespace
}  // namespace quorate::auth
