// What each type of transaction does, and what its replay does.
#include <gmock/gmock.h>

#include "server/tree/owner.h"
#include "tests/server/tree/txn_driver.h"

namespace quorate::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using wire::ErrorCode;
using wire::OpCode;

TEST(Apply, CreateSetsStatOfNodeAndParent) {
  TxnDriver driver;
  driver.create("/a", "12345");
  const OpResult& result = driver.create("/a/b", "xy");
  EXPECT_EQ(result.type, OpCode::kCreate);
  EXPECT_EQ(result.error, ErrorCode::kOk);
  EXPECT_EQ(result.path, "/a/b");
  const wire::Stat born = {.czxid = Zxid{2},
                           .mzxid = Zxid{2},
                           .ctime = WallMillis{1020},
                           .mtime = WallMillis{1020},
                           .data_length = 2,
                           .pzxid = Zxid{2}};
  EXPECT_EQ(result.stat, born);
  EXPECT_EQ(driver.stat("/a/b"), born);
  EXPECT_EQ(driver.stat("/a"), (wire::Stat{.czxid = Zxid{1},
                                           .mzxid = Zxid{1},
                                           .ctime = WallMillis{1010},
                                           .mtime = WallMillis{1010},
                                           .cversion = 1,
                                           .data_length = 5,
                                           .num_children = 1,
                                           .pzxid = Zxid{2}}));
  EXPECT_THAT(driver.changes(), ElementsAre("created /a/b"));
  EXPECT_EQ(driver.database().last_zxid(), Zxid{2});
}

TEST(Apply, CversionOfClientsCountsCreatesAndDeletes) {
  TxnDriver driver;
  driver.create("/a");
  driver.create("/a/1");
  driver.create("/a/2");
  driver.remove("/a/1");
  EXPECT_EQ(driver.stat("/a").cversion, 3);
  EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, 2);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{4});
}

TEST(Apply, CversionWrapsAsInJava) {
  TxnDriver driver;
  driver.create("/a");
  driver.apply(wire::CreateTxn{.path = "/a/b", .parent_cversion = INT32_MAX});
  EXPECT_EQ(driver.stat("/a").cversion, -3);  // 2 * (2^31 - 1) - 1
  driver.create("/a/c");                      // -1: counts up, to -2^31, which is not more.
  EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, INT32_MAX);
}

TEST(Apply, ParentCversionOfTheTxnCountsOnlyIfLarger) {
  TxnDriver driver;
  driver.create("/a");
  driver.apply(wire::CreateTxn{.path = "/a/b", .parent_cversion = 7});
  EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, 7);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{2});
  driver.apply(wire::CreateTxn{.path = "/a/c", .parent_cversion = 7});
  EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, 7);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{2});
  EXPECT_EQ(driver.stat("/a").num_children, 2);
}

TEST(Apply, CreateOverAnExistingNodeTakesOverTheAclOnly) {
  TxnDriver driver;
  const std::string acl = wire::encode_acls({{wire::kPermRead, {"world", "anyone"}}});
  driver.create("/a");
  driver.create("/a/b", "old");
  const wire::CreateTxn again{.path = "/a/b", .data = "new", .acls = {acl}, .parent_cversion = 5};
  const OpResult& result = driver.replay(again, 9);
  EXPECT_EQ(result.error, ErrorCode::kNodeExists);
  EXPECT_THAT(driver.changes(), IsEmpty());
  EXPECT_EQ(driver.tree().data(driver.node("/a/b")), "old");
  EXPECT_EQ(driver.tree().acls().get(driver.tree().acl(driver.node("/a/b"))).encoded, acl);
  EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, 5);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{9});
  EXPECT_EQ(driver.database().ignored_count(), 1u);
}

