// Known checksums, and that they can be computed in pieces.
#include "server/base/checksum.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate {
namespace {

TEST(Checksum, Adler32OfKnownText) {
  EXPECT_EQ(adler32(kAdlerSeed, ""), 1U);
  EXPECT_EQ(adler32(kAdlerSeed, "Wikipedia"), 0x11E60398U);
  EXPECT_EQ(adler32(kAdlerSeed, "abc"), 0x024d0127U);
}

TEST(Checksum, Crc32OfKnownText) {
  EXPECT_EQ(crc32(0, ""), 0U);
  EXPECT_EQ(crc32(0, "123456789"), 0xCBF43926U);
}

// The digest of a fresh tree is the sum of these two, 0x51c6d660: the path ("" of the root), no
// data, and the sixty zero bytes of a stat.
TEST(Checksum, Crc32OfTheNodesOfAFreshTree) {
  const std::string stat(60, '\0');
  EXPECT_EQ(crc32(0, stat), 0x04128908U);
  EXPECT_EQ(crc32(crc32(0, "/zookeeper"), stat), 0x4db44d58U);
}

TEST(Checksum, FirstEntryOfARealLog) {
  const std::string entry(
      "\x01\x00\x00\x12\x8d\x3a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
      "\x00\x00\x01\xa1\xf8\x54\x31\x1a\xff\xff\xff\xf6\x00\x00\x75\x30\x00\x00\x00\x02"
      "\x00\x00\x00\x00\x51\xc6\xd6\x60",
      48);
  EXPECT_EQ(adler32(kAdlerSeed, entry), 0xb23f09fcU);
}

TEST(Checksum, NothingWithoutAddressChangesNothing) {
  EXPECT_EQ(adler32(12345, std::string_view()), 12345U);
  EXPECT_EQ(crc32(12345, std::string_view()), 12345U);
}

TEST(Checksum, InPiecesAsAtOnce) {
  std::string bytes;
  for (int index = 0; index < 5000; ++index) {
    bytes.push_back(static_cast<char>(index * 7 + index / 256));
  }
  for (const size_t split : {size_t{0}, size_t{1}, size_t{15}, size_t{2048}, size_t{5000}}) {
    const std::string_view all(bytes);
    EXPECT_EQ(adler32(adler32(kAdlerSeed, all.substr(0, split)), all.substr(split)),
              adler32(kAdlerSeed, all));
    EXPECT_EQ(crc32(crc32(0, all.substr(0, split)), all.substr(split)), crc32(0, all));
  }
}

}  // namespace
}  // namespace quorate
