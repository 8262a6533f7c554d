// Reads: what they answer, and what they leave behind in watches.
#include <gtest/gtest.h>

#include "server/wire/jute.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"
#include "tests/server/request/desk.h"

namespace quorate::request::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr tree::WatcherId kWatcher{1};

std::vector<wire::Acl> shown_acls(const Answer& answer) {
  wire::Reader reader(answer.body);
  return wire::decode_acls(wire::read_acl_list(reader));
}

std::vector<std::string> strings(wire::Reader& reader) {
  std::vector<std::string> all;
  for (int32_t left = reader.get_int(); left > 0; --left) {
    all.emplace_back(reader.get_string());
  }
  EXPECT_TRUE(reader.ok());
  return all;
}

int32_t count_of(const Answer& answer) {
  wire::Reader reader(answer.body);
  return reader.get_int();
}

// ---- getACL
// ---------------------------------------------------------------------------------------

TEST(GetAcl, HidesDigestsFromThoseWhoMayNotChangeThem) {
  const std::vector<wire::Acl> stored = {
      {wire::kPermRead, {"world", "anyone"}},
      {wire::kPermAdmin, {"digest", "admin:c2VjcmV0"}},
      {wire::kPermAll, {"digest", "other:aGFzaA=="}},
      {wire::kPermRead, {"ip", "10.0.0.0/8"}},
      {wire::kPermWrite, {"x509", "CN=a:b"}},
  };
  std::vector<wire::Acl> masked = stored;
  masked[1].id.id = "admin:x";
  masked[2].id.id = "other:x";
  Desk desk;
  ASSERT_EQ(desk.create("/a", "", wire::encode_acls(stored)), ErrorCode::kOk);
  const wire::GetAclRequest request{.path = "/a"};
  const Caller reader;
  EXPECT_EQ(shown_acls(desk.read(request, reader)), masked);
  const Caller writer{.who = identities({{"x509", "CN=a:b"}})};
  EXPECT_EQ(shown_acls(desk.read(request, writer)), masked);
  const Caller admin{.who = identities({{"digest", "admin:c2VjcmV0"}})};
  EXPECT_EQ(shown_acls(desk.read(request, admin)), stored);
  const Caller super{.who = identities({{"super", ""}})};
  EXPECT_EQ(shown_acls(desk.read(request, super)), stored);
}

TEST(GetAcl, NeedsReadOrAdmin) {
  Desk desk;
  ASSERT_EQ(
      desk.create("/a", "",
                  acl(wire::kPermAll & ~(wire::kPermRead | wire::kPermAdmin), "world", "anyone")),
      ErrorCode::kOk);
  const Answer answer = desk.read(wire::GetAclRequest{.path = "/a"}, Caller{});
  EXPECT_EQ(answer.error, ErrorCode::kNoAuth);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(desk.read(wire::GetAclRequest{.path = "/none"}, Caller{}).error, ErrorCode::kNoNode);
}

TEST(GetAcl, EndsWithTheStat) {
  Desk desk;
  Caller caller;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  ASSERT_EQ(desk.write(wire::SetAclRequest{.path = "/a", .acls = wire::open_acl()}, caller),
            ErrorCode::kOk);
  const Answer answer = desk.read(wire::GetAclRequest{.path = "/a"}, caller);
  wire::Reader reader(answer.body);
  (void)wire::read_acl_list(reader);
  EXPECT_EQ(wire::read_stat(reader), desk.stat("/a"));
  EXPECT_TRUE(reader.at_end());
}

// ---- whoAmI
// ---------------------------------------------------------------------------------------