TEST(Apply, OnlyPlainCreatesRaiseTheParentWhenReplayed) {
  for (const OpCode type : {OpCode::kCreate2, OpCode::kCreateContainer}) {
    TxnDriver driver;
    driver.create("/a");
    driver.create("/a/b");
    driver.replay(wire::CreateTxn{.type = type, .path = "/a/b", .parent_cversion = 5}, 9);
    EXPECT_EQ(driver.tree().persisted(driver.node("/a")).cversion, 1);
  }
}

TEST(Apply, CreateWithoutParentIsIgnored) {
  TxnDriver driver;
  EXPECT_EQ(driver.create("/a/b").error, ErrorCode::kNoNode);
  EXPECT_FALSE(driver.tree().find("/a/b"));
  EXPECT_EQ(driver.database().ignored_count(), 1u);
}

TEST(Apply, DeleteOfAMissingNodeRaisesPzxidOnly) {
  TxnDriver driver;
  driver.create("/a");
  EXPECT_EQ(driver.remove("/a/b").error, ErrorCode::kNoNode);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{2});
  EXPECT_EQ(driver.stat("/a").cversion, 0);
  driver.replay(wire::DeleteTxn{.path = "/a/c"}, 1);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{2});
  EXPECT_EQ(driver.remove("/x/y").error, ErrorCode::kNoNode);
}

TEST(Apply, DeleteReportsTheAclsThatWere) {
  TxnDriver driver;
  const std::string acl = wire::encode_acls({{wire::kPermRead, {"ip", "10.0.0.1"}}});
  driver.create("/a");
  driver.apply(wire::CreateTxn{.path = "/a/b", .acls = {acl}});
  driver.remove("/a/b");
  ASSERT_EQ(driver.applied().changes.size(), 1u);
  const Change& change = driver.applied().changes.front();
  EXPECT_EQ(driver.tree().acls().get(change.acl).encoded, acl);  // Its last node is gone.
  EXPECT_EQ(change.parent_acl, AclTable::kOpen);
  driver.create("/c");
  EXPECT_EQ(driver.tree().acls().size(), 1u);  // Only /zookeeper/config's.
}

TEST(Apply, SetDataTakesTheVersionOfTheTxn) {
  TxnDriver driver;
  driver.create("/a", "1");
  const OpResult& result =
      driver.apply(wire::SetDataTxn{.path = "/a", .data = "234", .version = 8});
  EXPECT_EQ(result.type, OpCode::kSetData);
  EXPECT_EQ(result.stat.version, 8);
  EXPECT_EQ(result.stat.mzxid, Zxid{2});
  EXPECT_EQ(result.stat.mtime, WallMillis{1020});
  EXPECT_EQ(result.stat.ctime, WallMillis{1010});
  EXPECT_EQ(result.stat.data_length, 3);
  EXPECT_THAT(driver.changes(), ElementsAre("changed /a"));
  driver.apply(wire::SetDataTxn{.path = "/a", .data = std::nullopt, .version = 9});
  EXPECT_EQ(driver.tree().data(driver.node("/a")), std::nullopt);
  EXPECT_EQ(driver.stat("/a").data_length, 0);
  driver.apply(wire::SetDataTxn{.path = "/a", .data = "", .version = 10});
  EXPECT_EQ(driver.tree().data(driver.node("/a")), "");
  EXPECT_EQ(driver.apply(wire::SetDataTxn{.path = "/b"}).error, ErrorCode::kNoNode);
}

TEST(Apply, ReconfigIsASetDataOfTheConfigNode) {
  TxnDriver driver;
  const OpResult& result = driver.apply(wire::SetDataTxn{
      .type = OpCode::kReconfig, .path = "/zookeeper/config", .data = "version=1", .version = -1});
  EXPECT_EQ(result.type, OpCode::kReconfig);
  EXPECT_EQ(result.stat.version, -1);
  EXPECT_THAT(driver.changes(), ElementsAre("changed /zookeeper/config"));
  EXPECT_EQ(driver.tree().digest(), 0x51c6d660u);
}

