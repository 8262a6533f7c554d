// What members know of each other's disks.
#include "server/quorum/witness.h"

#include <gtest/gtest.h>

namespace quorate::quorum {
namespace {

constexpr wire::WitnessedDisk disk(int64_t server, int64_t accepted, int64_t durable) {
  return {.server = ServerId{server}, .accepted = Epoch{accepted}, .durable = Zxid{durable}};
}

TEST(Witness, OnlyGrows) {
  Witness witness;
  EXPECT_TRUE(witness.note(disk(1, 5, 0x500000007)));
  EXPECT_FALSE(witness.note(disk(1, 5, 0x500000007)));
  EXPECT_FALSE(witness.note(disk(1, 4, 0x400000009)));
  EXPECT_TRUE(witness.note(disk(1, 6, 0x400000009)));
  EXPECT_EQ(witness.disks(), (std::vector{disk(1, 6, 0x500000007)}));
}

TEST(Witness, ContradictsADiskThatHasLessOfEither) {
  Witness witness;
  witness.note(disk(1, 6, 0x500000007));
  EXPECT_FALSE(witness.contradicts(ServerId{1}, Epoch{6}, Zxid{0x500000007}));
  EXPECT_FALSE(witness.contradicts(ServerId{1}, Epoch{7}, Zxid{0x700000001}));
  EXPECT_TRUE(witness.contradicts(ServerId{1}, Epoch{6}, Zxid{0x500000006}));
  EXPECT_TRUE(witness.contradicts(ServerId{1}, Epoch{5}, Zxid{0x500000007}));
  EXPECT_FALSE(witness.contradicts(ServerId{2}, Epoch{0}, Zxid{0}));
}

TEST(Witness, IsTheSameWhenItIsReadAgain) {
  Witness witness;
  witness.note(disk(1, 6, 0x500000007));
  witness.note(disk(12, 0, 0));
  const std::string text = to_text(witness, "blue");
  EXPECT_EQ(text, "ensemble blue\n1 6 500000007\n12 0 0\n");
  EXPECT_EQ(parse_witness(text, "blue"), witness);
}

TEST(Witness, OfAnotherEnsembleIsWorthNothing) {
  EXPECT_EQ(parse_witness("ensemble blue\n1 6 500000007\n", "green"), Witness());
}

TEST(Witness, OtherTextIsNone) {
  for (const char* const text :
       {"", "\n", "1 6 500000007\n", "ensemble blue", "ensemble blue\n1 6\n",
        "ensemble blue\n1 6 5 7\n", "ensemble blue\n-1 6 5\n", "ensemble blue\n1 6 g\n",
        "ensemble blue\n\n"}) {
    EXPECT_FALSE(parse_witness(text, "blue")) << text;
  }
}

}  // namespace
}  // namespace quorate::quorum
