// Encoded access control lists.
#include "server/wire/acl.h"

#include <gtest/gtest.h>

#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

std::vector<AclEntry> entries_of(AclList list) {
  std::vector<AclEntry> entries;
  AclCursor cursor(list);
  for (AclEntry entry; cursor.next(entry);) {
    entries.push_back(entry);
  }
  return entries;
}

TEST(Acl, RoundTrip) {
  const std::vector<Acl> acls = {{kPermAll, {"world", "anyone"}}, {1, {"digest", "u:p="}}, {0, {}}};
  const std::string encoded = encode_acls(acls);
  const AclList list{encoded};
  EXPECT_EQ(list.count(), 3);
  EXPECT_FALSE(list.empty());
  EXPECT_EQ(decode_acls(list), acls);
  Reader reader(encoded);
  EXPECT_EQ(read_acl_list(reader), list);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(Acl, OpenAcl) {
  EXPECT_EQ(decode_acls(open_acl()), (std::vector<Acl>{{kPermAll, {"world", "anyone"}}}));
  EXPECT_EQ(encode_acls({{kPermAll, {"world", "anyone"}}}), open_acl().encoded);
}

TEST(Acl, NullEmptyAndAbsent) {
  const std::string null = from_hex("ffffffff");
  const std::string empty = from_hex("00000000");
  for (const std::string_view bytes :
       {std::string_view(null), std::string_view(empty), std::string_view()}) {
    const AclList list{bytes};
    EXPECT_EQ(list.count(), 0);
    EXPECT_TRUE(list.empty());
    EXPECT_TRUE(entries_of(list).empty());
    EXPECT_TRUE(decode_acls(list).empty());
  }
  for (const std::string& bytes : {null, empty}) {
    Reader reader(bytes);
    EXPECT_EQ(read_acl_list(reader).encoded, bytes);
    EXPECT_TRUE(reader.ok() && reader.at_end());
  }
}

TEST(Acl, NullStringsAreKeptApart) {
  const std::string bytes = from_hex(
      "00000002"
      "0000001f"
      "ffffffff"
      "00000000"
      "00000001"
      "00000000"
      "ffffffff");
  Reader reader(bytes);
  const AclList list = read_acl_list(reader);
  ASSERT_TRUE(reader.ok());
  const std::vector<AclEntry> entries = entries_of(list);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0] == (AclEntry{31, std::nullopt, ""}));
  EXPECT_TRUE(entries[1] == (AclEntry{1, "", std::nullopt}));
}

TEST(Acl, ListEndsWhereItsLastEntryDoes) {
  const std::string list(two_acls().encoded);
  const std::string bytes = "before" + list + "behind";
  Reader reader(bytes);
  reader.get_raw(6);
  EXPECT_EQ(read_acl_list(reader).encoded, list);
  EXPECT_EQ(reader.rest(), "behind");
}

TEST(Acl, ImpossibleLists) {
  for (const char* hex :
       {"fffffffe", "7fffffff", "00000001", "000000010000001f", "000000010000001ffffffffe00000000",
        "000000010000001f0000000000000001", "000000020000001f0000000000000000"}) {
    const ExactCopy bytes(from_hex(hex));
    Reader reader(bytes.view());
    EXPECT_EQ(read_acl_list(reader).encoded, "") << hex;
    EXPECT_FALSE(reader.ok()) << hex;
  }
}

// Bytes that nobody validated do not take the cursor beyond their end.
TEST(Acl, CursorOverUnvalidatedBytes) {
  const ExactCopy bytes(
      from_hex("00000001"
               "0000001f"
               "00000005"
               "776f726c64"));
  EXPECT_TRUE(entries_of({bytes.view()}).empty());
  const ExactCopy count_only(from_hex("00000003"));
  EXPECT_TRUE(entries_of({count_only.view()}).empty());
}

}  // namespace
}  // namespace quorate::wire
