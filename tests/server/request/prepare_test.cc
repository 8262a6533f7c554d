// From one request to one txn: checks in their order, versions and counters at their ends, errors.
#include <gtest/gtest.h>

#include <limits>

#include "server/wire/txn.h"
#include "tests/server/request/desk.h"

namespace quorate::request::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr int32_t kIntMax = std::numeric_limits<int32_t>::max();
constexpr int32_t kIntMin = std::numeric_limits<int32_t>::min();

wire::CreateRequest create(std::string_view path, int32_t flags = 0, OpCode op = OpCode::kCreate,
                           int64_t ttl_ms = -1) {
  return {.op = op,
          .path = path,
          .data = "data",
          .acls = wire::open_acl(),
          .flags = flags,
          .ttl_ms = ttl_ms};
}

wire::CreateRequest with_acl(wire::CreateRequest request, std::string_view acls) {
  request.acls = {acls};
  return request;
}

/// Applies a txn as another server could have logged it.
void force(Desk& desk, const wire::Txn& txn, OpCode type) {
  desk.force({.header = {.zxid = desk.proposed().next(), .time = WallMillis{1}, .type = type},
              .txn = txn,
              .digest = std::nullopt});
}

/// /closed admits nobody, /eph belongs to session 9, /seq/n-... is taken, /full is full.
class Checks : public ::testing::Test {
 protected:
  Checks() {
    Caller owner{.session = SessionId{9}};
    EXPECT_EQ(desk_.create("/open"), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/open/child"), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/closed"), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/closed/child", "", nobody_), ErrorCode::kOk);
    EXPECT_EQ(desk_.write_as_server(wire::SetAclRequest{.path = "/closed", .acls = {nobody_}}),
              ErrorCode::kOk);
    EXPECT_EQ(desk_.write(create("/eph", 1), owner), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/full"), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/zookeeper/quota/full"), ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/zookeeper/quota/full/zookeeper_limits",
                           "count=-1,bytes=-1=;byteHardLimit=4;countHardLimit=1"),
              ErrorCode::kOk);
    EXPECT_EQ(desk_.create("/zookeeper/quota/full/zookeeper_stats", "count=0,bytes=0"),
              ErrorCode::kOk);
    dead_.alive = false;
  }

  static PrepareOptions options() {
    PrepareOptions options = Desk::default_options();
    options.enforce_quota = true;
    return options;
  }
  ErrorCode alive(const wire::WriteRequest& request) { return desk_.write(request, caller_); }
  ErrorCode dead(const wire::WriteRequest& request) { return desk_.write(request, dead_); }

  const std::string nobody_ = acl(0, "world", "anyone");
  const std::string bad_acl_ = acl(wire::kPermAll, "nosuch", "x");
  Desk desk_{options()};
  Caller caller_;
  Caller dead_;
};

// Each line breaks a rule and the next one in the order of checks; the first must win.
TEST_F(Checks, OfCreateComeInApachesOrder) {
  EXPECT_EQ(dead(create("/a", 7)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("/a", -1)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("/a", 5, OpCode::kCreateTtl, 0)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("/a", 5, OpCode::kCreateTtl, int64_t{1} << 40)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("/a", 0, OpCode::kCreateTtl, 5)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("/a", 5)), ErrorCode::kBadArguments);
  EXPECT_EQ(dead(create("no-slash")), ErrorCode::kSessionExpired);
  EXPECT_EQ(alive(with_acl(create("no-slash"), bad_acl_)), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(with_acl(create(std::string_view("/a\0b", 4)), bad_acl_)),
            ErrorCode::kBadArguments);
  EXPECT_EQ(alive(with_acl(create("/none/a"), bad_acl_)), ErrorCode::kInvalidAcl);
  EXPECT_EQ(alive(create("/none/a/")), ErrorCode::kNoNode);
  EXPECT_EQ(alive(create("/closed/.")), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(create("/closed/child")), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(create("/open/.")), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(create("/open/")), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(create("/open/child")), ErrorCode::kNodeExists);
  EXPECT_EQ(alive(create("/eph/child")), ErrorCode::kNoChildrenForEphemerals);
  EXPECT_EQ(alive(create("/")), ErrorCode::kNodeExists);
  EXPECT_EQ(alive(create("")), ErrorCode::kBadArguments);
  // The suffix makes a name of what ends with a slash.
  EXPECT_EQ(alive(create("/open/", 2)), ErrorCode::kOk);
}

