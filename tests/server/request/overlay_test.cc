// What pending txns leave behind is what later requests are checked against.
#include <gtest/gtest.h>

#include <chrono>

#include "server/wire/txn.h"
#include "tests/server/request/desk.h"

namespace quorate::request::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

wire::CreateRequest create(std::string_view path, int32_t flags = 0, std::string_view data = "") {
  return {
      .op = OpCode::kCreate, .path = path, .data = data, .acls = wire::open_acl(), .flags = flags};
}

std::string created_path(const std::string& txn) {
  const auto record = wire::decode_txn(txn);
  return record ? std::string(std::get<wire::CreateTxn>(record->txn).path) : "undecodable";
}

TEST(Overlay, ChildOfAPendingParentIsMadeAndTheParentIsNoLongerEmpty) {
  Desk desk;
  Caller caller;
  EXPECT_EQ(desk.prepare(create("/a"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/a/b"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/a/b"), caller), ErrorCode::kNodeExists);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a"}, caller), ErrorCode::kNotEmpty);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a/b"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/a/b"), caller), ErrorCode::kNoNode);
  EXPECT_FALSE(desk.exists("/a"));
  desk.apply_all();
  EXPECT_FALSE(desk.exists("/a"));
}

TEST(Overlay, CompareAndSetSeesThePendingVersion) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  for (int32_t version = 0; version < 3; ++version) {
    EXPECT_EQ(
        desk.prepare(wire::SetDataRequest{.path = "/a", .data = "x", .version = version}, caller),
        ErrorCode::kOk);
    EXPECT_EQ(
        desk.prepare(wire::SetDataRequest{.path = "/a", .data = "y", .version = version}, caller),
        ErrorCode::kBadVersion);
  }
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a", .version = 0}, caller),
            ErrorCode::kBadVersion);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a", .version = 3}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "z", .version = -1}, caller),
            ErrorCode::kNoNode);
  desk.apply_all();
}

TEST(Overlay, NodeThatIsDeletedAndMadeAgainStartsAnew) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a", "old", acl(wire::kPermAll, "ip", "10.0.0.1")), ErrorCode::kOk);
  ASSERT_EQ(desk.write(wire::SetDataRequest{.path = "/a", .data = "older"}, caller),
            ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a", .version = 1}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/a", 0, "new"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "newer", .version = 0}, caller),
            ErrorCode::kOk);
  // The ACL is the new one too: it is open to all.
  Caller stranger{.session = SessionId{2}, .who = identities({{"ip", "192.168.0.1"}})};
  EXPECT_EQ(
      desk.prepare(wire::SetDataRequest{.path = "/a", .data = "newest", .version = 1}, stranger),
      ErrorCode::kOk);
  desk.apply_all();
  EXPECT_EQ(desk.data("/a"), "newest");
  EXPECT_EQ(desk.stat("/a").version, 2);
  EXPECT_EQ(desk.stat("/a").czxid, Zxid{desk.proposed().value - 2});
}

TEST(Overlay, SequenceNumbersCountPendingCreatesOfEveryKindButNotDeletes) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/q"), ErrorCode::kOk);
  const auto next = [&](std::string_view path) {
    EXPECT_EQ(desk.prepare(create(path, 2), caller), ErrorCode::kOk);
    return created_path(desk.last_txn());
  };
  EXPECT_EQ(next("/q/n-"), "/q/n-0000000000");
  EXPECT_EQ(next("/q/n-"), "/q/n-0000000001");
  EXPECT_EQ(desk.prepare(create("/q/plain"), caller), ErrorCode::kOk);
  EXPECT_EQ(next("/q/other-"), "/q/other-0000000003");
  desk.apply_one();
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/q/plain"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/q/n-0000000001"), caller), ErrorCode::kNodeExists);
  EXPECT_EQ(next("/q/"), "/q/0000000004");
  desk.apply_all();
  EXPECT_EQ(desk.stat("/q").num_children, 4);
}

