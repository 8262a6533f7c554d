// The snapshot format: sections, old versions, fuzzy content, damage.
#include "server/tree/snapshot.h"

#include <gmock/gmock.h>

#include <random>

#include "server/base/checksum.h"
#include "tests/server/tree/model.h"
#include "tests/server/tree/txn_driver.h"

namespace quorate::tree {
namespace {

using testing::HasSubstr;

std::string write(Database& database, size_t slice_bytes = 1 << 20) {
  std::string bytes;
  SnapshotWriter writer(database);
  while (writer.next(bytes, slice_bytes)) {
  }
  return bytes;
}

/// A snapshot put together by hand.
class Builder {
 public:
  Builder() { wire::Writer(bytes_).put_raw("ZKSN"); }
  Builder& ints(std::initializer_list<int32_t> values) {
    for (const int32_t value : values) {
      wire::Writer(bytes_).put_int(value);
    }
    return *this;
  }
  Builder& longs(std::initializer_list<int64_t> values) {
    for (const int64_t value : values) {
      wire::Writer(bytes_).put_long(value);
    }
    return *this;
  }
  Builder& header() { return ints({2}).longs({-1}).ints({0, 0}); }
  Builder& string(std::string_view value) {
    wire::Writer(bytes_).put_string(value);
    return *this;
  }
  Builder& raw(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  Builder& node(std::string_view path, std::string_view data = "", int64_t acl = -1,
                int64_t owner = 0) {
    string(path).string(data).longs({acl});
    wire::Writer writer(bytes_);
    wire::write(writer, wire::StatPersisted{.ephemeral_owner = owner});
    return *this;
  }
  Builder& end() { return string("/"); }
  Builder& seal() { return longs({int64_t{adler32(kAdlerSeed, bytes_)}}).end(); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string error_of(const std::string& bytes, TreeOptions options = {}) {
  const auto loaded = load_snapshot(bytes, options);
  if (loaded) {
    return "";
  }
  EXPECT_EQ(loaded.error().kind, ErrorKind::kCorrupt);
  return loaded.error().message;
}

TEST(SnapshotFormat, OfAFreshDatabaseIsByteForByteAsSpecified) {
  Database database{TreeOptions{.digest_enabled = false}};
  Builder expected;
  expected.ints({2}).longs({-1}).ints({0, 1}).longs({1});
  expected.raw(wire::encode_acls({{1, {"world", "anyone"}}}));
  expected.node("").node("/zookeeper");
  Builder quota_first = expected;
  std::string config;
  wire::Writer writer(config);
  wire::write(writer, wire::StatPersisted{.aversion = -1});
  expected.string("/zookeeper/config").string("").longs({1}).raw(config);
  expected.node("/zookeeper/quota").end().seal().longs({0}).seal();
  quota_first.node("/zookeeper/quota");
  quota_first.string("/zookeeper/config").string("").longs({1}).raw(config);
  quota_first.end().seal().longs({0}).seal();
  EXPECT_THAT(write(database), testing::AnyOf(expected.bytes(), quota_first.bytes()));
}

TEST(SnapshotFormat, HasDigestAndLastZxid) {
  TxnDriver driver;
  driver.create("/a");
  const std::string bytes = write(driver.database());
  const auto loaded = load_snapshot(bytes, {});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->info.last_processed_zxid, Zxid{1});
  EXPECT_EQ(loaded->info.digest_zxid, Zxid{1});
  EXPECT_EQ(loaded->info.digest->version, 2);
  EXPECT_EQ(static_cast<uint64_t>(loaded->info.digest->tree_digest), driver.tree().digest());
  EXPECT_EQ(loaded->database.last_zxid(), Zxid{});  // The caller knows it from the file's name.
}

TEST(SnapshotFormat, BeforeTheFirstTxnTheDigestIsEmpty) {
  Database database{TreeOptions{}};
  const auto loaded = load_snapshot(write(database), {});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->info.last_processed_zxid, Zxid{0});
  EXPECT_FALSE(loaded->info.digest);
}

TEST(SnapshotFormat, KeepsSessionsAndNullData) {
  TxnDriver driver;
  driver.apply(wire::CreateSessionTxn{.timeout_ms = 4000}, 9);
  driver.apply(wire::CreateSessionTxn{.timeout_ms = 6000}, -3);
  driver.apply(wire::CreateTxn{.path = "/null", .data = std::nullopt});
  driver.create("/empty", "");
  auto loaded = load_snapshot(write(driver.database(), 1), {});
  ASSERT_TRUE(loaded);
  loaded->database.set_last_zxid(Zxid{4});
  EXPECT_EQ(dump(loaded->database), dump(driver.database()));
  EXPECT_EQ(loaded->database.tree().data(loaded->database.tree().find("/null")), std::nullopt);
}

TEST(SnapshotFormat, SlicesAreSmall) {
  TxnDriver driver;
  for (int i = 0; i < 1000; ++i) {
    driver.create("/n" + std::to_string(i), std::string(100, 'x'));
  }
  const std::string expected = write(driver.database());
  SnapshotWriter writer(driver.database());
  bool more = true;
  std::string all;
  while (more) {
    std::string slice;
    more = writer.next(slice, 1000);
    EXPECT_LE(slice.size(), 1300u);
    all += slice;
  }
  EXPECT_EQ(all, expected);
}

TEST(SnapshotFormat, WhatWasSavedEarlyComesInSlicesToo) {
  TxnDriver driver;
  for (int i = 0; i < 100; ++i) {
    driver.create("/n" + std::to_string(i), std::string(100, 'x'));
  }
  const std::string before = dump(driver.database());
  SnapshotWriter writer(driver.database());
  for (int i = 0; i < 100; ++i) {
    driver.apply(wire::SetDataTxn{.path = "/n" + std::to_string(i), .data = "new"});
  }
  bool more = true;
  std::string all;
  while (more) {
    std::string slice;
    more = writer.next(slice, 500);
    EXPECT_LE(slice.size(), 800u);
    all += slice;
  }
  auto loaded = load_snapshot(all, {});
  ASSERT_TRUE(loaded);
  loaded->database.set_last_zxid(writer.zxid());
  EXPECT_EQ(dump(loaded->database), before);
}

TEST(SnapshotFormat, ManyAbandonedWritersDoNoHarm) {
  TxnDriver driver;
  for (int i = 0; i < 100; ++i) {
    driver.create("/n" + std::to_string(i));
  }
  const std::string expected = write(driver.database());
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < round % 20; ++i) {
      std::string bytes;
      SnapshotWriter writer(driver.database());
      ASSERT_TRUE(writer.next(bytes, static_cast<size_t>(round * 20)));
    }
    ASSERT_EQ(write(driver.database()), expected) << round;
  }
}

TEST(OldSnapshot, EndsAfterTheFirstSealBefore36) {
  Builder builder;
  builder.header().node("").node("/zookeeper").node("/a", "x").end().seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_FALSE(loaded->info.digest);
  EXPECT_FALSE(loaded->info.last_processed_zxid);
  EXPECT_EQ(loaded->database.tree().data(loaded->database.tree().find("/a")), "x");
  EXPECT_EQ(loaded->database.tree().node_count(), 4);
}

TEST(OldSnapshot, EndsAfterTheDigestBefore39) {
  Builder builder;
  builder.header().node("").end().seal().longs({7}).ints({2}).longs({99}).seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->info.digest_zxid, Zxid{7});
  EXPECT_EQ(loaded->info.digest->tree_digest, 99);
  EXPECT_FALSE(loaded->info.last_processed_zxid);
  EXPECT_TRUE(digest_contradicts(*loaded, Zxid{7}));
  EXPECT_FALSE(digest_contradicts(*loaded, Zxid{6}));
}

