// The permission check, the fix-up of lists, and the mask of getACL.
#include "server/auth/permission.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace quorate::auth {
namespace {

using wire::Acl;
using wire::AclList;
using wire::Id;

Identities caller(std::vector<Id> ids) {
  Identities who;
  for (Id& id : ids) {
    who.add(std::move(id));
  }
  return who;
}

bool allowed(const std::vector<Acl>& acls, int32_t wanted, const Identities& who) {
  const std::string encoded = wire::encode_acls(acls);
  return is_allowed(AclList{encoded}, wanted, who);
}

const Identities kNobody = caller({{"ip", "192.0.2.1"}});

TEST(IsAllowed, EmptyAndNullListsAllowAll) {
  EXPECT_TRUE(is_allowed(AclList{}, wire::kPermAll, kNobody));
  EXPECT_TRUE(allowed({}, wire::kPermAll, kNobody));
  EXPECT_TRUE(is_allowed(AclList{"\xFF\xFF\xFF\xFF"}, wire::kPermAll, kNobody));
}

TEST(IsAllowed, WorldGrantsExactlyItsBits) {
  for (int32_t granted = 0; granted < 32; ++granted) {
    for (int32_t wanted = 1; wanted < 32; ++wanted) {
      EXPECT_EQ(allowed({{granted, {"world", "anyone"}}}, wanted, kNobody), (granted & wanted) != 0)
          << granted << ' ' << wanted;
    }
  }
  EXPECT_TRUE(is_allowed(wire::open_acl(), wire::kPermAdmin, kNobody));
}

TEST(IsAllowed, WorldIsAnyoneOnly) {
  EXPECT_FALSE(allowed({{31, {"world", "someone"}}}, wire::kPermRead, kNobody));
  EXPECT_FALSE(allowed({{31, {"World", "anyone"}}}, wire::kPermRead, kNobody));
}

TEST(IsAllowed, SuperPassesEverything) {
  const Identities super = caller({{"ip", "192.0.2.1"}, {"super", ""}});
  EXPECT_TRUE(allowed({{0, {"world", "anyone"}}}, wire::kPermAdmin, super));
  EXPECT_TRUE(allowed({{31, {"digest", "a:b"}}}, wire::kPermAdmin, super));
  EXPECT_FALSE(allowed({{31, {"super", ""}}}, wire::kPermRead, kNobody));
}

TEST(IsAllowed, DigestMatchesByEquality) {
  const Identities user = caller({{"ip", "192.0.2.1"}, {"digest", "u:hash"}});
  const std::vector<Acl> acls = {{wire::kPermWrite, {"digest", "u:hash"}}};
  EXPECT_TRUE(allowed(acls, wire::kPermWrite, user));
  EXPECT_FALSE(allowed(acls, wire::kPermRead, user));
  EXPECT_FALSE(allowed(acls, wire::kPermWrite, kNobody));
  EXPECT_FALSE(allowed({{31, {"digest", "u:hasH"}}}, wire::kPermRead, user));
  EXPECT_FALSE(allowed({{31, {"digest", "u:hash2"}}}, wire::kPermRead, user));
  EXPECT_FALSE(allowed({{31, {"x509", "u:hash"}}}, wire::kPermRead, user));
}

TEST(IsAllowed, X509MatchesByEquality) {
  const Identities user = caller({{"ip", "192.0.2.1"}, {"x509", "CN=a,O=b"}});
  EXPECT_TRUE(allowed({{1, {"x509", "CN=a,O=b"}}}, wire::kPermRead, user));
  EXPECT_FALSE(allowed({{1, {"x509", "CN=a, O=b"}}}, wire::kPermRead, user));
  EXPECT_FALSE(allowed({{1, {"x509", "cn=a,O=b"}}}, wire::kPermRead, user));
}

TEST(IsAllowed, IpMatchesRanges) {
  const Identities v4 = caller({{"ip", "192.0.2.77"}});
  EXPECT_TRUE(allowed({{1, {"ip", "192.0.2.77"}}}, wire::kPermRead, v4));
  EXPECT_TRUE(allowed({{1, {"ip", "192.0.2.0/24"}}}, wire::kPermRead, v4));
  EXPECT_FALSE(allowed({{1, {"ip", "192.0.3.0/24"}}}, wire::kPermRead, v4));
  EXPECT_FALSE(allowed({{1, {"ip", "nonsense"}}}, wire::kPermRead, v4));
  const Identities v6 = caller({{"ip", "2001:db8:0:0:0:0:0:1"}});
  EXPECT_TRUE(allowed({{1, {"ip", "2001:db8::/32"}}}, wire::kPermRead, v6));
  EXPECT_FALSE(allowed({{1, {"ip", "192.0.2.0/0"}}}, wire::kPermRead, v6));
}

TEST(IsAllowed, UnknownSchemesNeverMatch) {
  const Identities odd = caller({{"sasl", "bob"}, {"ensemble", "red"}, {"auth", ""}});
  for (const Id& id : odd.ids) {
    EXPECT_FALSE(allowed({{31, id}}, wire::kPermRead, odd)) << id.scheme;
  }
}

TEST(IsAllowed, AnyEntryMayGrant) {
  const Identities user = caller({{"ip", "192.0.2.1"}, {"digest", "u:x"}, {"digest", "v:y"}});
  const std::vector<Acl> acls = {{wire::kPermRead, {"world", "anyone"}},
                                 {wire::kPermWrite, {"digest", "v:y"}},
                                 {wire::kPermAdmin, {"digest", "w:z"}}};
  EXPECT_TRUE(allowed(acls, wire::kPermRead, user));
  EXPECT_TRUE(allowed(acls, wire::kPermWrite, user));
  EXPECT_FALSE(allowed(acls, wire::kPermAdmin, user));
  EXPECT_FALSE(allowed(acls, wire::kPermDelete, user));
  EXPECT_TRUE(allowed(acls, wire::kPermDelete | wire::kPermWrite, user)) << "any bit is enough";
}

TEST(IsAllowed, IsCheapForOpenLists) {
  const AclList open = wire::open_acl();
  constexpr int kRounds = 2'000'000;
  int granted = 0;
  double best_ns = 1e9;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    for (int round = 0; round < kRounds; ++round) {
      granted += is_allowed(open, 1 << (round % 5), kNobody) ? 1 : 0;
    }
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best_ns = std::min(best_ns, spent.count() / kRounds);
  }
  EXPECT_EQ(granted, 5 * kRounds);
  RecordProperty("is_allowed_ns", std::to_string(best_ns));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(best_ns, 20.0);
#endif
}