TEST(WhoAmI, NamesUsersWithoutTheirHashes) {
  Desk desk;
  const Caller caller{.who = identities({{"ip", "10.0.0.1"},
                                         {"digest", "user:c2VjcmV0"},
                                         {"digest", "nocolon"},
                                         {"x509", "CN=a:b"},
                                         {"super", ""}})};
  const Answer answer = desk.read(wire::WhoAmIRequest{}, caller);
  wire::Reader reader(answer.body);
  std::vector<std::pair<std::string, std::string>> ids;
  for (int32_t left = reader.get_int(); left > 0; --left) {
    std::string scheme(reader.get_string());
    ids.emplace_back(std::move(scheme), reader.get_string());
  }
  const std::vector<std::pair<std::string, std::string>> expected = {{"ip", "10.0.0.1"},
                                                                     {"digest", "user"},
                                                                     {"digest", "nocolon"},
                                                                     {"x509", "CN=a:b"},
                                                                     {"super", ""}};
  EXPECT_EQ(ids, expected);
  EXPECT_TRUE(reader.at_end());
}

// ---- Watches that reads leave
// ----------------------------------------------------------------------

TEST(Watching, ExistsWaitsForWhatIsMissingAndGetDataDoesNot) {
  Desk desk;
  const Caller caller;
  EXPECT_EQ(desk.read(wire::GetDataRequest{.path = "/a", .watch = true}, caller).error,
            ErrorCode::kNoNode);
  EXPECT_EQ(desk.read(wire::GetChildrenRequest{.path = "/a", .watch = true}, caller).error,
            ErrorCode::kNoNode);
  EXPECT_EQ(desk.watches().count(), 0U);
  EXPECT_EQ(desk.read(wire::ExistsRequest{.path = "/a", .watch = true}, caller).error,
            ErrorCode::kNoNode);
  EXPECT_TRUE(desk.watches().contains("/a", kWatcher, tree::WatcherType::kData));
}

TEST(Watching, MultiReadLeavesNone) {
  Desk desk;
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  const wire::MultiReadRequest request{
      .ops = {wire::GetDataRequest{.path = "/a", .watch = true},
              wire::GetChildrenRequest{.path = "/a", .watch = true}}};
  EXPECT_EQ(desk.read(request, Caller{}).error, ErrorCode::kOk);
  EXPECT_EQ(desk.watches().count(), 0U);
}

TEST(Watching, NulIsRefusedByExistsAlone) {
  Desk desk;
  const std::string_view path("/a\0b", 4);
  EXPECT_EQ(desk.read(wire::ExistsRequest{.path = path, .watch = true}, Caller{}).error,
            ErrorCode::kBadArguments);
  EXPECT_EQ(desk.watches().count(), 0U);
  EXPECT_EQ(desk.read(wire::GetDataRequest{.path = path}, Caller{}).error, ErrorCode::kNoNode);
}

TEST(Watching, RemoveAndCheckTellKindsApart) {
  Desk desk;
  const Caller caller;
  const auto ask = [&](OpCode op, int32_t type) {
    return desk.read(wire::RemoveWatchesRequest{.op = op, .path = "/a", .type = type}, caller)
        .error;
  };
  EXPECT_EQ(desk.read(wire::AddWatchRequest{.path = "/a", .mode = 0}, caller).error,
            ErrorCode::kOk);
  for (const int32_t type : {1, 2, 5}) {
    EXPECT_EQ(ask(OpCode::kCheckWatches, type), ErrorCode::kNoWatcher) << type;
  }
  for (const int32_t type : {3, 4}) {
    EXPECT_EQ(ask(OpCode::kCheckWatches, type), ErrorCode::kOk) << type;
  }
  for (const int32_t type : {0, 6, -1}) {
    EXPECT_EQ(ask(OpCode::kCheckWatches, type), ErrorCode::kMarshallingError) << type;
  }
  EXPECT_EQ(ask(OpCode::kRemoveWatches, 4), ErrorCode::kOk);
  EXPECT_EQ(ask(OpCode::kRemoveWatches, 4), ErrorCode::kNoWatcher);
  EXPECT_EQ(desk.read(wire::AddWatchRequest{.path = "/a", .mode = 2}, caller).error,
            ErrorCode::kMarshallingError);
}