TEST(Overlay, RevokedPermissionIsGoneForWhatIsPipelinedBehind) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  const std::string read_only = acl(wire::kPermRead | wire::kPermAdmin, "ip", "10.0.0.1");
  EXPECT_EQ(desk.prepare(wire::SetAclRequest{.path = "/a", .acls = {read_only}}, caller),
            ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "x"}, caller),
            ErrorCode::kNoAuth);
  EXPECT_EQ(desk.prepare(create("/a/b"), caller), ErrorCode::kNoAuth);
  EXPECT_EQ(desk.prepare(wire::SetAclRequest{.path = "/a", .acls = wire::open_acl(), .version = 0},
                         caller),
            ErrorCode::kBadVersion);
  EXPECT_EQ(desk.prepare(wire::SetAclRequest{.path = "/a", .acls = wire::open_acl(), .version = 1},
                         caller),
            ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/a/b"), caller), ErrorCode::kOk);
  desk.apply_all();
  EXPECT_EQ(desk.stat("/a").aversion, 2);
}

TEST(Overlay, PendingEphemeralHasNoChildren) {
  Desk desk;
  Caller caller;
  EXPECT_EQ(desk.prepare(create("/e", 1), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/e/child"), caller), ErrorCode::kNoChildrenForEphemerals);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/e"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/e"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/e/child"), caller), ErrorCode::kOk);
  desk.apply_all();
}

TEST(Overlay, FailedMultiLeavesNoTrace) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a", "data"), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/a/old"), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "pending"}, caller),
            ErrorCode::kOk);
  const wire::MultiRequest failing{
      .ops = {create("/a/b"), create("/a/s-", 2), wire::DeleteRequest{.path = "/a/old"},
              wire::SetDataRequest{.path = "/a", .data = "lost"},
              wire::CheckRequest{.path = "/a", .version = 1}, create("/e", 1)}};
  EXPECT_EQ(desk.prepare(failing, caller), ErrorCode::kBadVersion);
  EXPECT_EQ(desk.prepare(create("/a/old"), caller), ErrorCode::kNodeExists);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/a/b"}, caller), ErrorCode::kNoNode);
  EXPECT_EQ(desk.prepare(wire::CloseSessionRequest{}, caller), ErrorCode::kOk);
  const auto closed = wire::decode_txn(desk.last_txn());
  EXPECT_TRUE(std::get<wire::CloseSessionTxn>(closed->txn).paths->empty());
  EXPECT_EQ(desk.prepare(create("/a/s-", 2), caller), ErrorCode::kOk);
  EXPECT_EQ(created_path(desk.last_txn()), "/a/s-0000000001");
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "x", .version = 1}, caller),
            ErrorCode::kOk);
  desk.apply_all();
}

// The same with every op of the multi touching what an earlier pending txn made, changed or
// deleted.
TEST(Overlay, FailedMultiRestoresRecordsOfEarlierPendingTxns) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/gone"), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/kept"), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/new", 0, "1"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/gone"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/kept", .data = "1"}, caller),
            ErrorCode::kOk);
  const wire::MultiRequest failing{.ops = {wire::DeleteRequest{.path = "/new"}, create("/gone"),
                                           wire::DeleteRequest{.path = "/kept", .version = 1},
                                           create("/kept"), create("/kept/child"),
                                           wire::DeleteRequest{.path = "/nothing"}}};
  EXPECT_EQ(desk.prepare(failing, caller), ErrorCode::kNoNode);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/new", .data = "2", .version = 0}, caller),
            ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/gone", .data = ""}, caller),
            ErrorCode::kNoNode);
  EXPECT_EQ(desk.prepare(wire::SetDataRequest{.path = "/kept", .data = "2", .version = 1}, caller),
            ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/kept", .version = 2}, caller),
            ErrorCode::kOk);
  desk.apply_all();
}

