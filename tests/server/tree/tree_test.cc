// Lookup, listing and the indices of the tree.
#include <gmock/gmock.h>

#include <set>

#include "tests/server/tree/txn_driver.h"

namespace quorate::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using wire::OpCode;

TEST(Find, KnowsRootUnderTwoNames) {
  TxnDriver driver;
  EXPECT_EQ(driver.tree().find(""), driver.tree().root());
  EXPECT_EQ(driver.tree().find("/"), driver.tree().root());
  EXPECT_EQ(driver.tree().path(driver.tree().root()), "/");
  EXPECT_FALSE(driver.tree().parent(driver.tree().root()));
}

TEST(Find, MissesWhatIsNoPath) {
  TxnDriver driver;
  driver.create("/a");
  driver.create("/a/b");
  for (const char* path :
       {"a", "/a/", "//a", "/a//b", "/a/b/", "/a/b/c", "/A", "//", "a/b", "/a/bb"}) {
    EXPECT_FALSE(driver.tree().find(path)) << path;
  }
  EXPECT_EQ(driver.tree().path(driver.node("/a/b")), "/a/b");
  EXPECT_EQ(driver.tree().name(driver.node("/a/b")), "b");
  EXPECT_EQ(driver.tree().parent(driver.node("/a/b")), driver.node("/a"));
}

TEST(Find, NamesAreBytes) {
  TxnDriver driver;
  const std::string odd("/a\0b\xff", 5);
  driver.create(odd);
  EXPECT_TRUE(driver.tree().find(odd));
  EXPECT_FALSE(driver.tree().find("/a"));
}

TEST(Find, GoesAsDeepAsThePathIsLong) {
  TxnDriver driver;
  std::string path;
  for (int i = 0; i < 2000; ++i) {
    path += "/d";
    driver.create(path);
  }
  EXPECT_EQ(driver.tree().path(driver.node(path)), path);
  EXPECT_EQ(driver.tree().descendant_count(driver.node("/d")), 1999);
}

TEST(Children, AreListedAsTheReplyHasThem) {
  for (const int count : {0, 1, 2, 5, 30, 31, 500}) {
    TxnDriver driver;
    driver.create("/a");
    std::set<std::string> expected;
    for (int i = 0; i < count; ++i) {
      const std::string name = "child" + std::to_string(i);
      driver.create("/a/" + name);
      expected.insert(name);
    }
    std::string bytes;
    wire::Writer writer(bytes);
    driver.tree().append_children(driver.node("/a"), writer);
    wire::Reader reader(bytes);
    std::set<std::string> listed;
    const int32_t listed_count = reader.get_int();
    for (int i = 0; i < listed_count; ++i) {
      listed.emplace(reader.get_string());
    }
    EXPECT_TRUE(reader.ok() && reader.at_end());
    EXPECT_EQ(listed, expected);
    EXPECT_EQ(listed_count, count);
    EXPECT_EQ(driver.tree().child_count(driver.node("/a")), count);
    EXPECT_EQ(driver.tree().children(driver.node("/a")).size(), expected.size());
  }
}

