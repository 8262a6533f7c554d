// Quota nodes: their text, the statistics kept in place, and the verdicts.
#include <gmock/gmock.h>

#include "server/tree/quota_index.h"
#include "server/tree/quota_text.h"
#include "server/tree/snapshot.h"
#include "tests/server/tree/txn_driver.h"

namespace quorate::tree {
namespace {

TEST(QuotaText, ReadsAndPrintsTheOddFormat) {
  const std::string text = "count=10,bytes=500=;byteHardLimit=600;countHardLimit=12";
  const QuotaText quota(text);
  EXPECT_EQ(quota.count(), 10);
  EXPECT_EQ(quota.bytes(), 500);
  EXPECT_EQ(quota.bytes_hard_limit(), 600);
  EXPECT_EQ(quota.count_hard_limit(), 12);
  EXPECT_EQ(quota.format(), text);
}

TEST(QuotaText, AbsentNumbersAreMinusOne) {
  const QuotaText quota("count=3");
  EXPECT_EQ(quota.bytes(), -1);
  EXPECT_EQ(quota.format(), "count=3,bytes=-1");
  EXPECT_EQ(QuotaText().format(), "count=-1,bytes=-1");
}

TEST(QuotaText, SkipsWhatIsMalformed) {
  EXPECT_EQ(QuotaText("count=,bytes=x,foo,=,=7,,;;count").count(), -1);
  EXPECT_EQ(QuotaText("count=99999999999999999999").count(), -1);
  EXPECT_EQ(QuotaText("bytes=+5;count=-2,").bytes(), 5);
  EXPECT_EQ(QuotaText("count=1,count=2").count(), 2);
}

TEST(QuotaIndex, FindsTheLongestPrefix) {
  QuotaIndex index;
  EXPECT_EQ(index.governing("/a/b"), "");
  index.add("/a");
  index.add("/a/b/c");
  EXPECT_EQ(index.governing("/a"), "/a");
  EXPECT_EQ(index.governing("/a/b"), "/a");
  EXPECT_EQ(index.governing("/a/b/c/d"), "/a/b/c");
  EXPECT_EQ(index.governing("/ab"), "");
  EXPECT_EQ(index.governing("relative"), "");
  index.remove("/a");
  EXPECT_EQ(index.governing("/a/b"), "");
}

TEST(QuotaIndex, MapsPathsToQuotaNodes) {
  EXPECT_EQ(path_under_quota("/zookeeper/quota/a/b"), "/a/b");
  EXPECT_EQ(path_under_quota("/zookeeper/quota"), "");
  EXPECT_EQ(path_under_quota("/zookeeper/quotas/a"), "");
  EXPECT_EQ(path_under_quota("/a"), "");
  EXPECT_EQ(limits_path("/a"), "/zookeeper/quota/a/zookeeper_limits");
  EXPECT_EQ(stats_path("/a"), "/zookeeper/quota/a/zookeeper_stats");
}

class Quota : public testing::Test {
 protected:
  /// As `setquota` of the shell does it.
  void set_quota(const std::string& path, const std::string& limits) {
    const std::string quota = "/zookeeper/quota" + path;
    driver_.create(quota);
    driver_.create(quota + "/zookeeper_limits", limits);
    driver_.create(quota + "/zookeeper_stats", "count=0,bytes=0");
  }
  std::string stats(const std::string& path) {
    return std::string(
        driver_.tree().data(driver_.node("/zookeeper/quota" + path + "/zookeeper_stats")).value());
  }