TEST(Apply, SetAclChangesAversionOnlyAndFiresNothing) {
  TxnDriver driver;
  driver.create("/a");
  const std::string acl = wire::encode_acls({{1, {"world", "anyone"}}});
  const wire::Stat before = driver.stat("/a");
  const OpResult& result = driver.apply(wire::SetAclTxn{.path = "/a", .acls = {acl}, .version = 3});
  wire::Stat expected = before;
  expected.aversion = 3;
  EXPECT_EQ(result.type, OpCode::kSetAcl);
  EXPECT_EQ(result.stat, expected);
  EXPECT_THAT(driver.changes(), IsEmpty());
  EXPECT_EQ(driver.apply(wire::SetAclTxn{.path = "/b", .acls = {acl}}).error, ErrorCode::kNoNode);
}

TEST(Apply, RootTakesDataAndAcl) {
  TxnDriver driver;
  EXPECT_EQ(driver.apply(wire::SetDataTxn{.path = "/", .data = "root", .version = 1}).error,
            ErrorCode::kOk);
  EXPECT_EQ(driver.tree().data(driver.tree().find("")), "root");
  EXPECT_EQ(
      driver.tree().digest(),
      Tree::node_digest("", "root", driver.tree().persisted(driver.tree().root())) + 0x4db44d58u);
}

TEST(Apply, SessionsComeAndGo) {
  TxnDriver driver;
  EXPECT_EQ(driver.apply(wire::CreateSessionTxn{.timeout_ms = 4000}, -7).type,
            OpCode::kCreateSession);
  driver.apply(wire::CreateSessionTxn{.timeout_ms = 5000}, 3);
  EXPECT_THAT(driver.database().sessions(),
              ElementsAre(SessionRecord{SessionId{-7}, 4000}, SessionRecord{SessionId{3}, 5000}));
  EXPECT_EQ(driver.database().session_timeout_ms(SessionId{3}), 5000);
  EXPECT_EQ(driver.apply(wire::CloseSessionTxn{}, 3).type, OpCode::kCloseSession);
  EXPECT_EQ(driver.database().session_timeout_ms(SessionId{3}), std::nullopt);
  EXPECT_EQ(driver.database().session_count(), 1u);
}

TEST(Apply, CloseDeletesWhatTheTxnListsInItsOrderThenTheRest) {
  TxnDriver driver;
  for (const char* path : {"/c", "/a", "/b", "/d"}) {
    driver.create_ephemeral(path, 5);
  }
  driver.create_ephemeral("/other", 6);
  EXPECT_EQ(driver.tree().ephemeral_count(), 5u);
  EXPECT_THAT(driver.tree().ephemerals_of(SessionId{5}), ElementsAre("/a", "/b", "/c", "/d"));
  const std::vector<std::string_view> paths = {"/d", "/missing", "/c"};
  driver.apply(wire::CloseSessionTxn{.paths = paths}, 5);
  EXPECT_THAT(driver.changes(),
              ElementsAre("deleted /d", "deleted /c", "deleted /a", "deleted /b"));
  EXPECT_THAT(driver.tree().sessions_with_ephemerals(), ElementsAre(SessionId{6}));
  EXPECT_EQ(driver.stat("/").pzxid, Zxid{driver.zxid()});
}

TEST(Apply, CloseWithoutListDeletesAllEphemerals) {
  TxnDriver driver;
  driver.create_ephemeral("/b", 5);
  driver.create_ephemeral("/a", 5);
  driver.apply(wire::CloseSessionTxn{}, 5);
  EXPECT_THAT(driver.changes(), ElementsAre("deleted /a", "deleted /b"));
  EXPECT_EQ(driver.tree().ephemeral_count(), 0u);
}

