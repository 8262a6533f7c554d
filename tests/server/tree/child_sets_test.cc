// Sets of children of every size, and walks over them while they change.
#include "server/tree/child_sets.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "server/tree/name_hash.h"

namespace quorate::tree {
namespace {

class ChildSetsTest : public testing::Test {
 protected:
  void insert(const std::string& name) {
    model_[name] = store_.add(name);
    sets_.insert(store_, parent(), model_[name]);
  }
  void erase(const std::string& name) {
    sets_.erase(store_, parent(), model_.at(name));
    store_.remove(model_.at(name));
    model_.erase(name);
  }
  Node& parent() { return store_.at(parent_); }
  NodeId find(const std::string& name) { return sets_.find(store_, parent(), name); }
  void check() {
    ASSERT_EQ(sets_.count(store_, parent()), model_.size());
    std::map<std::string, NodeId> listed;
    size_t count = 0;
    sets_.for_each(store_, parent(), [&](NodeId child) {
      listed[std::string(store_.at(child).name())] = child;
      ++count;
    });
    ASSERT_EQ(count, model_.size());
    ASSERT_EQ(listed, model_);
    for (const auto& [name, child] : model_) {
      ASSERT_EQ(find(name), child);
    }
    ASSERT_FALSE(find("missing"));
  }

  NodeStore store_;
  ChildSets sets_{1};
  NodeId parent_ = store_.add("parent");
  std::map<std::string, NodeId> model_;
};

TEST_F(ChildSetsTest, GrowsThroughAllKindsAndShrinksAgain) {
  for (int i = 0; i < 3000; ++i) {
    insert("child" + std::to_string(i));
    if (i < 100 || i % 500 == 0) {
      check();
    }
  }
  for (int i = 0; i < 3000; ++i) {
    erase("child" + std::to_string(i));
    if (i > 2900 || i % 500 == 0) {
      check();
    }
  }
  EXPECT_EQ(parent().children, 0u);
  EXPECT_EQ(sets_.bucket_count(parent()), 1u);
}

TEST_F(ChildSetsTest, BehavesAsAMapAtEverySize) {
  for (const uint32_t names : {2U, 8U, 36U, 60U, 400U}) {
    std::mt19937 random(names);
    for (int step = 0; step < 5000; ++step) {
      const std::string name = std::to_string(random() % names);
      if (model_.contains(name)) {
        erase(name);
      } else {
        insert(name);
      }
      if (step % 250 == 0) {
        check();
      }
    }
    sets_.clear(store_, parent());
    model_.clear();
    check();
  }
}

TEST_F(ChildSetsTest, NamesOfEveryLength) {
  for (size_t size = 1; size < 200; ++size) {
    insert(std::string(size, 'x'));
    insert(std::string(size, 'y'));
  }
  insert(std::string(100000, 'z'));
  check();
}

/// What is in the set from the start to the end of a pinned walk is met, whatever else happens.
TEST_F(ChildSetsTest, PinnedWalksMeetWhatStays) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const uint32_t names = seed % 3 == 0 ? 20 : 300;
    for (uint32_t i = 0; i < names / 2; ++i) {
      const std::string name = std::to_string(random() % names);
      if (!model_.contains(name)) {
        insert(name);
      }
    }
    sets_.pin();
    std::set<std::string> staying;
    for (const auto& [name, child] : model_) {
      staying.insert(name);
    }
    std::set<std::string> met;
    bool was_table = sets_.bucket_count(parent()) > 1;
    for (uint32_t bucket = 0; bucket < sets_.bucket_count(parent()); ++bucket) {
      const bool is_table = sets_.bucket_count(parent()) > 1;
      bucket = is_table && !was_table ? 0 : bucket;  // As the walk does: an array is one part.
      was_table = is_table;
      sets_.for_each_in_bucket(store_, parent(), bucket, [&](NodeId child) {
        met.emplace(store_.at(child).name());
        return true;
      });
      for (uint32_t i = random() % 6; i > 0; --i) {
        const std::string name = std::to_string(random() % names);
        if (model_.contains(name)) {
          erase(name);
          staying.erase(name);
        } else if (is_table) {
          insert(name);
        }
      }
    }
    for (const std::string& name : staying) {
      ASSERT_TRUE(met.contains(name)) << "seed " << seed << " " << name;
    }
    sets_.unpin();
    check();
    while (!model_.empty()) {
      erase(model_.begin()->first);
    }
  }
}

TEST(NameHash, SpreadsSimilarNames) {
  std::set<uint64_t> hashes;
  std::vector<int> buckets(1024);
  std::vector<int> tags(256);
  constexpr int kNames = 100000;
  for (int i = 0; i < kNames; ++i) {
    const uint64_t hash = name_hash(0, "node-" + std::to_string(i));
    hashes.insert(hash);
    ++buckets[hash % 1024];
    ++tags[hash >> 56];
  }
  EXPECT_EQ(hashes.size(), static_cast<size_t>(kNames));
  for (const int count : buckets) {
    EXPECT_NEAR(count, kNames / 1024, 60);
  }
  for (const int count : tags) {
    EXPECT_NEAR(count, kNames / 256, 120);
  }
}

TEST(NameHash, DependsOnEveryByteTheLengthAndTheSeed) {
  for (size_t size = 1; size < 70; ++size) {
    const std::string name(size, 'a');
    std::set<uint64_t> hashes = {name_hash(0, name), name_hash(1, name), name_hash(0, name + "a")};
    for (size_t at = 0; at < size; ++at) {
      std::string other = name;
      other[at] = 'b';
      hashes.insert(name_hash(0, other));
    }
    EXPECT_EQ(hashes.size(), size + 3) << size;
  }
}

}  // namespace
}  // namespace quorate::tree