TEST_F(Checks, OfCreateEndWithTheQuota) {
  EXPECT_EQ(alive(create("/full/./x")), ErrorCode::kNoNode);
  EXPECT_EQ(alive(create("/full/a")), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(alive(create("/full/.")), ErrorCode::kBadArguments);
}

TEST_F(Checks, OfDeleteComeInApachesOrder) {
  EXPECT_EQ(dead(wire::DeleteRequest{.path = "/"}), ErrorCode::kSessionExpired);
  for (const std::string_view path :
       {std::string_view("/"), std::string_view("/zookeeper"), std::string_view("/zookeeper/quota"),
        std::string_view("/zookeeper/config"), std::string_view("no-slash"), std::string_view(""),
        std::string_view("/a\0", 3)}) {
    EXPECT_EQ(alive(wire::DeleteRequest{.path = path}), ErrorCode::kBadArguments) << path;
  }
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/none/a"}), ErrorCode::kNoNode);
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/closed/none"}), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/none", .version = 5}), ErrorCode::kNoNode);
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/open", .version = 5}), ErrorCode::kBadVersion);
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/open", .version = 0}), ErrorCode::kNotEmpty);
  EXPECT_EQ(alive(wire::DeleteRequest{.path = "/open/."}), ErrorCode::kNoNode);
}