TEST(Overlay, ClosingSessionTakesItsPendingEphemeralsAlongAndNoOthers) {
  Desk desk;
  Caller caller;
  Caller other{.session = SessionId{2}};
  ASSERT_EQ(desk.write(create("/committed", 1), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(create("/dropped", 1), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/pending", 1), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/others", 1), other), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/dropped"}, other), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/dropped", 1), other), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(create("/volatile", 1), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/volatile"}, caller), ErrorCode::kOk);
  EXPECT_EQ(desk.prepare(wire::CloseSessionRequest{}, caller), ErrorCode::kOk);
  const auto record = wire::decode_txn(desk.last_txn());
  const std::vector<std::string_view> expected = {"/committed", "/pending"};
  EXPECT_EQ(std::get<wire::CloseSessionTxn>(record->txn).paths, expected);
  desk.apply_all();
  EXPECT_TRUE(desk.exists("/others"));
  EXPECT_TRUE(desk.exists("/dropped"));
}

// One client must not stall the others: work is about linear in what the session owns and what is
// pending, not in their product.
TEST(Overlay, ClosingAgainstManyPendingDeletesIsQuick) {
  constexpr int kEach = 40000;
  Desk desk;
  Caller caller;
  std::vector<std::string> paths;
  for (const char* prefix : {"/long-node-name-of-mine-", "/long-node-name-of-else-"}) {
    for (int index = 0; index < kEach; ++index) {
      paths.push_back(prefix + std::to_string(index));
    }
  }
  wire::MultiRequest creates;
  wire::MultiRequest deletes;
  for (const std::string& path : paths) {
    const bool mine = path.find("mine") != std::string::npos;
    creates.ops.emplace_back(create(path, mine ? 1 : 0));
    if (!mine) {
      deletes.ops.emplace_back(wire::DeleteRequest{.path = path});
    }
  }
  ASSERT_EQ(desk.write(creates, caller), ErrorCode::kOk);
  ASSERT_EQ(desk.prepare(deletes, caller), ErrorCode::kOk);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(desk.prepare(wire::CloseSessionRequest{}, caller), ErrorCode::kOk);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  desk.apply_all();
  EXPECT_FALSE(desk.exists("/long-node-name-of-mine-0"));
}

TEST(Overlay, ListOfEphemeralsTooLongForAReaderIsLeftOut) {
  PrepareOptions options = Desk::default_options();
  options.txn_bytes_max = 1000;
  Desk desk(options);
  Caller caller;
  for (int index = 0; index < 20; ++index) {
    const std::string path = "/" + std::string(50, 'e') + std::to_string(index);
    ASSERT_EQ(desk.prepare(create(path, 1), caller), ErrorCode::kOk);
  }
  EXPECT_EQ(desk.prepare(wire::CloseSessionRequest{}, caller), ErrorCode::kOk);
  const auto record = wire::decode_txn(desk.last_txn());
  EXPECT_FALSE(std::get<wire::CloseSessionTxn>(record->txn).paths.has_value());
  EXPECT_LT(desk.last_txn().size(), 1000U);
  desk.apply_all();
  EXPECT_TRUE(desk.tree().ephemerals_of(caller.session).empty());
}

TEST(Overlay, RecordsGoWhenTheLastTxnThatTouchedThemIsApplied) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.prepare(create("/a"), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.prepare(wire::SetDataRequest{.path = "/a", .data = "1"}, caller), ErrorCode::kOk);
  ASSERT_EQ(desk.prepare(create("/b"), caller), ErrorCode::kOk);
  EXPECT_EQ(desk.preparer().pending_count(), 3U);  // "/", "/a", "/b".
  desk.apply_one();
  EXPECT_EQ(desk.preparer().pending_count(), 3U);
  desk.apply_one();
  EXPECT_EQ(desk.preparer().pending_count(), 2U);
  desk.apply_one();
  EXPECT_EQ(desk.preparer().pending_count(), 0U);
}

}  // namespace
}  // namespace quorate::request::testing