TEST(Children, ComeInAnOrderThatTheSeedDecides) {
  const auto order = [](uint64_t seed) {
    TxnDriver driver({.hash_seed = seed});
    for (int i = 0; i < 300; ++i) {
      driver.create("/n" + std::to_string(i));
    }
    std::vector<std::string> names;
    for (const NodeId child : driver.tree().children(driver.tree().root())) {
      names.emplace_back(driver.tree().name(child));
    }
    return names;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
}

TEST(DescendantCount, OfTheRootLeavesOutItsAlias) {
  TxnDriver driver;
  EXPECT_EQ(driver.tree().descendant_count(driver.tree().root()), 3);
  driver.create("/a");
  driver.create("/a/b");
  EXPECT_EQ(driver.tree().descendant_count(driver.tree().root()), 5);
  EXPECT_EQ(driver.tree().descendant_count(driver.node("/a")), 1);
  EXPECT_EQ(driver.tree().descendant_count(driver.node("/a/b")), 0);
  EXPECT_EQ(driver.tree().descendant_count(driver.node("/zookeeper")), 2);
}

class Reapable : public testing::Test {
 protected:
  void container(std::string_view path) {
    driver_.apply(wire::CreateTxn{.type = OpCode::kCreateContainer, .path = path});
  }
  void ttl(std::string_view path, int64_t ttl_ms) {
    driver_.apply(wire::CreateTxn{.type = OpCode::kCreateTtl, .path = path, .ttl_ms = ttl_ms});
  }
  std::vector<std::string> reapable(int64_t later_ms, int64_t never_used_ms = 0,
                                    size_t count_max = 100) {
    return driver_.tree().reapable(WallMillis{driver_.now() + later_ms}, never_used_ms, count_max);
  }

  TxnDriver driver_{{.extended_types_enabled = true}};
};

TEST_F(Reapable, ContainersThatWereUsedAndAreEmpty) {
  container("/c");
  EXPECT_THAT(reapable(1000000), IsEmpty());
  driver_.create("/c/1");
  EXPECT_THAT(reapable(1000000), IsEmpty());
  driver_.remove("/c/1");
  EXPECT_THAT(reapable(0), ElementsAre("/c"));
  driver_.remove("/c");
  EXPECT_THAT(reapable(0), IsEmpty());
}

TEST_F(Reapable, NeverUsedContainersOnlyAfterTheInterval) {
  container("/c");
  EXPECT_THAT(reapable(500, 500), IsEmpty());
  EXPECT_THAT(reapable(501, 500), ElementsAre("/c"));
}

TEST_F(Reapable, TtlNodesAfterTheirTimeUnlessTheyHaveChildren) {
  ttl("/t", 100);
  EXPECT_THAT(reapable(100), IsEmpty());
  EXPECT_THAT(reapable(101), ElementsAre("/t"));
  driver_.apply(wire::SetDataTxn{.path = "/t", .version = 1});  // mtime moves.
  EXPECT_THAT(reapable(100), IsEmpty());
  driver_.create("/t/child");
  EXPECT_THAT(reapable(1000), IsEmpty());
  driver_.remove("/t/child");
  EXPECT_THAT(reapable(1000), ElementsAre("/t"));
}

TEST_F(Reapable, GivesAtMostSoManySorted) {
  ttl("/b", 1);
  ttl("/a", 1);
  container("/c");
  driver_.create("/c/1");
  driver_.remove("/c/1");
  EXPECT_THAT(reapable(100), ElementsAre("/a", "/b", "/c"));
  EXPECT_EQ(reapable(100, 0, 2).size(), 2u);
  EXPECT_THAT(reapable(100, 0, 0), IsEmpty());
}

TEST(DataBytes, CountPathsAndData) {
  TxnDriver driver;
  driver.create("/ab", "12345");
  EXPECT_EQ(driver.tree().approximate_data_bytes(), 44 + 3 + 5);
  driver.apply(wire::SetDataTxn{.path = "/ab", .data = "1", .version = 1});
  EXPECT_EQ(driver.tree().approximate_data_bytes(), 44 + 3 + 1);
  driver.remove("/ab");
  EXPECT_EQ(driver.tree().approximate_data_bytes(), 44);
  EXPECT_EQ(driver.tree().node_count(), 5);
}

TEST(Data, OfEverySizeKeepsItsBytes) {
  TxnDriver driver;
  driver.create("/a");
  int32_t version = 0;
  for (const size_t size :
       {0, 1, 8, 9, 512, 513, 4095, 4096, 4097, 5000, 5121, 100000, 3, 4097, 0, 7}) {
    const std::string data(size, static_cast<char>('a' + size % 26));
    driver.apply(wire::SetDataTxn{.path = "/a", .data = data, .version = ++version});
    EXPECT_EQ(driver.tree().data(driver.node("/a")), data);
  }
}

}  // namespace
}  // namespace quorate::tree