struct FixUpCase {
  const char* name;
  std::vector<Acl> asked;
  std::optional<std::vector<Acl>> stored;
};

class FixUp : public ::testing::TestWithParam<FixUpCase> {
 protected:
  const Identities who_ =
      caller({{"ip", "127.0.0.1"}, {"super", ""}, {"digest", "u:x"}, {"x509", "CN=a"}});
};

TEST_P(FixUp, StoresWhatZooKeeperStores) {
  const FixUpCase& c = GetParam();
  const std::string asked = wire::encode_acls(c.asked);
  const auto stored = fix_up(AclList{asked}, who_);
  ASSERT_EQ(stored.has_value(), c.stored.has_value());
  if (stored) {
    EXPECT_EQ(wire::decode_acls(AclList{*stored}), *c.stored);
    EXPECT_EQ(*stored, wire::encode_acls(*c.stored));
  }
}

constexpr std::nullopt_t kInvalid = std::nullopt;
const Id kAnyone{"world", "anyone"};

INSTANTIATE_TEST_SUITE_P(
    Table, FixUp,
    ::testing::Values(
        FixUpCase{"Empty", {}, kInvalid}, FixUpCase{"Open", {{31, kAnyone}}, {{{31, kAnyone}}}},
        FixUpCase{"WorldNoBits", {{0, kAnyone}}, {{{0, kAnyone}}}},
        FixUpCase{"WorldOddBits", {{255, kAnyone}}, {{{255, kAnyone}}}},
        FixUpCase{"WorldOther", {{31, {"world", "x"}}}, kInvalid},
        FixUpCase{"WorldCase", {{1, {"World", "anyone"}}}, kInvalid},
        FixUpCase{
            "Auth", {{31, {"auth", ""}}}, {{{31, {"digest", "u:x"}}, {31, {"x509", "CN=a"}}}}},
        FixUpCase{"AuthIgnoresItsId",
                  {{1, {"auth", "who:ever"}}},
                  {{{1, {"digest", "u:x"}}, {1, {"x509", "CN=a"}}}}},
        // Duplicates are dropped before the expansion, not after it.
        FixUpCase{"AuthBesideItsResult",
                  {{31, {"auth", ""}}, {31, {"digest", "u:x"}}},
                  {{{31, {"digest", "u:x"}}, {31, {"x509", "CN=a"}}, {31, {"digest", "u:x"}}}}},
        FixUpCase{"Duplicates",
                  {{1, kAnyone}, {2, kAnyone}, {1, kAnyone}, {1, {"ip", "10.0.0.1"}}, {2, kAnyone}},
                  {{{1, kAnyone}, {2, kAnyone}, {1, {"ip", "10.0.0.1"}}}}},
        FixUpCase{"OneBadSpoilsAll", {{31, kAnyone}, {1, {"sasl", "x"}}}, kInvalid},
        FixUpCase{"Super", {{1, {"super", ""}}}, kInvalid},
        FixUpCase{"Sasl", {{1, {"sasl", "x"}}}, kInvalid},
        FixUpCase{"Ensemble", {{1, {"ensemble", "x"}}}, kInvalid},
        FixUpCase{"Key", {{1, {"key", "x"}}}, kInvalid},
        FixUpCase{"NoScheme", {{1, {"", "x"}}}, kInvalid},
        FixUpCase{"Digest", {{1, {"digest", "a:b"}}}, {{{1, {"digest", "a:b"}}}}},
        FixUpCase{"DigestNoUser", {{1, {"digest", ":b"}}}, {{{1, {"digest", ":b"}}}}},
        FixUpCase{"DigestTrailing", {{1, {"digest", "a:b:"}}}, {{{1, {"digest", "a:b:"}}}}},
        FixUpCase{"DigestEmpty", {{1, {"digest", ""}}}, kInvalid},
        FixUpCase{"DigestNoColon", {{1, {"digest", "a"}}}, kInvalid},
        FixUpCase{"DigestNoHash", {{1, {"digest", "a:"}}}, kInvalid},
        FixUpCase{"DigestColonOnly", {{1, {"digest", ":"}}}, kInvalid},
        FixUpCase{"DigestColons", {{1, {"digest", "::"}}}, kInvalid},
        FixUpCase{"DigestTwo", {{1, {"digest", "a:b:c"}}}, kInvalid},
        FixUpCase{"DigestGap", {{1, {"digest", "a::b"}}}, kInvalid},
        FixUpCase{"Ip", {{1, {"ip", "10.0.0.1"}}}, {{{1, {"ip", "10.0.0.1"}}}}},
        FixUpCase{"IpRange", {{1, {"ip", "10.0.0.0/8"}}}, {{{1, {"ip", "10.0.0.0/8"}}}}},
        FixUpCase{"IpV6", {{1, {"ip", "::1/64"}}}, {{{1, {"ip", "::1/64"}}}}},
        FixUpCase{"IpBits", {{1, {"ip", "10.0.0.0/33"}}}, kInvalid},
        FixUpCase{"IpName", {{1, {"ip", "localhost"}}}, kInvalid},
        FixUpCase{"IpEmpty", {{1, {"ip", ""}}}, kInvalid},
        FixUpCase{"X509", {{1, {"x509", "CN=a, O=b"}}}, {{{1, {"x509", "CN=a, O=b"}}}}},
        FixUpCase{"X509Text", {{1, {"x509", "somebody"}}}, kInvalid}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

TEST(FixUpNulls, NullListIsInvalid) {
  EXPECT_FALSE(fix_up(AclList{}, kNobody).has_value());
  EXPECT_FALSE(fix_up(AclList{"\xFF\xFF\xFF\xFF"}, kNobody).has_value());
}

std::string one_entry(wire::NullableBytes scheme, wire::NullableBytes id) {
  std::string encoded;
  wire::Writer writer(encoded);
  writer.put_int(1);
  writer.put_int(wire::kPermRead);
  writer.put_buffer(scheme);
  writer.put_buffer(id);
  return encoded;
}

TEST(FixUpNulls, NullStringsAreInvalid) {
  EXPECT_FALSE(fix_up(AclList{one_entry(std::nullopt, "x")}, kNobody).has_value());
  for (const char* scheme : {"world", "digest", "ip", "x509", "sasl", ""}) {
    EXPECT_FALSE(fix_up(AclList{one_entry(scheme, std::nullopt)}, kNobody).has_value()) << scheme;
  }
}

TEST(FixUpNulls, AuthNeedsNoId) {
  const Identities user = caller({{"digest", "u:x"}});
  const std::string asked = one_entry("auth", std::nullopt);
  EXPECT_EQ(fix_up(AclList{asked}, user), wire::encode_acls({{1, {"digest", "u:x"}}}));
}

TEST(FixUpAuth, NeedsAnAuthenticatedCaller) {
  const std::string asked = wire::encode_acls({{31, {"auth", ""}}});
  EXPECT_FALSE(fix_up(AclList{asked}, kNobody).has_value()) << "an address proves nobody";
  EXPECT_FALSE(fix_up(AclList{asked}, caller({{"super", ""}})).has_value());
  EXPECT_FALSE(fix_up(AclList{asked}, Identities{}).has_value());
}

TEST(FixUpAuth, IsBounded) {
  Identities who;
  for (int index = 0; index < 1000; ++index) {
    ASSERT_TRUE(who.add({"digest", "u" + std::to_string(index) + ":" + std::string(100, 'x')}));
  }
  std::vector<Acl> acls;
  for (int32_t perms = 0; perms < 5000; ++perms) {
    acls.push_back({perms, {"auth", ""}});
  }
  const std::string asked = wire::encode_acls(acls);
  EXPECT_FALSE(fix_up(AclList{asked}, who).has_value()) << "half a gigabyte from one request";
  acls.resize(5);
  const std::string modest = wire::encode_acls(acls);
  EXPECT_TRUE(fix_up(AclList{modest}, who).has_value());
}

TEST(FixUpSchemes, UnregisteredOnesAreInvalid) {
  const std::string digest = wire::encode_acls({{1, {"digest", "a:b"}}});
  const std::string x509 = wire::encode_acls({{1, {"x509", "CN=a"}}});
  const std::string spiffe = wire::encode_acls({{1, {"x509", "spiffe://a/b"}}});
  EXPECT_FALSE(fix_up(AclList{digest}, kNobody, {.digest = false}).has_value());
  EXPECT_FALSE(fix_up(AclList{x509}, kNobody, {.x509 = false}).has_value());
  EXPECT_FALSE(fix_up(AclList{spiffe}, kNobody, {}).has_value());
  EXPECT_TRUE(fix_up(AclList{spiffe}, kNobody, {.x509_any_id = true}).has_value());
  const std::string empty = wire::encode_acls({{1, {"x509", ""}}});
  EXPECT_TRUE(fix_up(AclList{empty}, kNobody, {}).has_value()) << "the empty name is a name";
}

TEST(FixUpDuplicates, ManyEntriesAreCheap) {
  std::vector<Acl> acls;
  for (int32_t index = 0; index < 60'000; ++index) {
    acls.push_back({index % 30'000, kAnyone});
  }
  const std::string asked = wire::encode_acls(acls);
  acls.resize(30'000);
  EXPECT_EQ(fix_up(AclList{asked}, kNobody), wire::encode_acls(acls));
}

TEST(IsOpenAcl, KnowsExactlyOneList) {
  EXPECT_TRUE(is_open_acl(wire::open_acl()));
  EXPECT_TRUE(is_open_acl(AclList{wire::encode_acls({{31, kAnyone}})}));
  EXPECT_FALSE(is_open_acl(AclList{}));
  EXPECT_FALSE(is_open_acl(AclList{wire::encode_acls({{15, kAnyone}})}));
  EXPECT_FALSE(is_open_acl(AclList{wire::encode_acls({{63, kAnyone}})}));
  EXPECT_FALSE(is_open_acl(AclList{wire::encode_acls({{31, kAnyone}, {31, kAnyone}})}));
  EXPECT_FALSE(is_open_acl(AclList{wire::encode_acls({{31, {"world", "anyonE"}}})}));
}

TEST(MaskDigests, HidesTheHash) {
  const std::string shown = wire::encode_acls({{31, {"digest", "u:hash"}},
                                               {1, kAnyone},
                                               {2, {"digest", "a:b:c"}},
                                               {3, {"digest", "nocolon"}},
                                               {4, {"digest", "u:x\ny"}},
                                               {5, {"x509", "CN=a:b"}}});
  const std::string masked = mask_digests(AclList{shown});
  EXPECT_EQ(masked, wire::encode_acls({{31, {"digest", "u:x"}},
                                       {1, kAnyone},
                                       {2, {"digest", "a:x"}},
                                       {3, {"digest", "nocolon"}},
                                       {4, {"digest", "u:x"}},
                                       {5, {"x509", "CN=a:b"}}}));
  EXPECT_EQ(mask_digests(AclList{}), std::string(4, '\0'));
}

}  // namespace
}  // namespace quorate::auth