TEST(Watching, AnswerOfAddWatchHasAnErrorCodeOfItsOwn) {
  Desk desk;
  const Answer answer = desk.read(wire::AddWatchRequest{.path = "/a", .mode = 1}, Caller{});
  EXPECT_EQ(answer.body, std::string(4, '\0'));
}

// ---- setWatches
// -----------------------------------------------------------------------------------

TEST(SetWatches, TellsWhatWasMissedAndArmsTheRest) {
  Desk desk;
  Caller caller;
  for (const char* path : {"/same", "/changed", "/deleted", "/parent", "/quiet"}) {
    ASSERT_EQ(desk.create(path), ErrorCode::kOk);
  }
  const Zxid seen = desk.proposed();
  ASSERT_EQ(desk.write(wire::SetDataRequest{.path = "/changed", .data = "x"}, caller),
            ErrorCode::kOk);
  ASSERT_EQ(desk.write(wire::DeleteRequest{.path = "/deleted"}, caller), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/parent/child"), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/appeared"), ErrorCode::kOk);
  const Answer answer =
      desk.read(wire::SetWatchesRequest{.op = OpCode::kSetWatches2,
                                        .relative_zxid = seen,
                                        .data = {"/same", "/changed", "/deleted"},
                                        .exist = {"/appeared", "/none"},
                                        .child = {"/parent", "/quiet", "/deleted"},
                                        .persistent = {"/changed"},
                                        .persistent_recursive = {"/parent"}},
                caller);
  EXPECT_EQ(answer.error, ErrorCode::kOk);
  EXPECT_EQ(answer.body, "");
  std::vector<std::pair<wire::EventType, std::string>> events;
  for (const tree::Notification& missed : answer.missed) {
    EXPECT_EQ(missed.watcher, kWatcher);
    events.emplace_back(missed.type, missed.path);
  }
  const std::vector<std::pair<wire::EventType, std::string>> expected = {
      {wire::EventType::kNodeDataChanged, "/changed"},
      {wire::EventType::kNodeDeleted, "/deleted"},
      {wire::EventType::kNodeCreated, "/appeared"},
      {wire::EventType::kNodeChildrenChanged, "/parent"},
      {wire::EventType::kNodeDeleted, "/deleted"}};
  EXPECT_EQ(events, expected);
  const auto armed = [&](std::string_view path, tree::WatcherType type) {
    return desk.watches().contains(path, kWatcher, type);
  };
  EXPECT_TRUE(armed("/same", tree::WatcherType::kData));
  EXPECT_FALSE(armed("/changed", tree::WatcherType::kData));
  EXPECT_TRUE(armed("/changed", tree::WatcherType::kPersistent));
  EXPECT_FALSE(armed("/deleted", tree::WatcherType::kAny));
  EXPECT_TRUE(armed("/none", tree::WatcherType::kData));
  EXPECT_FALSE(armed("/appeared", tree::WatcherType::kAny));
  EXPECT_TRUE(armed("/quiet", tree::WatcherType::kChildren));
  EXPECT_FALSE(armed("/parent", tree::WatcherType::kChildren));
  EXPECT_TRUE(armed("/parent", tree::WatcherType::kPersistentRecursive));
}

// The delivery point decides by this ACL who hears of it.
TEST(SetWatches, MissedEventsCarryTheAclOfTheirNode) {
  Desk desk;
  Caller caller;
  const std::string closed = acl(wire::kPermWrite, "world", "anyone");
  ASSERT_EQ(desk.create("/a", "", closed), ErrorCode::kOk);
  const Answer answer =
      desk.read(wire::SetWatchesRequest{.relative_zxid = Zxid{0}, .data = {"/a", "/none"}}, caller);
  ASSERT_EQ(answer.missed.size(), 2U);
  EXPECT_EQ(desk.tree().acls().get(answer.missed[0].acl).encoded, closed);
  EXPECT_EQ(desk.tree().acls().get(answer.missed[1].acl).encoded, wire::open_acl().encoded);
}

