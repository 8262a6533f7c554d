// Which texts are distinguished names. The verdicts were produced by Java's X500Principal.
#include "server/auth/x500_name.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace quorate::auth {
namespace {

using std::string_literals::operator""s;

TEST(ValidDn, AcceptsWhatJavaAccepts) {
  for (const std::string& text :
       {""s, "CN=foo"s, "cn=foo"s, "CN=foo,O=bar"s, "CN=foo, O=bar"s, "CN=foo;O=bar"s,
        "CN=foo+OU=x"s, "CN="s, "CN = foo"s, "CN=a=b"s, "CN==" + ""s, "CN= "s, "CN=a#b"s,
        "CN=a\nb"s, "CN=\xC3\xA9"s, "CN=a\0b"s, "\nCN=a"s, "\tCN=a"s, "CN\n=a"s, "CN=,O="s,
        "CN=+O="s, "CN=a+ O=b"s, "CN=a,\tO=b"s,
        // Keywords and object identifiers.
        "1.2.3.4=foo"s, "OID.1.2.3=foo"s, "oid.1.2=x"s, "0.39=x"s, "1.39=x"s, "2.40=x"s, "2.999=x"s,
        "1.02=x"s, "1.2.99999999999999999999=x"s, "emailAddress=a@b"s, "EMAIL=a@b"s, "T=x"s,
        "SERIALNUMBER=1"s, "S=x"s, "ST=x"s, "DNQ=x"s, "DNQUALIFIER=x"s, "GIVENNAME=x"s, "IP=1"s,
        "DC=com"s, "UID=u"s, "STREET=s"s, "INITIALS=x"s, "GENERATION=x"s, "SURNAME=x"s, "C=x"s,
        "L=x"s, "OU=x"s,
        // Escapes and quotes.
        "CN=a\\,b"s, "CN=a\\2Cb"s, "CN=a\\ "s, "CN=a\\="s, "CN=a\\\n"s, "CN=a\\#"s, "CN=a\\\\,O=b"s,
        "CN=a\\\\\\,O=b"s, "CN=a\\,"s, "CN=a\\,,O=b"s, "CN=\\41\\42"s, "CN=\\\"a"s, "CN=\"q,u\""s,
        "CN=\"a\" ,O=b"s, "CN=\"a\\\"b\""s, "CN=\"a+b\""s, "CN=\"a;b\",O=c"s, "CN=\"a\"\n"s,
        "CN=\"\""s, "CN=\"a,b\"+O=c"s, "CN=\"x\\\",y\",O=z"s,
        // Values in hex.
        "CN=#0c0161"s, "CN= #0c0161"s, "CN=#0500"s, "CN=#3000"s, "CN=#0c8101aa"s, "CN=#0c8100"s,
        "CN=#0c0161,O=b"s}) {
    EXPECT_TRUE(is_valid_dn(text)) << text;
  }
}

TEST(ValidDn, RefusesWhatJavaRefuses) {
  for (const std::string& text :
       {"foo"s, "CN"s, "="s, "=x"s, ","s, "  "s, "CN=foo,"s, "CN=a;"s, "CN=a+"s, "+CN=a"s,
        ",CN=foo"s, "CN=foo,,O=b"s, "CN=a++O=b"s, "CN=a,O"s, "CN=a+b"s, "CN=a;b"s, "CN=a<b"s,
        "CN=a>b"s, "CN=a\"b"s, "CN=a \"b\""s, "CN=a,\"O=b\""s, "\"CN=a\""s, "CN=a\"b,c\"d"s,
        "spiffe://x/y"s,
        // Keywords and object identifiers.
        "XX=foo"s, "E=a@b"s, "SN=x"s, "TITLE=x"s, "C N=a"s, "9.9.9=x"s, "0.40=x"s, "1.40=x"s,
        "1=x"s, "1.=x"s, "1..2=x"s, "1.2.=x"s, ".1.2=x"s, "OID.=x"s, "OID.CN=x"s, "OID. 1.2=x"s,
        "1.2.3a=x"s,
        // Escapes and quotes.
        "CN=a\\"s, "CN=a\\zb"s, "CN=\\2"s, "CN=\\2g"s, "CN=a\\4"s, "CN=\"abc"s, "CN=\"a\"b"s,
        "CN=\"a\" x"s, "CN=\"a\\zb\""s, "CN=\"a\\"s, "CN=\"a\"+\"b\""s,
        // Values in hex.
        "CN=#"s, "CN=#zz"s, "CN=#0402ab"s, "CN=#0c"s, "CN=#0c01"s, "CN=#0c016"s, "CN=#0c01 61"s,
        "CN=#0C0161 "s, "CN=#1f8100"s, "CN=#0c80"s, "CN=#0c8261"s, "CN=#0c8"s}) {
    EXPECT_FALSE(is_valid_dn(text)) << text;
  }
}

TEST(ValidDn, SurvivesNoise) {
  constexpr std::string_view kAlphabet = "CNO=,+;\"\\#<> \n019afz";
  std::mt19937 random(3);
  size_t valid = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 2 == 0 ? "CN=" : "";
    for (size_t left = random() % 12; left > 0; --left) {
      text.push_back(kAlphabet[random() % kAlphabet.size()]);
    }
    valid += is_valid_dn(text) ? 1 : 0;
  }
  EXPECT_GT(valid, 1000u) << "the noise must reach the accepting states";
}

}  // namespace
}  // namespace quorate::auth
