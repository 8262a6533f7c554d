// The small containers that the tree and the watches are made of.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "server/tree/acl_table.h"
#include "server/tree/block_pool.h"
#include "server/tree/id_set.h"
#include "server/tree/owned_nodes.h"
#include "server/tree/watch_paths.h"

namespace quorate::tree {
namespace {

TEST(BlockPool, RoundsUpALittleOnly) {
  for (size_t size = 1; size <= 9000; ++size) {
    const size_t rounded = BlockPool::rounded_size(size);
    ASSERT_GE(rounded, size);
    ASSERT_EQ(BlockPool::rounded_size(rounded), rounded);
    if (size <= 512) {
      ASSERT_LT(rounded - size, 8u);
    } else if (size <= BlockPool::kSmallBytesMax) {
      ASSERT_LE(static_cast<double>(rounded - size), 0.0625 * static_cast<double>(size));
    }
  }
}

TEST(BlockPool, BlocksKeepTheirBytesApart) {
  std::mt19937 random(1);
  for (const uint32_t size_max : {40U, 400U, 6000U}) {
    BlockPool pool;
    std::map<BlockPool::Handle, std::string> blocks;
    for (int step = 0; step < 20000; ++step) {
      if (random() % 100 < (step / 4000 % 2 == 0 ? 70U : 30U) || blocks.empty()) {
        const std::string bytes(random() % size_max + 1, static_cast<char>(random()));
        const BlockPool::Handle handle = pool.allocate(bytes.size());
        ASSERT_NE(handle, 0u);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(pool.at(handle)) % 8, 0u);
        bytes.copy(pool.at(handle), bytes.size());
        ASSERT_TRUE(blocks.emplace(handle, bytes).second);
      } else {
        auto at = blocks.lower_bound(static_cast<BlockPool::Handle>(random()));
        at = at == blocks.end() ? blocks.begin() : at;
        ASSERT_EQ(std::string_view(pool.at(at->first), at->second.size()), at->second);
        pool.release(at->first);
        blocks.erase(at);
      }
    }
    for (const auto& [handle, bytes] : blocks) {
      ASSERT_EQ(std::string_view(pool.at(handle), bytes.size()), bytes);
    }
  }
}

TEST(BlockPool, GivesMemoryBack) {
  BlockPool pool;
  std::vector<BlockPool::Handle> handles;
  for (int i = 0; i < 100000; ++i) {
    handles.push_back(pool.allocate(100));
  }
  EXPECT_GT(pool.reserved_bytes(), 10000000u);
  std::shuffle(handles.begin(), handles.end(), std::mt19937(1));
  for (const BlockPool::Handle handle : handles) {
    pool.release(handle);
  }
  EXPECT_LE(pool.reserved_bytes(), 4u << 20);
  BlockPool moved = std::move(pool);
  EXPECT_EQ(moved.allocate(8) != 0, true);
}

TEST(BlockPool, PagesServeAnotherSizeWhenTheyAreEmpty) {
  BlockPool pool;
  size_t most = 0;
  for (size_t size = 8; size <= 512; size += 8) {
    std::vector<BlockPool::Handle> handles;
    for (int i = 0; i < 10000; ++i) {
      handles.push_back(pool.allocate(size));
    }
    most = std::max(most, pool.reserved_bytes());
    for (const BlockPool::Handle handle : handles) {
      pool.release(handle);
    }
  }
  EXPECT_LE(most, 8u << 20);
}

TEST(IdSet, BehavesAsAMap) {
  for (uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const uint32_t keys = seed % 3 == 0 ? 4 : seed % 3 == 1 ? 60 : 5000;
    IdSet set;
    std::map<uint32_t, uint32_t> model;
    for (int step = 0; step < 3000; ++step) {
      const uint32_t key = random() % keys * (seed % 2 == 0 ? 1 : IdSet::kKeyMax / keys);
      const uint32_t flags = random() % 3 == 0 ? 0 : random() % 15 + 1;
      ASSERT_EQ(set.get(key), model.contains(key) ? model[key] : 0);
      set.set(key, flags);
      if (flags == 0) {
        model.erase(key);
      } else {
        model[key] = flags;
      }
      ASSERT_EQ(set.size(), model.size());
      if (step % 500 == 499) {
        const uint32_t keep = random() % 16;
        set.update_each([keep](uint32_t, uint32_t old) { return old & keep; });
        for (auto& [unused, old] : model) {
          old &= keep;
        }
        std::erase_if(model, [](const auto& entry) { return entry.second == 0; });
      }
    }
    std::map<uint32_t, uint32_t> listed;
    set.for_each([&listed](uint32_t key, uint32_t flags) { listed[key] = flags; });
    EXPECT_EQ(listed, model);
    IdSet moved = std::move(set);
    EXPECT_EQ(moved.size(), model.size());
    moved.clear();
    EXPECT_TRUE(moved.empty());
    EXPECT_EQ(moved.heap_bytes(), 0u);
  }
}

TEST(IdSet, StaysSmall) {
  IdSet set;
  for (uint32_t i = 0; i < 10000; ++i) {
    set.set(i, 1);
  }
  EXPECT_EQ(set.heap_bytes(), 65536u);
  for (uint32_t i = 2; i < 10000; ++i) {
    set.set(i, 0);
  }
  EXPECT_LE(set.heap_bytes(), 32u);
}

TEST(WatchPaths, BehavesAsAMap) {
  std::mt19937 random(1);
  WatchPaths paths(7);
  std::map<std::string, uint32_t> model;
  for (int step = 0; step < 100000; ++step) {
    const std::string path = "/" + std::to_string(random() % (step < 50000 ? 2000 : 20));
    const uint32_t found = paths.find(path);
    ASSERT_EQ(found, model.contains(path) ? model[path] : WatchPaths::kNone);
    if (random() % 2 == 0) {
      const uint32_t number = paths.find_or_add(path);
      ASSERT_EQ(paths.text(paths.at(number)), path);
      model[path] = number;
    } else if (found != WatchPaths::kNone) {
      paths.remove(found);
      model.erase(path);
    }
    ASSERT_EQ(paths.size(), model.size());
  }
  while (!model.empty()) {
    paths.remove(model.begin()->second);
    model.erase(model.begin());
  }
  EXPECT_EQ(paths.find("/1"), WatchPaths::kNone);
  EXPECT_EQ(paths.find_or_add("/1"), 0u);
}

TEST(AclTable, InternsEqualLists) {
  const std::string one = wire::encode_acls({{1, {"world", "anyone"}}});
  const std::string two = wire::encode_acls({{2, {"world", "anyone"}}});
  AclTable table(0);
  EXPECT_EQ(table.acquire(wire::open_acl()), AclTable::kOpen);
  EXPECT_EQ(table.acquire(wire::AclList{}), AclTable::kOpen);
  EXPECT_EQ(table.acquire(wire::AclList{std::string_view("\xff\xff\xff\xff", 4)}), AclTable::kOpen);
  const AclId first = table.acquire(wire::AclList{one});
  EXPECT_EQ(table.acquire(wire::AclList{one}), first);
  const AclId second = table.acquire(wire::AclList{two});
  EXPECT_NE(second, first);
  EXPECT_EQ(table.get(first).encoded, one);
  EXPECT_EQ(table.size(), 2u);
  table.release(first);
  table.purge();
  EXPECT_EQ(table.size(), 2u);  // One reference is left.
  table.release(first);
  EXPECT_EQ(table.get(first).encoded, one);  // Until the purge.
  table.purge();
  EXPECT_EQ(table.size(), 1u);
  EXPECT_EQ(table.acquire(wire::AclList{two}), second);
}

TEST(AclTable, AListThatComesBackBeforeThePurgeStays) {
  const std::string one = wire::encode_acls({{1, {"world", "anyone"}}});
  AclTable table(0);
  const AclId id = table.acquire(wire::AclList{one});
  table.release(id);
  EXPECT_EQ(table.acquire(wire::AclList{one}), id);
  table.release(id);
  EXPECT_EQ(table.acquire(wire::AclList{one}), id);
  table.purge();
  EXPECT_EQ(table.get(id).encoded, one);
  table.release(id);
  table.purge();
  EXPECT_EQ(table.size(), 0u);
}

TEST(Owner, KindsDependOnTheRules) {
  const auto ttl = static_cast<int64_t>(0xFF00000000000005);
  const auto old_ttl = static_cast<int64_t>(0x8000000000000005);
  const auto unknown = static_cast<int64_t>(0xFF00010000000005);
  const OwnerRules plain;
  const OwnerRules extended{.extended_types_enabled = true};
  const OwnerRules emulated{.extended_types_enabled = true, .emulate_353_ttl = true};
  for (const OwnerRules rules : {plain, extended, emulated}) {
    EXPECT_EQ(owner_kind(0, rules), OwnerKind::kNone);
    EXPECT_EQ(owner_kind(77, rules), OwnerKind::kEphemeral);
    EXPECT_EQ(owner_kind(INT64_MIN, rules), OwnerKind::kContainer);
  }
  EXPECT_EQ(owner_kind(ttl, plain), OwnerKind::kEphemeral);
  EXPECT_EQ(owner_kind(ttl, extended), OwnerKind::kTtl);
  EXPECT_EQ(owner_kind(old_ttl, plain), OwnerKind::kEphemeral);
  EXPECT_EQ(owner_kind(old_ttl, extended), OwnerKind::kEphemeral);
  EXPECT_EQ(owner_kind(old_ttl, emulated), OwnerKind::kTtl);
  EXPECT_EQ(owner_kind(unknown, extended), OwnerKind::kEphemeral);
  EXPECT_EQ(owner_kind(old_ttl, {.emulate_353_ttl = true}), OwnerKind::kEphemeral);
  EXPECT_EQ(ttl_owner(5), ttl);
  EXPECT_EQ(ttl_ms_of(ttl), 5);
  EXPECT_EQ(ttl_ms_of(old_ttl), 5);
  EXPECT_EQ(ttl_ms_of(ttl_owner(kTtlMsMax)), kTtlMsMax);
}

TEST(OwnedNodes, BehavesAsAMap) {
  std::mt19937 random(1);
  OwnedNodes owned({.extended_types_enabled = true});
  std::map<uint32_t, int64_t> model;
  const int64_t owners[] = {1, 2, -3, INT64_MIN, ttl_owner(9)};
  for (int step = 0; step < 20000; ++step) {
    const uint32_t node = random() % 200 + 1;
    if (!model.contains(node)) {
      model[node] = owners[random() % 5];
      owned.add(NodeId{node}, model[node]);
    } else {
      ASSERT_EQ(owned.owner(NodeId{node}), model[node]);
      owned.remove(NodeId{node});
      model.erase(node);
    }
    const auto count = [&model](int64_t owner) {
      return static_cast<size_t>(
          std::ranges::count(model, owner, [](const auto& entry) { return entry.second; }));
    };
    ASSERT_EQ(owned.containers().size(), count(INT64_MIN));
    ASSERT_EQ(owned.ttls().size(), count(ttl_owner(9)));
    ASSERT_EQ(owned.of_session(SessionId{2}).size(), count(2));
    ASSERT_EQ(owned.ephemeral_count(), count(1) + count(2) + count(-3));
  }
  EXPECT_EQ(owned.sessions(), (std::vector<SessionId>{SessionId{-3}, SessionId{1}, SessionId{2}}));
}

}  // namespace
}  // namespace quorate::tree