  TxnDriver driver_;
};

TEST_F(Quota, StatisticsStartWithTheWholeSubtree) {
  driver_.create("/a", "12345");
  driver_.create("/a/b", "123");
  driver_.create("/a/b/c");
  driver_.create("/ab", "1");
  set_quota("/a", "count=1000,bytes=1000");
  EXPECT_EQ(stats("/a"), "count=3,bytes=8");
}

TEST_F(Quota, StatisticsFollowInPlace) {
  driver_.create("/a");
  set_quota("/a", "count=1000,bytes=1000");
  const NodeId node = driver_.node("/zookeeper/quota/a/zookeeper_stats");
  const wire::StatPersisted before = driver_.tree().persisted(node);
  driver_.create("/a/b", "12");
  EXPECT_EQ(stats("/a"), "count=2,bytes=2");
  driver_.apply(wire::SetDataTxn{.path = "/a/b", .data = "12345", .version = 1});
  EXPECT_EQ(stats("/a"), "count=2,bytes=5");
  driver_.remove("/a/b");
  EXPECT_EQ(stats("/a"), "count=1,bytes=0");
  EXPECT_EQ(driver_.tree().persisted(node), before);
  EXPECT_EQ(driver_.changes(), (std::vector<std::string>{"deleted /a/b"}));
}

TEST_F(Quota, TheLongestPrefixAloneCounts) {
  driver_.create("/a");
  driver_.create("/a/b");
  set_quota("/a", "count=1000,bytes=1000");
  set_quota("/a/b", "count=1000,bytes=1000");
  driver_.create("/a/b/c", "xyz");
  EXPECT_EQ(stats("/a"), "count=2,bytes=0");
  EXPECT_EQ(stats("/a/b"), "count=2,bytes=3");
}

TEST_F(Quota, EndsWithItsLimitsNode) {
  driver_.create("/a");
  set_quota("/a", "count=1,bytes=-1=;countHardLimit=1");
  EXPECT_EQ(driver_.tree().check_quota("/a/b", 1, 0), QuotaVerdict::kHardExceeded);
  driver_.remove("/zookeeper/quota/a/zookeeper_limits");
  EXPECT_EQ(driver_.tree().check_quota("/a/b", 1, 0), QuotaVerdict::kWithin);
  driver_.create("/a/b");
  EXPECT_EQ(stats("/a"), "count=1,bytes=0");
}

TEST_F(Quota, RootHasNone) {
  driver_.create("/zookeeper/quota/zookeeper_limits", "count=0,bytes=0=;countHardLimit=0");
  driver_.create("/zookeeper/quota/zookeeper_stats");
  driver_.create("/a");
  EXPECT_EQ(driver_.tree().check_quota("/b", 1, 1), QuotaVerdict::kWithin);
}

TEST_F(Quota, VerdictsOfCountAndBytes) {
  driver_.create("/a", "12345");
  set_quota("/a", "count=2,bytes=10");
  const Tree& tree = driver_.tree();
  EXPECT_EQ(tree.check_quota("/a/b", 1, 5), QuotaVerdict::kWithin);
  EXPECT_EQ(tree.check_quota("/a/b", 2, 0), QuotaVerdict::kSoftExceeded);
  EXPECT_EQ(tree.check_quota("/a/b", 1, 6), QuotaVerdict::kSoftExceeded);
  EXPECT_EQ(tree.check_quota("/b", 100, 100), QuotaVerdict::kWithin);
  driver_.apply(wire::SetDataTxn{.path = "/zookeeper/quota/a/zookeeper_limits",
                                 .data = "count=1,bytes=1=;byteHardLimit=10;countHardLimit=2",
                                 .version = 1});
  EXPECT_EQ(tree.check_quota("/a/b", 1, 5), QuotaVerdict::kWithin);  // Hard limits mask soft ones.
  EXPECT_EQ(tree.check_quota("/a/b", 2, 0), QuotaVerdict::kHardExceeded);
  EXPECT_EQ(tree.check_quota("/a", 0, 6), QuotaVerdict::kHardExceeded);
  EXPECT_EQ(tree.check_quota("/a", 0, -3), QuotaVerdict::kWithin);
}

TEST_F(Quota, NoVerdictWithoutStatistics) {
  driver_.create("/a");
  set_quota("/a", "count=0,bytes=0=;countHardLimit=0");
  driver_.remove("/zookeeper/quota/a/zookeeper_stats");
  EXPECT_EQ(driver_.tree().check_quota("/a/b", 1, 0), QuotaVerdict::kWithin);
  driver_.create("/a/b");
}

TEST_F(Quota, NumbersOfUsersMayWrap) {
  driver_.create("/a");
  set_quota("/a", "count=1,bytes=1");
  driver_.apply(wire::SetDataTxn{.path = "/zookeeper/quota/a/zookeeper_stats",
                                 .data = "count=9223372036854775807,bytes=9223372036854775807",
                                 .version = 1});
  EXPECT_EQ(driver_.tree().check_quota("/a/b", 1, 1), QuotaVerdict::kWithin);
  driver_.create("/a/b", "1");
  EXPECT_EQ(stats("/a"), "count=-9223372036854775808,bytes=-9223372036854775808");
}

TEST_F(Quota, IsFoundAgainByALoad) {
  driver_.create("/a", "123");
  set_quota("/a", "count=1,bytes=-1=;countHardLimit=1");
  driver_.apply(wire::SetDataTxn{
      .path = "/zookeeper/quota/a/zookeeper_stats", .data = "nonsense", .version = 1});
  std::string bytes;
  SnapshotWriter writer(driver_.database());
  ASSERT_FALSE(writer.next(bytes, 1 << 20));
  const auto loaded = load_snapshot(bytes, {});
  ASSERT_TRUE(loaded);
  const Tree& tree = loaded->database.tree();
  EXPECT_EQ(tree.data(tree.find("/zookeeper/quota/a/zookeeper_stats")), "count=1,bytes=3");
  EXPECT_EQ(tree.check_quota("/a/b", 1, 0), QuotaVerdict::kHardExceeded);
}

}  // namespace
}  // namespace quorate::tree