TEST_F(Checks, OfSetDataComeInApachesOrder) {
  const auto set = [](std::string_view path, std::string_view data = "", int32_t version = -1) {
    return wire::SetDataRequest{.path = path, .data = data, .version = version};
  };
  EXPECT_EQ(dead(set("/none/")), ErrorCode::kSessionExpired);
  EXPECT_EQ(alive(set("/none/")), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(set("")), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(set("/none", "", 5)), ErrorCode::kNoNode);
  EXPECT_EQ(alive(set("/closed", "", 5)), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(set("/full", "12345", 5)), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(alive(set("/full", "1234", 5)), ErrorCode::kBadVersion);
  EXPECT_EQ(alive(set("/full", "1234", 0)), ErrorCode::kOk);
  EXPECT_EQ(alive(set("/")), ErrorCode::kOk);
  EXPECT_EQ(alive(set("/zookeeper/config")), ErrorCode::kNoAuth);
}

TEST_F(Checks, OfSetAclComeInApachesOrder) {
  const auto set = [](std::string_view path, std::string_view acls, int32_t version = -1) {
    return wire::SetAclRequest{.path = path, .acls = {acls}, .version = version};
  };
  const std::string_view open = wire::open_acl().encoded;
  EXPECT_EQ(dead(set("/none/", bad_acl_)), ErrorCode::kSessionExpired);
  EXPECT_EQ(alive(set("/none/", bad_acl_)), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(set("/none", bad_acl_)), ErrorCode::kInvalidAcl);
  EXPECT_EQ(alive(set("/none", open, 5)), ErrorCode::kNoNode);
  EXPECT_EQ(alive(set("/closed", open, 5)), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(set("/open", open, 5)), ErrorCode::kBadVersion);
  EXPECT_EQ(alive(set("/open", open, 0)), ErrorCode::kOk);
}

TEST_F(Checks, OfCheckComeInApachesOrder) {
  const auto check = [](std::string_view path, int32_t version = -1) {
    return wire::MultiRequest{.ops = {wire::CheckRequest{.path = path, .version = version}}};
  };
  EXPECT_EQ(dead(check("/none/")), ErrorCode::kSessionExpired);
  EXPECT_EQ(alive(check("/none/")), ErrorCode::kBadArguments);
  EXPECT_EQ(alive(check("/none", 5)), ErrorCode::kNoNode);
  EXPECT_EQ(alive(check("/closed", 5)), ErrorCode::kNoAuth);
  EXPECT_EQ(alive(check("/open", 5)), ErrorCode::kBadVersion);
  EXPECT_EQ(alive(check("/open", 0)), ErrorCode::kOk);
}

TEST(Prepare, TtlNodesNeedExtendedTypes) {
  Desk desk{PrepareOptions{}};
  Caller caller;
  EXPECT_EQ(desk.write(create("/t", 5, OpCode::kCreateTtl, 1000), caller),
            ErrorCode::kUnimplemented);
  EXPECT_EQ(desk.write(create("/t", 6, OpCode::kCreateTtl, 0), caller), ErrorCode::kUnimplemented);
  EXPECT_EQ(desk.write(create("/t", 5, OpCode::kCreate), caller), ErrorCode::kUnimplemented);
}

TEST(Prepare, CreateStoresWhatItsKindAsksFor) {
  struct Case {
    wire::CreateRequest request;
    const char* made;
    int64_t owner;
    OpCode txn;
  };
  const Case cases[] = {
      {create("/p"), "/p", 0, OpCode::kCreate},
      {create("/p2", 0, OpCode::kCreate2), "/p2", 0, OpCode::kCreate2},
      {create("/e", 1), "/e", 1, OpCode::kCreate},
      {create("/es-", 3, OpCode::kCreate2), "/es-0000000003", 1, OpCode::kCreate2},
      {create("/c", 4, OpCode::kCreateContainer), "/c", tree::kContainerOwner,
       OpCode::kCreateContainer},
      {create("/cs-", 2, OpCode::kCreateContainer), "/cs-0000000005", tree::kContainerOwner,
       OpCode::kCreateContainer},
      // Not an ephemeral: the opcode wins.
      {create("/ce", 1, OpCode::kCreateContainer), "/ce", tree::kContainerOwner,
       OpCode::kCreateContainer},
      {create("/t", 5, OpCode::kCreateTtl, 1000), "/t", tree::ttl_owner(1000), OpCode::kCreateTtl},
      {create("/ts-", 6, OpCode::kCreateTtl, tree::kTtlMsMax), "/ts-0000000008",
       tree::ttl_owner(tree::kTtlMsMax), OpCode::kCreateTtl},
  };
  Desk desk;
  Caller caller;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.made);
    ASSERT_EQ(desk.write(one.request, caller), ErrorCode::kOk);
    const tree::NodeId node = desk.tree().find(one.made);
    ASSERT_TRUE(node);
    EXPECT_EQ(desk.tree().persisted(node).ephemeral_owner, one.owner);
    EXPECT_EQ(wire::decode_txn(desk.last_txn())->header.type, one.txn);
  }
}

