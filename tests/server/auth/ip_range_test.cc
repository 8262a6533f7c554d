// IP ranges: every accepted and refused spelling, and which addresses a range contains.
#include "server/auth/ip_range.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace quorate::auth {
namespace {

TEST(ParseIp, AcceptsAddresses) {
  for (const char* text :
       {"0.0.0.0", "1.2.3.4", "255.255.255.255", "01.2.3.004", "::", "::1", "1::", "2001:db8::1",
        "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "FFFF::abcd", "::ffff:1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4", "fe80::1%eth0"}) {
    EXPECT_TRUE(parse_ip(text).has_value()) << text;
  }
}

TEST(ParseIp, RefusesEverythingElse) {
  for (const char* text : {"",
                           " ",
                           ".",
                           "1",
                           "1.2",
                           "1.2.3",
                           "1.2.3.",
                           ".1.2.3",
                           "1.2.3.4.",
                           "1.2.3.4.5",
                           "1..2.3",
                           "256.1.1.1",
                           "1.2.3.-4",
                           "+1.2.3.4",
                           " 1.2.3.4",
                           "1.2.3.4 ",
                           "1.2.3.a",
                           "0x1.2.3.4",
                           "1.2.3.4444444444444",
                           "localhost",
                           ":",
                           ":::",
                           "1:",
                           ":1",
                           "1:2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "::1.2.3",
                           "::1.2.3.4:5",
                           "1.2.3.4::",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "%eth0",
                           "1.2.3.4%eth0",
                           "[::1]"}) {
    EXPECT_FALSE(parse_ip(text).has_value()) << text;
  }
}

TEST(ParseIp, HoldsMappedAndPlainIpv4Alike) {
  EXPECT_EQ(parse_ip("10.1.2.3"), parse_ip("::ffff:10.1.2.3"));
  EXPECT_EQ(parse_ip("10.1.2.3"), parse_ip("0:0:0:0:0:FFFF:0a01:0203"));
  EXPECT_TRUE(parse_ip("::ffff:0:0")->v4);
  EXPECT_FALSE(parse_ip("::10.1.2.3")->v4);
}

TEST(ParseIpRange, ChecksTheNumberOfBits) {
  for (const char* text : {"1.2.3.4", "1.2.3.4/0", "1.2.3.4/32", "1.2.3.4/08", "::1/0", "::1/128",
                           "::ffff:1.2.3.4/96", "::ffff:1.2.3.4/128"}) {
    EXPECT_TRUE(parse_ip_range(text).has_value()) << text;
  }
  for (const char* text :
       {"", "/", "/8", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/8/8", "1.2.3.4/ 8",
        "1.2.3.4/8 ", "1.2.3.4/a", "1.2.3.4/99999999999999999999", "1.2.3/8", "::1/129", "::1/",
        "::ffff:1.2.3.4/95", "::ffff:0:0/0", "fe80::1%eth0", "fe80::1%eth0/64", "1.2.3.4/0x8"}) {
    EXPECT_FALSE(parse_ip_range(text).has_value()) << text;
  }
}

struct ContainsCase {
  const char* range;
  const char* address;
  bool contained;
};

class Contains : public ::testing::TestWithParam<ContainsCase> {};

TEST_P(Contains, MatchesThePrefix) {
  const auto range = parse_ip_range(GetParam().range);
  const auto address = parse_ip(GetParam().address);
  ASSERT_TRUE(range && address);
  EXPECT_EQ(range->contains(*address), GetParam().contained)
      << GetParam().range << ' ' << GetParam().address;
}

INSTANTIATE_TEST_SUITE_P(Table, Contains,
                         ::testing::Values(ContainsCase{"10.1.2.3", "10.1.2.3", true},
                                           ContainsCase{"10.1.2.3", "10.1.2.4", false},
                                           ContainsCase{"10.1.2.3/24", "10.1.2.250", true},
                                           ContainsCase{"10.1.2.3/24", "10.1.3.3", false},
                                           ContainsCase{"10.1.2.3/23", "10.1.3.3", true},
                                           ContainsCase{"10.1.2.128/25", "10.1.2.127", false},
                                           ContainsCase{"10.1.2.128/25", "10.1.2.129", true},
                                           ContainsCase{"10.1.2.3/31", "10.1.2.2", true},
                                           ContainsCase{"10.1.2.3/31", "10.1.2.4", false},
                                           ContainsCase{"0.0.0.0/0", "203.0.113.9", true},
                                           ContainsCase{"0.0.0.0/0", "::1", false},
                                           ContainsCase{"::/0", "2001:db8::7", true},
                                           // Every IPv6 address is not every address.
                                           ContainsCase{"::/0", "127.0.0.1", false},
                                           ContainsCase{"::ffff:10.1.2.0/120", "10.1.2.77", true},
                                           ContainsCase{"10.1.2.0/24", "::ffff:10.1.2.77", true},
                                           ContainsCase{"10.1.2.0/24", "::10.1.2.77", false},
                                           ContainsCase{"2001:db8::/32", "2001:db8:ffff::1", true},
                                           ContainsCase{"2001:db8::/32", "2001:db9::1", false},
                                           ContainsCase{"2001:db8::/33", "2001:db8:8000::1", false},
                                           ContainsCase{"fe80::/10", "fe80::1%eth0", true},
                                           ContainsCase{"fe80::/10", "fec0::1", false},
                                           ContainsCase{"::1", "::1", true},
                                           ContainsCase{"::1", "0:0:0:0:0:0:0:1", true},
                                           ContainsCase{"::1", "::2", false}));

TEST(IpRange, AgreesWithBitwiseComparison) {
  std::mt19937 random(7);
  for (int round = 0; round < 5000; ++round) {
    IpRange range;
    IpAddress candidate;
    for (size_t at = 0; at < 16; ++at) {
      range.address.bytes[at] = static_cast<uint8_t>(random());
      // Mostly equal, so that long prefixes are reached.
      candidate.bytes[at] =
          random() % 16 == 0 ? static_cast<uint8_t>(random()) : range.address.bytes[at];
    }
    range.bits = static_cast<int>(random() % 129);
    bool expected = true;
    for (int bit = 0; bit < range.bits; ++bit) {
      const auto at = static_cast<size_t>(bit / 8);
      const int mask = 0x80 >> (bit % 8);
      expected = expected && (range.address.bytes[at] & mask) == (candidate.bytes[at] & mask);
    }
    ASSERT_EQ(range.contains(candidate), expected) << range.bits;
  }
}

}  // namespace
}  // namespace quorate::auth