// ---- Counting and listing
// -------------------------------------------------------------------------

TEST(Counting, RootHasTwoNamesAndCountsThemBoth) {
  Desk desk;
  const Caller caller;
  const auto count = [&](std::string_view path) {
    return count_of(desk.read(wire::GetAllChildrenNumberRequest{.path = path}, caller));
  };
  EXPECT_EQ(count("/"), 3);
  EXPECT_EQ(count(""), 4);
  EXPECT_EQ(count("/zookeeper"), 2);
  EXPECT_EQ(count("/zookeeper/config"), 0);
  ASSERT_EQ(desk.create("/a"), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/a/b"), ErrorCode::kOk);
  EXPECT_EQ(count("/"), 5);
  EXPECT_EQ(count("/a"), 1);
  // A prefix of a name is not a parent.
  ASSERT_EQ(desk.create("/ab"), ErrorCode::kOk);
  EXPECT_EQ(count("/a"), 1);
}

TEST(Listing, EphemeralsAreTheCallersOwnBelowThePrefix) {
  Desk desk;
  Caller caller;
  Caller other{.session = SessionId{2}};
  for (const char* path : {"/e", "/f"}) {
    ASSERT_EQ(desk.create(path), ErrorCode::kOk);
  }
  const auto ephemeral = [](std::string_view path) {
    return wire::CreateRequest{.path = path, .data = "", .acls = wire::open_acl(), .flags = 1};
  };
  ASSERT_EQ(desk.write(ephemeral("/e/1"), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(ephemeral("/f/2"), caller), ErrorCode::kOk);
  ASSERT_EQ(desk.write(ephemeral("/e/3"), other), ErrorCode::kOk);
  const auto list = [&](std::string_view prefix) {
    const Answer answer = desk.read(wire::GetEphemeralsRequest{.prefix = prefix}, caller);
    wire::Reader reader(answer.body);
    return strings(reader);
  };
  EXPECT_EQ(list("/"), (std::vector<std::string>{"/e/1", "/f/2"}));
  EXPECT_EQ(list(""), (std::vector<std::string>{"/e/1", "/f/2"}));
  EXPECT_EQ(list("/e"), (std::vector<std::string>{"/e/1"}));
  EXPECT_EQ(list("/none"), (std::vector<std::string>{}));
}

TEST(Listing, ErrorsInsideAMultiReadStandAlone) {
  Desk desk;
  ASSERT_EQ(desk.create("/a", "data"), ErrorCode::kOk);
  ASSERT_EQ(desk.create("/closed", "", acl(wire::kPermWrite, "world", "anyone")), ErrorCode::kOk);
  const Answer answer =
      desk.read(wire::MultiReadRequest{.ops = {wire::GetDataRequest{.path = "/none"},
                                               wire::GetDataRequest{.path = "/a"},
                                               wire::GetChildrenRequest{.path = "/closed"}}},
                Caller{});
  wire::Reader reader(answer.body);
  wire::MultiHeader header = wire::read_multi_header(reader);
  EXPECT_EQ(header.error, static_cast<int32_t>(ErrorCode::kNoNode));
  EXPECT_EQ(reader.get_int(), static_cast<int32_t>(ErrorCode::kNoNode));
  header = wire::read_multi_header(reader);
  EXPECT_EQ(header.type, OpCode::kGetData);
  EXPECT_EQ(reader.get_buffer(), "data");
  EXPECT_EQ(wire::read_stat(reader), desk.stat("/a"));
  header = wire::read_multi_header(reader);
  EXPECT_EQ(header.error, static_cast<int32_t>(ErrorCode::kNoAuth));
  EXPECT_EQ(reader.get_int(), static_cast<int32_t>(ErrorCode::kNoAuth));
  EXPECT_EQ(wire::read_multi_header(reader), wire::MultiHeader{});
  EXPECT_TRUE(reader.at_end());
}

}  // namespace
}  // namespace quorate::request::testing