TEST(Prepare, CreateModesInAMultiFollowTheirOwnRules) {
  Desk desk;
  Caller caller;
  const auto multi = [&](const wire::CreateRequest& op) {
    return desk.write(wire::MultiRequest{.ops = {op}}, caller);
  };
  EXPECT_EQ(multi(create("/c", 4)), ErrorCode::kOk);
  EXPECT_EQ(desk.tree().persisted(desk.tree().find("/c")).ephemeral_owner, tree::kContainerOwner);
  EXPECT_EQ(multi(create("/plain", 0, OpCode::kCreateTtl, 1000)), ErrorCode::kOk);
  EXPECT_EQ(desk.tree().persisted(desk.tree().find("/plain")).ephemeral_owner, 0);
  EXPECT_EQ(multi(create("/t", 5, OpCode::kCreateTtl, 1000)), ErrorCode::kOk);
  EXPECT_EQ(multi(create("/t2", 99, OpCode::kCreateTtl, 1000)), ErrorCode::kBadArguments);
  // These spoil the whole request, as if it could not be read.
  EXPECT_EQ(multi(create("/bad", 5)), ErrorCode::kMarshallingError);
  EXPECT_EQ(multi(create("/bad", 7, OpCode::kCreate2)), ErrorCode::kMarshallingError);
  EXPECT_EQ(multi(create("/bad", -1, OpCode::kCreateContainer)), ErrorCode::kMarshallingError);
  EXPECT_EQ(
      desk.write(wire::MultiRequest{.ops = {wire::DeleteContainerRequest{.path = "/c"}}}, caller),
      ErrorCode::kMarshallingError);
  EXPECT_EQ(desk.write(wire::MultiRequest{}, caller), ErrorCode::kOk);
}

TEST(Prepare, ResultsOfAFailedMulti) {
  Desk desk;
  Caller caller;
  const wire::MultiRequest multi{.ops = {create("/a"), create("/b"),
                                         wire::DeleteRequest{.path = "/none"}, create("/c"),
                                         wire::DeleteRequest{.path = "/none"}}};
  EXPECT_EQ(desk.write(multi, caller), ErrorCode::kNoNode);
  std::vector<ErrorCode> errors;
  for (const tree::OpResult& result : desk.applied().results) {
    errors.push_back(result.error);
  }
  const std::vector<ErrorCode> expected = {ErrorCode::kOk, ErrorCode::kOk, ErrorCode::kNoNode,
                                           ErrorCode::kRuntimeInconsistency,
                                           ErrorCode::kRuntimeInconsistency};
  EXPECT_EQ(errors, expected);
  EXPECT_FALSE(desk.exists("/a"));
}

TEST(Prepare, RefusalIsLoggedAsAnErrorTxnWithoutDigest) {
  Desk desk;
  Caller caller{.session = SessionId{77}, .next_xid = 42};
  EXPECT_EQ(desk.write(wire::DeleteRequest{.path = "/none"}, caller), ErrorCode::kNoNode);
  const auto record = wire::decode_txn(desk.last_txn());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->header.type, OpCode::kError);
  EXPECT_EQ(record->header.session, SessionId{77});
  EXPECT_EQ(record->header.cxid, 42);
  EXPECT_EQ(std::get<wire::ErrorTxn>(record->txn).error, ErrorCode::kNoNode);
  EXPECT_FALSE(record->digest.has_value());
}

TEST(Prepare, ReconfigOfAStandaloneMember) {
  Caller caller;
  Desk off;
  EXPECT_EQ(off.write(wire::ReconfigRequest{}, caller), ErrorCode::kReconfigDisabled);
  PrepareOptions options;
  options.reconfig_enabled = true;
  Desk on(options);
  EXPECT_EQ(on.write(wire::ReconfigRequest{}, caller), ErrorCode::kUnimplemented);
}

