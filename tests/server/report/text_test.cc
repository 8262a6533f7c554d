// Java's way of printing numbers and dates.
#include "server/report/text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace quorate::report {
namespace {

TEST(JavaDouble, PrintsAtLeastOneDecimal) {
  EXPECT_EQ(java_double(0), "0.0");
  EXPECT_EQ(java_double(4), "4.0");
  EXPECT_EQ(java_double(-1), "-1.0");
  EXPECT_EQ(java_double(1.2381), "1.2381");
  EXPECT_EQ(java_double(0.1), "0.1");
  EXPECT_EQ(java_double(std::nan("")), "NaN");
  EXPECT_EQ(java_double(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(java_double(-std::numeric_limits<double>::infinity()), "-Infinity");
}

TEST(Rounded, HasFourDecimals) {
  EXPECT_EQ(java_double(rounded(96.0 / 22)), "4.3636");
  EXPECT_EQ(java_double(rounded(1.0 / 3)), "0.3333");
}

TEST(Hex, HasNoPrefix) {
  EXPECT_EQ(hex(0), "0");
  EXPECT_EQ(hex(0x100002aa6b30001), "100002aa6b30001");
  EXPECT_EQ(hex(-1), "ffffffffffffffff");
}

TEST(JavaDate, IsInUtc) {
  EXPECT_EQ(java_date(WallMillis{0}), "Thu Jan 01 00:00:00 UTC 1970");
  EXPECT_EQ(java_date(WallMillis{1795253534999}), "Sat Nov 21 09:32:14 UTC 2026");
  EXPECT_EQ(java_date(WallMillis{951827696000}), "Tue Feb 29 12:34:56 UTC 2000");
  EXPECT_EQ(java_date(WallMillis{-1}), "Wed Dec 31 23:59:59 UTC 1969");
}

TEST(IsoTime, IsInUtc) { EXPECT_EQ(iso_time(WallMillis{1795253534999}), "2026-11-21T09:32:14Z"); }

TEST(SocketText, BracketsIpv6) {
  EXPECT_EQ(socket_text("127.0.0.1", 2181), "127.0.0.1:2181");
  EXPECT_EQ(socket_text("::1", 2181), "[::1]:2181");
}

}  // namespace
}  // namespace quorate::report