TEST(OldSnapshot, MayHaveADigestOfVersionOne) {
  Builder builder;
  builder.header().node("").end().seal().longs({7}).ints({1}).string("1f").seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_FALSE(loaded->info.digest);
  builder.longs({8}).seal();
  EXPECT_EQ(load_snapshot(builder.bytes(), {})->info.last_processed_zxid, Zxid{8});
}

TEST(OldSnapshot, MayHaveTheLastZxidWithoutADigest) {
  Builder builder;
  builder.header().node("").end().seal().longs({8}).seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->info.last_processed_zxid, Zxid{8});
}

TEST(JavaSnapshot, AclIndexesAreArbitrary) {
  const std::string open(wire::open_acl().encoded);
  const std::string other = wire::encode_acls({{3, {"ip", "::1"}}});
  Builder builder;
  builder.ints({2}).longs({-1}).ints({0, 3});
  builder.longs({900000000000}).raw(other).longs({2}).raw(open).longs({5}).raw(other);
  builder.node("").node("/a", "", 900000000000).node("/b", "", 2).node("/c", "", 5);
  builder.end().seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Tree& tree = loaded->database.tree();
  EXPECT_EQ(tree.acls().get(tree.acl(tree.find("/a"))).encoded, other);
  EXPECT_EQ(tree.acl(tree.find("/b")), AclTable::kOpen);
  EXPECT_EQ(tree.acl(tree.find("/c")), tree.acl(tree.find("/a")));
  EXPECT_EQ(tree.acls().size(), 1u);
  EXPECT_EQ(loaded->info.missing_acl_count, 0u);
}

TEST(JavaSnapshot, AMissingAclLetsNobodyIn) {
  Builder builder;
  builder.header().node("").node("/a", "", 77).end().seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->info.missing_acl_count, 1u);
  const Tree& tree = loaded->database.tree();
  EXPECT_EQ(wire::decode_acls(tree.acls().get(tree.acl(tree.find("/a")))),
            (std::vector<wire::Acl>{{0, {"world", "anyone"}}}));
}

