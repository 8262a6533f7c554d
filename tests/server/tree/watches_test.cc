// Watches: kinds, one event a connection, order, counts.
#include "server/tree/watches.h"

#include <gmock/gmock.h>

namespace quorate::tree {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr WatcherId kAnn{1};
constexpr WatcherId kBob{2};
constexpr WatcherId kCat{70000};

/// "watcher type path" of each notification.
class WatchesTest : public testing::Test {
 protected:
  std::vector<std::string> fire(ChangeKind kind, std::string_view path) {
    std::vector<Notification> to;
    watches_.fire({.kind = kind, .path = path, .acl = AclId{7}, .parent_acl = AclId{8}}, to);
    std::vector<std::string> all;
    for (const Notification& notification : to) {
      const bool is_child = notification.type == wire::EventType::kNodeChildrenChanged;
      EXPECT_EQ(notification.acl, AclId{is_child ? 8U : 7U});
      all.push_back(std::to_string(notification.watcher.value) + name(notification.type) +
                    std::string(notification.path));
    }
    return all;
  }
  std::vector<std::string> created(std::string_view path) {
    return fire(ChangeKind::kCreated, path);
  }
  std::vector<std::string> deleted(std::string_view path) {
    return fire(ChangeKind::kDeleted, path);
  }
  std::vector<std::string> changed(std::string_view path) {
    return fire(ChangeKind::kDataChanged, path);
  }

  Watches watches_;

 private:
  static const char* name(wire::EventType type) {
    switch (type) {
      case wire::EventType::kNodeCreated:
        return " created ";
      case wire::EventType::kNodeDeleted:
        return " deleted ";
      case wire::EventType::kNodeDataChanged:
        return " changed ";
      case wire::EventType::kNodeChildrenChanged:
        return " children ";
      case wire::EventType::kNone:
        break;
    }
    return " none ";
  }
};

TEST_F(WatchesTest, DataWatchesFireOnceOnEachKindOfChange) {
  watches_.add_data("/a", kAnn);
  EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
  EXPECT_THAT(changed("/a"), IsEmpty());
  watches_.add_data("/a", kAnn);
  EXPECT_THAT(created("/a"), ElementsAre("1 created /a"));
  watches_.add_data("/a", kAnn);
  EXPECT_THAT(deleted("/a"), ElementsAre("1 deleted /a"));
  EXPECT_EQ(watches_.count(), 0u);
  EXPECT_EQ(watches_.path_count(), 0u);
  EXPECT_EQ(watches_.watcher_count(), 0u);
}

TEST_F(WatchesTest, ChildWatchesFireForTheParentAndOnDeletion) {
  watches_.add_child("/a", kAnn);
  EXPECT_THAT(changed("/a"), IsEmpty());
  EXPECT_THAT(changed("/a/b"), IsEmpty());
  EXPECT_THAT(created("/a/b"), ElementsAre("1 children /a"));
  EXPECT_THAT(created("/a/c"), IsEmpty());
  watches_.add_child("/a", kAnn);
  EXPECT_THAT(deleted("/a/b"), ElementsAre("1 children /a"));
  watches_.add_child("/a", kAnn);
  EXPECT_THAT(deleted("/a"), ElementsAre("1 deleted /a"));
  watches_.add_child("/a", kAnn);
  EXPECT_THAT(created("/a"), IsEmpty());
}

TEST_F(WatchesTest, RootIsTheParentOfTopNodes) {
  watches_.add_child("/", kAnn);
  EXPECT_THAT(created("/a"), ElementsAre("1 children /"));
  watches_.add_data("/", kAnn);
  EXPECT_THAT(changed("/"), ElementsAre("1 changed /"));
}

TEST_F(WatchesTest, OwnPathComesBeforeTheParent) {
  watches_.add_child("/a", kAnn);
  watches_.add_data("/a/b", kBob);
  watches_.add_data("/a/b", kAnn);
  EXPECT_THAT(created("/a/b"), ElementsAre("2 created /a/b", "1 created /a/b", "1 children /a"));
}

TEST_F(WatchesTest, DeletionTellsAWatcherWithDataAndChildWatchOnce) {
  watches_.add_data("/a", kAnn);
  watches_.add_child("/a", kAnn);
  watches_.add_child("/a", kBob);
  EXPECT_THAT(deleted("/a"), ElementsAre("1 deleted /a", "2 deleted /a"));
  EXPECT_EQ(watches_.count(), 0u);  // Ann's child watch is consumed, too.
}

TEST_F(WatchesTest, PersistentOnesStayAndAreInBothTables) {
  watches_.add("/a", kAnn, WatchMode::kPersistent);
  EXPECT_EQ(watches_.count(), 2u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
    EXPECT_THAT(created("/a/b"), ElementsAre("1 children /a"));
    EXPECT_THAT(deleted("/a"), ElementsAre("1 deleted /a"));
    EXPECT_THAT(changed("/a/b"), IsEmpty());
  }
}

TEST_F(WatchesTest, RecursiveOnesHearOfAllBelowButNotOfChildren) {
  watches_.add("/a", kAnn, WatchMode::kPersistentRecursive);
  EXPECT_EQ(watches_.count(), 1u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(created("/a/b/c"), ElementsAre("1 created /a/b/c"));
    EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
    EXPECT_THAT(deleted("/a/b"), ElementsAre("1 deleted /a/b"));
    EXPECT_THAT(changed("/ab"), IsEmpty());
    EXPECT_THAT(changed("/"), IsEmpty());
  }
  watches_.add("/", kBob, WatchMode::kPersistentRecursive);
  EXPECT_THAT(changed("/x/y"), ElementsAre("2 changed /x/y"));
}

TEST_F(WatchesTest, OneEventForSeveralMatchingWatches) {
  watches_.add_data("/a/b", kAnn);
  watches_.add("/a/b", kAnn, WatchMode::kPersistent);
  watches_.add("/a/b", kAnn, WatchMode::kPersistentRecursive);
  watches_.add("/a", kAnn, WatchMode::kPersistentRecursive);
  watches_.add("/", kAnn, WatchMode::kPersistentRecursive);
  EXPECT_THAT(changed("/a/b"), ElementsAre("1 changed /a/b"));
  EXPECT_THAT(deleted("/a/b"), ElementsAre("1 deleted /a/b"));
}

TEST_F(WatchesTest, CreatedThenChildrenForRecursiveAndPersistentOnTheParent) {
  watches_.add("/a", kAnn, WatchMode::kPersistent);
  watches_.add("/a", kAnn, WatchMode::kPersistentRecursive);
  EXPECT_THAT(created("/a/b"), ElementsAre("1 created /a/b", "1 children /a"));
}

TEST_F(WatchesTest, ModesCoexist) {
  watches_.add_data("/a", kAnn);
  watches_.add("/a", kAnn, WatchMode::kPersistent);
  watches_.add("/a", kAnn, WatchMode::kPersistentRecursive);
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kData));
  EXPECT_FALSE(watches_.contains("/a", kAnn, WatcherType::kChildren));
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kAny));
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kPersistent));
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kPersistentRecursive));
  changed("/a");  // Consumes the standard one only.
  EXPECT_FALSE(watches_.contains("/a", kAnn, WatcherType::kData));
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kPersistent));
  EXPECT_FALSE(watches_.remove("/a", kAnn, WatcherType::kData));
  EXPECT_TRUE(watches_.remove("/a", kAnn, WatcherType::kPersistent));
  EXPECT_TRUE(watches_.contains("/a", kAnn, WatcherType::kAny));
  EXPECT_TRUE(watches_.remove("/a", kAnn, WatcherType::kAny));
  EXPECT_FALSE(watches_.remove("/a", kAnn, WatcherType::kAny));
  EXPECT_EQ(watches_.path_count(), 0u);
}

