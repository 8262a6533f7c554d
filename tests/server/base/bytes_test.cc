// Big-endian loads and stores at odd addresses.
#include "server/base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace quorate {
namespace {

template <typename T>
void expect_round_trip(T value) {
  char room[1 + sizeof(T) + 1] = {};
  store_big_endian(room + 1, value);
  EXPECT_EQ(load_big_endian<T>(room + 1), value);
  EXPECT_EQ(room[0], 0);
  EXPECT_EQ(room[1 + sizeof(T)], 0);
}

TEST(Bytes, RoundTrips) {
  for (const int64_t value :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{0x0102030405060708},
        std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    expect_round_trip(value);
    expect_round_trip(static_cast<uint64_t>(value));
    expect_round_trip(static_cast<int32_t>(value));
    expect_round_trip(static_cast<uint32_t>(value));
    expect_round_trip(static_cast<uint16_t>(value));
    expect_round_trip(static_cast<uint8_t>(value));
  }
}

TEST(Bytes, HighByteComesFirst) {
  std::string to = "x";
  append_big_endian(to, uint16_t{0x0102});
  append_big_endian(to, int32_t{-2});
  append_big_endian(to, int64_t{0x0102030405060708});
  append_big_endian(to, uint8_t{9});
  EXPECT_EQ(to, std::string("x\1\2\xff\xff\xff\xfe\1\2\3\4\5\6\7\10\11"));
}

}  // namespace
}  // namespace quorate
