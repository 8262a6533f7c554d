// Names of operations and error codes.
#include <gtest/gtest.h>

#include <set>

#include "server/wire/error_code.h"
#include "server/wire/opcode.h"

namespace quorate::wire {
namespace {

TEST(Names, OperationsHaveDistinctOnes) {
  std::set<std::string_view> names;
  int known = 0;
  for (int number = -20; number < 130; ++number) {
    const std::string_view name = name_of(static_cast<OpCode>(number));
    if (name != "unknown") {
      ++known;
      names.insert(name);
    }
  }
  EXPECT_EQ(known, 33);
  EXPECT_EQ(names.size(), 33U);
}

TEST(Names, OperationsAsApacheNamesThem) {
  EXPECT_EQ(name_of(OpCode::kGetChildren2), "getChildren2");
  EXPECT_EQ(name_of(OpCode::kSetAcl), "setACL");
  EXPECT_EQ(name_of(OpCode::kCreateTtl), "createTTL");
  EXPECT_EQ(name_of(static_cast<OpCode>(10)), "unknown");
  EXPECT_EQ(short_name_of(OpCode::kGetChildren2), "GETC");
  EXPECT_EQ(short_name_of(OpCode::kCreateTtl), "CREA");
  EXPECT_EQ(short_name_of(OpCode::kCreateSession), "SESS");
  EXPECT_EQ(short_name_of(OpCode::kGetAllChildrenNumber), "GETACN");
  EXPECT_EQ(short_name_of(OpCode::kAuth), "NA");
  EXPECT_EQ(short_name_of(static_cast<OpCode>(10)), "NA");
}

TEST(Names, ErrorsHaveDistinctOnes) {
  std::set<std::string_view> names;
  int known = 0;
  for (int number = -200; number <= 10; ++number) {
    const std::string_view name = name_of(static_cast<ErrorCode>(number));
    if (name != "Unknown") {
      ++known;
      names.insert(name);
    }
  }
  EXPECT_EQ(known, 31);
  EXPECT_EQ(names.size(), 31U);
  EXPECT_EQ(name_of(ErrorCode::kNoNode), "NoNode");
  EXPECT_EQ(name_of(ErrorCode::kInvalidAcl), "InvalidACL");
}

}  // namespace
}  // namespace quorate::wire