TEST(Apply, OwnersOfEachKind) {
  TxnDriver driver({.extended_types_enabled = true});
  driver.create_ephemeral("/e", 77);
  EXPECT_EQ(driver.stat("/e").ephemeral_owner, 77);
  const OpResult& container =
      driver.apply(wire::CreateTxn{.type = OpCode::kCreateContainer, .path = "/c"});
  EXPECT_EQ(container.stat.ephemeral_owner, 0);
  EXPECT_EQ(driver.tree().persisted(driver.node("/c")).ephemeral_owner, INT64_MIN);
  driver.apply(wire::CreateTxn{.type = OpCode::kCreateTtl, .path = "/t", .ttl_ms = 5000});
  EXPECT_EQ(driver.stat("/t").ephemeral_owner, 0);
  EXPECT_EQ(driver.tree().persisted(driver.node("/t")).ephemeral_owner,
            static_cast<int64_t>(0xFF00000000001388));
  EXPECT_EQ(driver.tree().ephemeral_count(), 1u);
}

TEST(Apply, WithoutExtendedTypesATtlOwnerIsASession) {
  TxnDriver driver;
  driver.apply(wire::CreateTxn{.type = OpCode::kCreateTtl, .path = "/t", .ttl_ms = 5000});
  EXPECT_EQ(driver.stat("/t").ephemeral_owner, static_cast<int64_t>(0xFF00000000001388));
  EXPECT_EQ(driver.tree().ephemeral_count(), 1u);
}

TEST(Apply, OrphanedEphemeralsAreDroppedAtTheLastZxid) {
  TxnDriver driver;
  driver.create("/a");
  driver.apply(wire::CreateSessionTxn{.timeout_ms = 4000}, 5);
  driver.create_ephemeral("/a/5", 5);
  driver.create_ephemeral("/a/6", 6);
  driver.create_ephemeral("/a/7", 7);
  driver.create("/b");
  EXPECT_EQ(driver.database().drop_orphaned_ephemerals(), 2u);
  EXPECT_EQ(driver.stat("/a").num_children, 1);
  EXPECT_EQ(driver.stat("/a").pzxid, Zxid{6});
  EXPECT_EQ(driver.database().drop_orphaned_ephemerals(), 0u);
}

TEST(Apply, ErrorTxnOnlyCounts) {
  TxnDriver driver;
  const OpResult& result = driver.apply(wire::ErrorTxn{.error = ErrorCode::kBadVersion});
  EXPECT_EQ(result.type, OpCode::kError);
  EXPECT_EQ(result.error, ErrorCode::kBadVersion);
  EXPECT_EQ(driver.applied().error, ErrorCode::kBadVersion);
  EXPECT_EQ(driver.database().last_zxid(), Zxid{1});
}

TEST(Apply, MultiAppliesInOrder) {
  TxnDriver driver;
  wire::MultiTxn multi;
  multi.ops.emplace_back(wire::CreateTxn{.type = OpCode::kCreate2, .path = "/a"});
  multi.ops.emplace_back(wire::CreateTxn{.path = "/a/b", .data = "1"});
  multi.ops.emplace_back(wire::CheckVersionTxn{.path = "/a", .version = 0});
  multi.ops.emplace_back(wire::SetDataTxn{.path = "/a/b", .data = "22", .version = 1});
  multi.ops.emplace_back(wire::DeleteTxn{.path = "/a/b"});
  driver.apply(multi);
  std::vector<OpCode> types;
  for (const OpResult& result : driver.applied().results) {
    types.push_back(result.type);
    EXPECT_EQ(result.error, ErrorCode::kOk);
  }
  EXPECT_THAT(types, ElementsAre(OpCode::kCreate2, OpCode::kCreate, OpCode::kCheck,
                                 OpCode::kSetData, OpCode::kDelete));
  EXPECT_THAT(driver.changes(),
              ElementsAre("created /a", "created /a/b", "changed /a/b", "deleted /a/b"));
  EXPECT_EQ(driver.stat("/a").czxid, driver.stat("/a").pzxid);
}

TEST(Apply, EmptyMultiHasNoResults) {
  TxnDriver driver;
  driver.apply(wire::MultiTxn{});
  EXPECT_THAT(driver.applied().results, IsEmpty());
  EXPECT_EQ(driver.database().last_zxid(), Zxid{1});
}