TEST(Prepare, ReaperDeletesOnlyWhatIsEmptyAndItsOwn) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.write(create("/c", 4, OpCode::kCreateContainer), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(create("/c/child"), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(create("/plain"), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(create("/t", 5, OpCode::kCreateTtl, 1000), caller), ErrorCode::kOk);
  const auto reap = [&](std::string_view path) {
    return desk.write_as_server(wire::DeleteContainerRequest{.path = path});
  };
  EXPECT_EQ(reap("/c"), ErrorCode::kNotEmpty);
  EXPECT_EQ(reap("/plain"), ErrorCode::kBadVersion);
  EXPECT_EQ(reap("/none"), ErrorCode::kNoNode);
  EXPECT_EQ(reap("/"), ErrorCode::kNoNode);
  EXPECT_EQ(reap("/t"), ErrorCode::kOk);
  // A child that is on its way keeps its container.
  ASSERT_EQ(desk.write(wire::DeleteRequest{.path = "/c/child"}, caller), ErrorCode::kOk);
  ASSERT_EQ(desk.prepare(create("/c/late"), caller), ErrorCode::kOk);
  EXPECT_EQ(reap("/c"), ErrorCode::kNotEmpty);
  // Nobody else may ask for it, whatever he is.
  Caller super{.session = SessionId{3}, .who = identities({{"super", ""}})};
  EXPECT_EQ(desk.write(wire::DeleteContainerRequest{.path = "/t"}, super),
            ErrorCode::kUnimplemented);
}

TEST(Versions, OfDataSkipMinusOneWhichWouldMatchAnything) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  const auto version_after = [&](int32_t version) {
    force(desk, wire::SetDataTxn{.path = "/a", .data = "x", .version = version}, OpCode::kSetData);
    EXPECT_EQ(
        desk.write(wire::SetDataRequest{.path = "/a", .data = "y", .version = version}, caller),
        ErrorCode::kOk);
    return desk.stat("/a").version;
  };
  EXPECT_EQ(version_after(kIntMax), kIntMin);
  EXPECT_EQ(version_after(-2), 0);
  EXPECT_EQ(version_after(-3), -2);
}

TEST(Versions, OfAclsSkipMinusOneToo) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  const auto version_after = [&](int32_t version) {
    force(desk, wire::SetAclTxn{.path = "/a", .acls = wire::open_acl(), .version = version},
          OpCode::kSetAcl);
    EXPECT_EQ(
        desk.write(wire::SetAclRequest{.path = "/a", .acls = wire::open_acl(), .version = version},
                   caller),
        ErrorCode::kOk);
    return desk.stat("/a").aversion;
  };
  EXPECT_EQ(version_after(kIntMax), kIntMin);
  EXPECT_EQ(version_after(-2), 0);
}

/// /q has seen `creates` creates.
void make_counter(Desk& desk, int32_t creates) {
  ASSERT_EQ(desk.create("/q"), ErrorCode::kOk);
  force(desk,
        wire::CreateTxn{.path = "/q/first", .acls = wire::open_acl(), .parent_cversion = creates},
        OpCode::kCreate);
}

// The counter stops at its end: no replica takes over a wrapped one, which is not greater. So the
// pending state must not either, however many creates are pipelined.
TEST(Sequence, StopsAtTheEndWhetherPipelinedOrNot) {
  for (const bool pipelined : {false, true}) {
    SCOPED_TRACE(pipelined ? "pipelined" : "one at a time");
    Desk desk;
    Caller caller;
    make_counter(desk, kIntMax - 1);
    const auto next = [&] {
      const wire::CreateRequest request = create("/q/n-", 2);
      return pipelined ? desk.prepare(request, caller) : desk.write(request, caller);
    };
    EXPECT_EQ(next(), ErrorCode::kOk);
    EXPECT_EQ(next(), ErrorCode::kOk);
    EXPECT_EQ(next(), ErrorCode::kNodeExists);
    EXPECT_EQ(next(), ErrorCode::kNodeExists);
    EXPECT_EQ(desk.prepare(create("/q/plain"), caller), ErrorCode::kOk);
    EXPECT_EQ(next(), ErrorCode::kNodeExists);
    EXPECT_EQ(desk.prepare(wire::DeleteRequest{.path = "/q/n-2147483647"}, caller), ErrorCode::kOk);
    EXPECT_EQ(next(), ErrorCode::kOk);
    desk.apply_all();
    EXPECT_TRUE(desk.exists("/q/n-2147483646"));
    EXPECT_TRUE(desk.exists("/q/n-2147483647"));
    EXPECT_FALSE(desk.exists("/q/n--2147483648"));
  }
}

}  // namespace
}  // namespace quorate::request::testing
