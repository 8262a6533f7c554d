// Opcode 100: every scheme, digest vectors, the super user, ensemble names, certificates' ids.
#include "server/auth/authenticate.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::auth {
namespace {

using wire::Id;

constexpr const char* kSuperTest = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

TEST(DigestId, MatchesVectorsOfZooKeeper) {
  struct Case {
    const char* credentials;
    const char* id;
  };
  const Case cases[] = {
      {"super:test", kSuperTest},
      {"user1:12345", "user1:+owfoSBn/am19roBPzR1/MfCblE="},
      {"zookeeper:admin", "zookeeper:qW/HnTfCSoQpB5G8LgkwT3IbiFc="},
      {"user:password", "user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY="},
      {"u:p", "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="},
      {"user:pass", "user:smGaoVKd/cQkjm7b88GyorAUz20="},
      {"a:b:c", "a:cLzgnoJ6mP5qz3w+mwvPE2vDgu0="},
      {":p", ":LlDE5iroUDDm9zdvmLsfjkUvn0k="},
      {"u:", "u:IX23jg4I7W2/R//KoV8VL1UfuBM="},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(digest_id(c.credentials, DigestAlgorithm::kSha1), c.id) << c.credentials;
  }
}

TEST(DigestId, OffersStrongerAlgorithms) {
  // base64 of `printf u:p | openssl dgst -sha256 -binary`, and so on.
  EXPECT_EQ(digest_id("u:p", DigestAlgorithm::kSha256),
            "u:/Y8xRBngpX5duYn15uUqIRaIaCviy5TEwSk419hCwuA=");
  EXPECT_EQ(
      digest_id("u:p", DigestAlgorithm::kSha512),
      "u:JuOwXdmk4f1omXNJj7k4ILDOHOlc+8PMyEaxl9nrWl6OmV83jKYivSqJWsp5PsMTda6BtnipueoU1r5DtBd7CA==");
  EXPECT_EQ(digest_id("u:p", DigestAlgorithm::kSha3_256),
            "u:3+U94Pf1dSrKR/q5qu/huTFf1Fha6TtpdtpSdhWvIS0=");
}

TEST(DigestId, SizesOfTheOthers) {
  struct Case {
    DigestAlgorithm algorithm;
    size_t base64_size;
  };
  for (const Case c : {Case{DigestAlgorithm::kSha384, 64}, Case{DigestAlgorithm::kSha3_384, 64},
                       Case{DigestAlgorithm::kSha3_512, 88}}) {
    EXPECT_EQ(digest_id("u:p", c.algorithm)->size(), 2 + c.base64_size);
  }
}

TEST(DigestId, NeedsAColon) {
  EXPECT_FALSE(digest_id("user", DigestAlgorithm::kSha1).has_value());
  EXPECT_FALSE(digest_id("", DigestAlgorithm::kSha1).has_value());
}

TEST(DigestAlgorithmOf, KnowsJavaNamesInAnyCase) {
  EXPECT_EQ(digest_algorithm_of("SHA1"), DigestAlgorithm::kSha1);
  EXPECT_EQ(digest_algorithm_of("sha-1"), DigestAlgorithm::kSha1);
  EXPECT_EQ(digest_algorithm_of("SHA-256"), DigestAlgorithm::kSha256);
  EXPECT_EQ(digest_algorithm_of("sha-512"), DigestAlgorithm::kSha512);
  EXPECT_EQ(digest_algorithm_of("SHA-384"), DigestAlgorithm::kSha384);
  EXPECT_EQ(digest_algorithm_of("SHA3-384"), DigestAlgorithm::kSha3_384);
  EXPECT_EQ(digest_algorithm_of("SHA3-512"), DigestAlgorithm::kSha3_512);
  EXPECT_EQ(digest_algorithm_of("SHA3-256"), DigestAlgorithm::kSha3_256);
  EXPECT_FALSE(digest_algorithm_of("MD5").has_value());
  EXPECT_FALSE(digest_algorithm_of("").has_value());
}

TEST(Authenticate, DigestAddsTheHashedId) {
  const AuthResult result = authenticate("digest", "user:password", {});
  EXPECT_EQ(result.outcome, AuthOutcome::kAccepted);
  EXPECT_EQ(result.added, (std::vector<Id>{{"digest", "user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY="}}));
}

TEST(Authenticate, DigestWithoutAColonIsAUserToo) {
  const AuthResult user = authenticate("digest", "user", {});
  EXPECT_EQ(user.added, (std::vector<Id>{{"digest", "user:Et6pb+wgWTVmq3VpLJlJWWgzrck="}}));
  const AuthResult empty = authenticate("digest", "", {});
  EXPECT_EQ(empty.added, (std::vector<Id>{{"digest", ":2jmj7l5rSw0yVb/vlWAYkK/YBwk="}}));
}

TEST(Authenticate, DigestRepairsMalformedTextAsJavaDoes) {
  const AuthResult malformed = authenticate("digest", "u:\xFF", {});
  const AuthResult replaced = authenticate("digest", "u:\xEF\xBF\xBD", {});
  EXPECT_EQ(malformed.added, replaced.added);
}

TEST(Authenticate, DigestRefusesNullAndDisabled) {
  EXPECT_EQ(authenticate("digest", std::nullopt, {}).outcome, AuthOutcome::kRefused);
  AuthOptions options;
  options.digest_enabled = false;
  const AuthResult result = authenticate("digest", "u:p", options);
  EXPECT_EQ(result.outcome, AuthOutcome::kRefused);
  EXPECT_TRUE(result.added.empty());
}

TEST(Authenticate, SuperDigestAddsSuperFirst) {
  AuthOptions options;
  options.super_digest = kSuperTest;
  const AuthResult right = authenticate("digest", "super:test", options);
  EXPECT_EQ(right.added, (std::vector<Id>{{"super", ""}, {"digest", kSuperTest}}));
  const AuthResult wrong = authenticate("digest", "super:tesT", options);
  EXPECT_EQ(wrong.outcome, AuthOutcome::kAccepted) << "it is an ordinary user of that name";
  ASSERT_EQ(wrong.added.size(), 1u);
  EXPECT_EQ(wrong.added[0].scheme, "digest");
}

TEST(Authenticate, WithoutASuperDigestNobodyIsSuper) {
  const AuthResult result = authenticate("digest", "super:test", {});
  ASSERT_EQ(result.added.size(), 1u);
  EXPECT_EQ(result.added[0].scheme, "digest");
}

TEST(Authenticate, SuperDigestFollowsTheAlgorithm) {
  AuthOptions options;
  options.digest_algorithm = DigestAlgorithm::kSha512;
  options.super_digest = *digest_id("root:secret", DigestAlgorithm::kSha512);
  EXPECT_EQ(authenticate("digest", "root:secret", options).added.size(), 2u);
  options.digest_algorithm = DigestAlgorithm::kSha1;
  EXPECT_EQ(authenticate("digest", "root:secret", options).added.size(), 1u);
}

TEST(Authenticate, IpIsAcceptedAndAddsNothing) {
  const AuthResult result = authenticate("ip", "10.0.0.1", {});
  EXPECT_EQ(result.outcome, AuthOutcome::kAccepted);
  EXPECT_TRUE(result.added.empty());
}

TEST(Authenticate, X509NeedsACertificate) {
  EXPECT_EQ(authenticate("x509", "CN=a", {}).outcome, AuthOutcome::kRefused);
  Identities who;
  who.add({"ip", "127.0.0.1"});
  EXPECT_EQ(authenticate("x509", "", {}, &who).outcome, AuthOutcome::kRefused);
  who.add({"x509", "CN=a"});
  const AuthResult result = authenticate("x509", "CN=root", {}, &who);
  EXPECT_EQ(result.outcome, AuthOutcome::kAccepted);
  EXPECT_TRUE(result.added.empty()) << "the payload proves nothing";
}

TEST(Authenticate, OtherSchemesAreRefused) {
  for (const char* scheme : {"", "world", "auth", "super", "sasl", "Digest", "key", "ensemble"}) {
    const AuthResult result = authenticate(scheme, "anyone", {});
    EXPECT_EQ(result.outcome, AuthOutcome::kRefused) << scheme;
    EXPECT_TRUE(result.added.empty()) << scheme;
  }
}

TEST(Authenticate, EnsembleNameMustBeKnown) {
  AuthOptions options;
  options.ensemble_names = {"red", "blue"};
  EXPECT_EQ(authenticate("ensemble", "blue", options).outcome, AuthOutcome::kAccepted);
  EXPECT_EQ(authenticate("ensemble", "green", options).outcome, AuthOutcome::kCloseSilently);
  EXPECT_EQ(authenticate("ensemble", "", options).outcome, AuthOutcome::kAccepted);
  EXPECT_EQ(authenticate("ensemble", std::nullopt, options).outcome, AuthOutcome::kAccepted);
  EXPECT_TRUE(authenticate("ensemble", "blue", options).added.empty());
}

TEST(Authenticate, EnsembleWithoutNamesAcceptsAnything) {
  AuthOptions options;
  options.ensemble_enabled = true;
  EXPECT_EQ(authenticate("ensemble", "green", options).outcome, AuthOutcome::kAccepted);
}

TEST(X509Ids, SuperUserGetsSuper) {
  AuthOptions options;
  EXPECT_EQ(x509_ids("CN=a", options), (std::vector<Id>{{"x509", "CN=a"}}));
  options.x509_super_user = "CN=a";
  EXPECT_EQ(x509_ids("CN=a", options), (std::vector<Id>{{"super", "CN=a"}, {"x509", "CN=a"}}));
  EXPECT_EQ(x509_ids("CN=b", options), (std::vector<Id>{{"x509", "CN=b"}}));
  options.x509_super_user = "";
  EXPECT_EQ(x509_ids("", options), (std::vector<Id>{{"x509", ""}}));
}

TEST(Identities, KeepTheirOrderWithoutRepetitions) {
  Identities who;
  EXPECT_TRUE(who.add({"ip", "127.0.0.1"}));
  EXPECT_TRUE(who.add({"digest", "u:x"}));
  EXPECT_TRUE(who.add({"digest", "u:x"}));
  EXPECT_EQ(who.ids, (std::vector<Id>{{"ip", "127.0.0.1"}, {"digest", "u:x"}}));
  EXPECT_FALSE(who.super);
  EXPECT_TRUE(who.add({"super", ""}));
  EXPECT_TRUE(who.super);
}

TEST(Identities, AreBounded) {
  Identities who;
  for (size_t index = 0; index < kIdentitiesMax; ++index) {
    ASSERT_TRUE(who.add({"digest", "u" + std::to_string(index) + ":x"}));
  }
  EXPECT_FALSE(who.add({"super", ""}));
  EXPECT_FALSE(who.super) << "an id that was not taken counts for nothing";
  EXPECT_EQ(who.ids.size(), kIdentitiesMax);
  EXPECT_TRUE(who.add({"digest", "u0:x"})) << "one that is there is no addition";
}

}  // namespace
}  // namespace quorate::auth