TEST(JavaSnapshot, OwnersAreIndexed) {
  Builder builder;
  builder.header().node("").node("/e", "", -1, 5).node("/c", "", -1, INT64_MIN).end().seal();
  const auto loaded = load_snapshot(builder.bytes(), {});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->database.tree().ephemerals_of(SessionId{5}), (std::vector<std::string>{"/e"}));
  EXPECT_EQ(loaded->database.tree().reapable(WallMillis{10}, 1, 10),
            (std::vector<std::string>{"/c"}));
}

TEST(DamagedSnapshot, NamesWhatAndWhere) {
  const Builder whole = Builder(Builder().header().node(""));
  EXPECT_THAT(error_of(""), HasSubstr("the header at offset 0"));
  EXPECT_THAT(error_of("GARBAGE GARBAGE GARBAGE"), HasSubstr("magic"));
  EXPECT_THAT(error_of(Builder().ints({3}).longs({-1}).bytes()), HasSubstr("version 3"));
  EXPECT_THAT(error_of(Builder().header().end().seal().bytes()), HasSubstr("no root"));
  EXPECT_THAT(error_of(Builder(whole).node("/a/b").bytes()),
              HasSubstr("\"/a/b\" without its parent"));
  EXPECT_THAT(error_of(Builder().header().node("/a").bytes()), HasSubstr("without its parent"));
  EXPECT_THAT(error_of(Builder(whole).node("/a").node("/a").bytes()), HasSubstr("second node"));
  EXPECT_THAT(error_of(Builder(whole).node("").bytes()), HasSubstr("second root"));
  EXPECT_THAT(error_of(Builder(whole).node("a").bytes()), HasSubstr("impossible path"));
  EXPECT_THAT(error_of(Builder(whole).node("//a").bytes()), HasSubstr("impossible path"));
  EXPECT_THAT(error_of(Builder(whole).end().longs({1}).end().bytes()), HasSubstr("checksum"));
  EXPECT_THAT(error_of(Builder(whole).end().bytes()), HasSubstr("seal of the nodes"));
  EXPECT_THAT(error_of(Builder(whole).end().seal().longs({1}).longs({1}).end().bytes()),
              HasSubstr("checksum mismatch in the seal of the last zxid"));
}

TEST(DamagedSnapshot, ImpossibleCountsAllocateNothing) {
  EXPECT_THAT(error_of(Builder().ints({2}).longs({-1}).ints({INT32_MAX}).bytes()),
              HasSubstr("the sessions"));
  EXPECT_THAT(error_of(Builder().ints({2}).longs({-1}).ints({-5}).bytes()),
              HasSubstr("the sessions"));
  EXPECT_THAT(error_of(Builder().ints({2}).longs({-1}).ints({0, INT32_MAX}).bytes()),
              HasSubstr("the ACLs"));
  EXPECT_THAT(
      error_of(Builder().ints({2}).longs({-1}).ints({0, 1}).longs({1}).ints({1 << 30}).bytes()),
      HasSubstr("the ACLs"));
  EXPECT_THAT(error_of(Builder().header().ints({INT32_MAX}).bytes()), HasSubstr("a path"));
  EXPECT_THAT(error_of(Builder().header().string("").ints({INT32_MAX}).bytes()),
              HasSubstr("a node"));
}

class DamagedEverywhere : public testing::Test {
 protected:
  DamagedEverywhere() {
    driver_.apply(wire::CreateSessionTxn{.timeout_ms = 4000}, 9);
    driver_.create("/a", "data");
    driver_.apply(wire::CreateTxn{.path = "/a/b", .acls = wire::AclList{acl_}});
    bytes_ = write(driver_.database());
  }

  const std::string acl_ = wire::encode_acls({{3, {"ip", "::1"}}});
  TxnDriver driver_;
  std::string bytes_;
};

TEST_F(DamagedEverywhere, EveryTruncationIsFoundButThoseBetweenSections) {
  std::vector<size_t> whole;
  for (size_t size = 0; size < bytes_.size(); ++size) {
    if (error_of(bytes_.substr(0, size)).empty()) {
      whole.push_back(size);
    }
  }
  // As older versions end; what follows the first seal is 33 and 21 bytes.
  EXPECT_EQ(whole, (std::vector<size_t>{bytes_.size() - 54, bytes_.size() - 21}));
}

TEST_F(DamagedEverywhere, EveryChangedByteIsFound) {
  for (size_t at = 0; at < bytes_.size(); ++at) {
    for (const int change : {1, 0x80, 0xFF}) {
      std::string damaged = bytes_;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      EXPECT_NE(error_of(damaged), "") << "offset " << at;
    }
  }
}

TEST_F(DamagedEverywhere, RandomBytesNeverCrashTheLoader) {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes_;
    for (uint32_t i = random() % 8; i > 0; --i) {
      damaged[random() % damaged.size()] = static_cast<char>(random() % 5 == 0 ? random() : 0);
    }
    damaged.resize(damaged.size() - random() % 3 * (random() % damaged.size()) / 2);
    (void)load_snapshot(damaged, {.extended_types_enabled = true});
  }
}

}  // namespace
}  // namespace quorate::tree