TEST_F(WatchesTest, NothingIsContainedWhereNothingWasAdded) {
  EXPECT_FALSE(watches_.contains("/a", kCat, WatcherType::kAny));
  EXPECT_FALSE(watches_.remove("/a", kCat, WatcherType::kAny));
  watches_.remove_watcher(kCat);
  watches_.add_data("/a", kAnn);
  EXPECT_FALSE(watches_.contains("/a", kCat, WatcherType::kAny));
  EXPECT_FALSE(watches_.remove("/a", kCat, WatcherType::kAny));
  EXPECT_FALSE(watches_.contains("/b", kAnn, WatcherType::kAny));
}

TEST_F(WatchesTest, AWatcherThatGoesTakesItsWatchesAlong) {
  watches_.add_data("/a", kAnn);
  watches_.add_data("/a", kCat);
  watches_.add_child("/b", kCat);
  watches_.add("/c", kCat, WatchMode::kPersistentRecursive);
  EXPECT_EQ(watches_.watcher_count(), 2u);
  watches_.remove_watcher(kCat);
  EXPECT_EQ(watches_.watcher_count(), 1u);
  EXPECT_EQ(watches_.count(), 1u);
  EXPECT_EQ(watches_.path_count(), 1u);
  EXPECT_THAT(changed("/c/d"), IsEmpty());
  EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
}

TEST_F(WatchesTest, AddingTwiceIsAddingOnce) {
  watches_.add_data("/a", kAnn);
  watches_.add_data("/a", kAnn);
  EXPECT_EQ(watches_.count(), 1u);
  EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
  EXPECT_EQ(watches_.count(), 0u);
}

TEST_F(WatchesTest, TotalsAndDumpAreOfDataWatchesAsApaches) {
  watches_.add_data("/b", kCat);
  watches_.add_data("/b", kAnn);
  watches_.add_child("/c", kBob);
  watches_.add("/a", kAnn, WatchMode::kPersistent);
  EXPECT_EQ(watches_.count(), 5u);
  EXPECT_EQ(watches_.path_count(), 3u);
  EXPECT_EQ(watches_.watcher_count(), 3u);
  const Watches::Totals totals = watches_.data_totals();
  EXPECT_EQ(totals.watches, 3u);
  EXPECT_EQ(totals.paths, 2u);
  EXPECT_EQ(totals.watchers, 2u);
  const auto dump = watches_.dump();
  ASSERT_EQ(dump.size(), 2u);
  EXPECT_EQ(dump[0].path, "/a");
  EXPECT_THAT(dump[0].watchers, ElementsAre(kAnn));
  EXPECT_EQ(dump[1].path, "/b");
  EXPECT_THAT(dump[1].watchers, ElementsAre(kAnn, kCat));
}

TEST_F(WatchesTest, StandardModeIsADataAndAChildWatch) {
  watches_.add("/a", kAnn, WatchMode::kStandard);
  EXPECT_THAT(created("/a/b"), ElementsAre("1 children /a"));
  EXPECT_THAT(changed("/a"), ElementsAre("1 changed /a"));
  EXPECT_EQ(watches_.count(), 0u);
}

}  // namespace
}  // namespace quorate::tree
