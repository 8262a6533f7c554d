// What fires, what is removed, and what is armed again.
#include "server/client/watch_registry.h"

#include <gtest/gtest.h>

#include "server/wire/request.h"

namespace quorate::client {
namespace {

using Kind = WatchRegistry::Kind;
constexpr int32_t kCreated = 1;
constexpr int32_t kDeleted = 2;
constexpr int32_t kDataChanged = 3;
constexpr int32_t kChildrenChanged = 4;

WatchRegistry full(const char* path) {
  WatchRegistry registry;
  for (const Kind kind :
       {Kind::kData, Kind::kExist, Kind::kChild, Kind::kPersistent, Kind::kRecursive}) {
    registry.add(kind, path);
  }
  return registry;
}

wire::SetWatchesRequest decode(const SetWatchesFrame& frame) {
  const auto decoded = wire::decode_request(frame.op, frame.body);
  return std::get<wire::SetWatchesRequest>(std::get<wire::ReadRequest>(*decoded.request));
}

TEST(WatchRegistry, EventsUseUpTheOneShotWatchesThatTheyAnswer) {
  struct Case {
    int32_t event;
    bool data_left;
    bool child_left;
  };
  for (const Case& one : {Case{kCreated, false, true}, Case{kDataChanged, false, true},
                          Case{kDeleted, false, false}, Case{kChildrenChanged, true, false}}) {
    WatchRegistry registry = full("/a");
    registry.add(Kind::kData, "/other");
    registry.fired(one.event, "/a");
    EXPECT_EQ(registry.contains(WatcherType::kData, "/a"), one.data_left) << one.event;
    EXPECT_EQ(registry.contains(WatcherType::kChildren, "/a"), one.child_left) << one.event;
    EXPECT_TRUE(registry.contains(WatcherType::kPersistent, "/a"));
    EXPECT_TRUE(registry.contains(WatcherType::kPersistentRecursive, "/a"));
    EXPECT_TRUE(registry.contains(WatcherType::kData, "/other"));
  }
}

TEST(WatchRegistry, RemovesByTypeAndNamesTheEvents) {
  struct Case {
    WatcherType type;
    std::vector<int32_t> events;
  };
  for (const Case& one :
       {Case{WatcherType::kChildren, {6}}, Case{WatcherType::kData, {5}},
        Case{WatcherType::kPersistent, {7}}, Case{WatcherType::kPersistentRecursive, {7}},
        Case{WatcherType::kAny, {6, 5, 7}}}) {
    WatchRegistry registry = full("/a");
    EXPECT_EQ(registry.remove(one.type, "/a"), one.events);
    EXPECT_FALSE(registry.contains(one.type, "/a"));
    EXPECT_EQ(registry.remove(one.type, "/a"), std::vector<int32_t>());
  }
}

TEST(WatchRegistry, ReplaysWithTheOldOpcodeUnlessPersistentOnesNeedTheNew) {
  WatchRegistry registry;
  EXPECT_TRUE(registry.replay(Zxid{7}).empty());
  registry.add(Kind::kData, "/d");
  registry.add(Kind::kExist, "/e");
  registry.add(Kind::kChild, "/c");
  auto frames = registry.replay(Zxid{7});
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].op, wire::OpCode::kSetWatches);
  registry.add(Kind::kPersistent, "/p");
  registry.add(Kind::kRecursive, "/r");
  frames = registry.replay(Zxid{7});
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].op, wire::OpCode::kSetWatches2);
  const wire::SetWatchesRequest request = decode(frames[0]);
  EXPECT_EQ(request.relative_zxid, Zxid{7});
  EXPECT_EQ(request.data, std::vector<std::string_view>{"/d"});
  EXPECT_EQ(request.exist, std::vector<std::string_view>{"/e"});
  EXPECT_EQ(request.child, std::vector<std::string_view>{"/c"});
  EXPECT_EQ(request.persistent, std::vector<std::string_view>{"/p"});
  EXPECT_EQ(request.persistent_recursive, std::vector<std::string_view>{"/r"});
}

TEST(WatchRegistry, SplitsALongReplayAndLosesNothing) {
  WatchRegistry registry;
  constexpr size_t kPaths = 20000;
  for (size_t i = 0; i < kPaths; ++i) {
    registry.add(i % 2 == 0 ? Kind::kData : Kind::kChild, "/some/long/path/" + std::to_string(i));
  }
  const auto frames = registry.replay(Zxid{1});
  EXPECT_GT(frames.size(), 2U);
  size_t found = 0;
  for (const SetWatchesFrame& frame : frames) {
    EXPECT_LT(frame.body.size(), 140U * 1024);
    const wire::SetWatchesRequest request = decode(frame);
    found += request.data.size() + request.child.size();
  }
  EXPECT_EQ(found, kPaths);
}

}  // namespace
}  // namespace quorate::client