TEST(Apply, MultiWithAnErrorInsideAppliesNothing) {
  TxnDriver driver;
  wire::MultiTxn multi;
  multi.ops.emplace_back(wire::CreateTxn{.path = "/a"});
  multi.ops.emplace_back(wire::CheckVersionTxn{.path = "/"});
  multi.ops.emplace_back(wire::ErrorTxn{.error = ErrorCode::kNoNode});
  multi.ops.emplace_back(wire::ErrorTxn{.error = ErrorCode::kRuntimeInconsistency});
  multi.ops.emplace_back(wire::DeleteTxn{.path = "/a"});
  driver.apply(multi);
  std::vector<ErrorCode> errors;
  for (const OpResult& result : driver.applied().results) {
    EXPECT_EQ(result.type, OpCode::kError);
    errors.push_back(result.error);
  }
  EXPECT_THAT(errors,
              ElementsAre(ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kNoNode,
                          ErrorCode::kRuntimeInconsistency, ErrorCode::kRuntimeInconsistency));
  EXPECT_EQ(driver.applied().error, ErrorCode::kOk);
  EXPECT_THAT(driver.changes(), IsEmpty());
  EXPECT_FALSE(driver.tree().find("/a"));
}

TEST(Apply, RefusesWhatNoServerWrites) {
  const std::string long_path = "/" + std::string(kNameBytesMax + 1, 'x');
  const std::string longest_path = "/" + std::string(kNameBytesMax, 'x');
  const std::vector<std::string_view> bad_paths = {""};
  wire::MultiTxn multi;
  multi.ops.emplace_back(wire::DeleteTxn{.path = "/"});
  const std::vector<wire::Txn> txns = {
      wire::CreateTxn{.path = ""},
      wire::CreateTxn{.path = "/"},
      wire::CreateTxn{.path = "a"},
      wire::CreateTxn{.path = "/a/"},
      wire::CreateTxn{.path = "//a"},
      wire::DeleteTxn{.path = "/a//b"},
      wire::CreateTxn{.path = long_path},
      wire::DeleteTxn{.path = "/"},
      wire::DeleteTxn{.path = ""},
      wire::CloseSessionTxn{.paths = bad_paths},
      wire::CreateTxn{.type = OpCode::kCreateTtl, .path = "/t", .ttl_ms = 0},
      wire::CreateTxn{.type = OpCode::kCreateTtl, .path = "/t", .ttl_ms = kTtlMsMax + 1},
      multi};
  for (const wire::Txn& txn : txns) {
    Database database{TreeOptions{}};
    Applied applied;
    EXPECT_FALSE(database.apply({.header = {.zxid = Zxid{1}}, .txn = txn}, applied));
  }
  TxnDriver driver;
  EXPECT_EQ(driver.create(longest_path).error, ErrorCode::kOk);
}

TEST(Apply, LastZxidNeverGoesBack) {
  TxnDriver driver;
  driver.replay(wire::CreateSessionTxn{}, 9);
  driver.replay(wire::CreateSessionTxn{}, 4);
  EXPECT_EQ(driver.database().last_zxid(), Zxid{9});
}

TEST(Apply, DeleteOfADirectoryWithChildrenTakesThemAlong) {
  TxnDriver driver;
  driver.create("/a");
  driver.create("/a/b");
  driver.create("/a/b/c");
  driver.create_ephemeral("/a/b/e", 4);
  const int64_t digest_of_empty = 0x51c6d660;
  driver.remove("/a");
  EXPECT_THAT(driver.changes(), ElementsAre("deleted /a"));
  EXPECT_EQ(driver.tree().node_count(), 5);
  EXPECT_EQ(driver.tree().ephemeral_count(), 0u);
  EXPECT_EQ(driver.tree().approximate_data_bytes(), 44);
  EXPECT_NE(driver.tree().digest(), static_cast<uint64_t>(digest_of_empty));  // The root's stat.
}

}  // namespace
}  // namespace quorate::tree
