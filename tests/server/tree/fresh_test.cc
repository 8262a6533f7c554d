// The fresh database, against the figures of a ZooKeeper server that was just started.
#include <gtest/gtest.h>

#include "server/tree/database.h"
#include "server/tree/snapshot.h"

namespace quorate::tree {
namespace {

TEST(FreshDatabase, HasApachesFigures) {
  const Database database{TreeOptions{}};
  const Tree& tree = database.tree();
  EXPECT_EQ(tree.node_count(), 5);
  EXPECT_EQ(tree.approximate_data_bytes(), 44);
  EXPECT_EQ(tree.digest(), 0x51c6d660u);
  EXPECT_EQ(tree.node_digest(tree.root()), 0x04128908u);
  EXPECT_EQ(tree.node_digest(tree.find("/zookeeper")), 0x4db44d58u);
  EXPECT_EQ(tree.node_digest(tree.find("/zookeeper/config")), 0u);
  EXPECT_EQ(tree.stat(tree.root()), (wire::Stat{.cversion = -1, .num_children = 1}));
  const NodeId config = tree.find("/zookeeper/config");
  EXPECT_EQ(tree.stat(config).aversion, -1);
  EXPECT_EQ(wire::decode_acls(tree.acls().get(tree.acl(config))),
            (std::vector<wire::Acl>{{wire::kPermRead, {"world", "anyone"}}}));
  EXPECT_EQ(tree.acl(tree.find("/zookeeper/quota")), AclId{});
  EXPECT_EQ(tree.data(tree.root()), std::string_view());
}

TEST(FreshDatabase, SnapshotHasApachesSize) {
  Database database{TreeOptions{}};
  std::string bytes;
  SnapshotWriter writer(database);
  EXPECT_FALSE(writer.next(bytes, 1 << 20));
  EXPECT_EQ(bytes.size(), 478u);
  const auto loaded = load_snapshot(bytes, TreeOptions{});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->database.tree().digest(), 0x51c6d660u);
  EXPECT_EQ(loaded->database.tree().node_count(), 5);
}

}  // namespace
}  // namespace quorate::tree
