// Majorities of one and of two configurations, and acknowledgements.
#include "server/quorum/majority.h"

#include <gtest/gtest.h>

namespace quorate::quorum {
namespace {

std::vector<ServerId> ids(std::initializer_list<int64_t> values) {
  std::vector<ServerId> result;
  for (const int64_t value : values) {
    result.push_back(ServerId{value});
  }
  return result;
}

std::vector<ServerId> first_ids(int64_t count) {
  std::vector<ServerId> result;
  for (int64_t value = 1; value <= count; ++value) {
    result.push_back(ServerId{value});
  }
  return result;
}

VoterSet set_of(const Majority& majority, std::initializer_list<int64_t> values) {
  VoterSet set;
  for (const int64_t value : values) {
    set.add(*majority.index_of(ServerId{value}));
  }
  return set;
}

TEST(Majority, NobodyIsNoQuorum) {
  EXPECT_FALSE(Majority().is_quorum({}));
  EXPECT_FALSE(Majority(first_ids(1)).is_quorum({}));
}

TEST(Majority, MoreThanHalfOf1To15) {
  for (int64_t count = 1; count <= 15; ++count) {
    const Majority majority(first_ids(count));
    VoterSet set;
    for (int64_t voted = 1; voted <= count; ++voted) {
      set.add(static_cast<size_t>(voted - 1));
      EXPECT_EQ(majority.is_quorum(set), 2 * voted > count) << voted << " of " << count;
    }
  }
}

TEST(Majority, IdsInAnyOrderCountOnce) {
  const Majority majority(ids({9, -4, 300, 9}));
  EXPECT_EQ(majority.voters(), ids({-4, 9, 300}));
  EXPECT_EQ(majority.index_of(ServerId{300}), 2U);
  EXPECT_FALSE(majority.contains(ServerId{5}));
}

TEST(Majority, TwoConfigurationsBothCount) {
  const Majority majority(ids({1, 2, 3}), ids({3, 4, 5}));
  EXPECT_TRUE(majority.is_joint());
  EXPECT_EQ(majority.voters().size(), 5U);
  EXPECT_FALSE(majority.is_quorum(set_of(majority, {1, 2, 3})));
  EXPECT_FALSE(majority.is_quorum(set_of(majority, {3, 4, 5})));
  EXPECT_TRUE(majority.is_quorum(set_of(majority, {1, 3, 4})));
  EXPECT_TRUE(majority.is_quorum(set_of(majority, {1, 2, 4, 5})));
}

TEST(Majority, TwoLargeDisjointConfigurations) {
  std::vector<ServerId> next;
  for (int64_t value = 101; value <= 132; ++value) {
    next.push_back(ServerId{value});
  }
  const Majority majority(first_ids(32), next);
  VoterSet set;
  for (size_t index = 0; index < 32 + 16; ++index) {
    set.add(index);
  }
  EXPECT_FALSE(majority.is_quorum(set));
  set.add(63);
  EXPECT_TRUE(majority.is_quorum(set));
}

// Any two quorums share a voter: all pairs of sets of up to six voters, alone and jointly.
TEST(Majority, QuorumsIntersect) {
  for (int64_t old_count = 1; old_count <= 6; ++old_count) {
    for (int64_t removed = 0; removed < old_count; ++removed) {
      std::vector<ServerId> next = first_ids(6);
      next.erase(next.begin(), next.begin() + removed);
      const Majority majority(first_ids(old_count), next);
      const size_t voters = majority.voters().size();
      std::vector<VoterSet> quorums;
      for (uint32_t bits = 0; bits < uint32_t{1} << voters; ++bits) {
        VoterSet set;
        for (size_t index = 0; index < voters; ++index) {
          if ((bits >> index & 1) != 0) {
            set.add(index);
          }
        }
        if (majority.is_quorum(set)) {
          quorums.push_back(set);
        }
      }
      ASSERT_FALSE(quorums.empty());
      for (const VoterSet a : quorums) {
        for (const VoterSet b : quorums) {
          ASSERT_GT((a & b).count(), 0U) << old_count << " " << removed;
        }
      }
    }
  }
}

TEST(AckTracker, TheMiddleVoterDecides) {
  AckTracker acks{Majority(first_ids(5))};
  EXPECT_EQ(acks.quorum_zxid(), Zxid{});
  EXPECT_TRUE(acks.record(ServerId{1}, Zxid{10}));
  EXPECT_TRUE(acks.record(ServerId{2}, Zxid{8}));
  EXPECT_EQ(acks.quorum_zxid(), Zxid{});
  EXPECT_TRUE(acks.record(ServerId{3}, Zxid{9}));
  EXPECT_EQ(acks.quorum_zxid(), Zxid{8});
  EXPECT_TRUE(acks.record(ServerId{4}, Zxid{12}));
  EXPECT_EQ(acks.quorum_zxid(), Zxid{9});
}

TEST(AckTracker, NothingNewAndStrangersCountForNothing) {
  AckTracker acks{Majority(first_ids(3))};
  EXPECT_TRUE(acks.record(ServerId{1}, Zxid{10}));
  EXPECT_FALSE(acks.record(ServerId{1}, Zxid{10}));
  EXPECT_FALSE(acks.record(ServerId{1}, Zxid{9}));
  EXPECT_FALSE(acks.record(ServerId{7}, Zxid{10}));
  EXPECT_EQ(acks.acked(ServerId{1}), Zxid{10});
  EXPECT_EQ(acks.acked(ServerId{7}), Zxid{});
  EXPECT_EQ(acks.quorum_zxid(), Zxid{});
}

TEST(AckTracker, ForgottenVotersCountNoMore) {
  AckTracker acks{Majority(first_ids(3))};
  acks.record(ServerId{1}, Zxid{10});
  acks.record(ServerId{2}, Zxid{10});
  EXPECT_EQ(acks.quorum_zxid(), Zxid{10});
  acks.forget(ServerId{2});
  EXPECT_EQ(acks.quorum_zxid(), Zxid{});
}

TEST(AckTracker, ReconfigurationNeedsBothQuorums) {
  AckTracker acks{Majority(ids({1, 2, 3}))};
  acks.record(ServerId{1}, Zxid{10});
  acks.record(ServerId{2}, Zxid{10});
  acks.set_majority(Majority(ids({1, 2, 3}), ids({3, 4, 5})));
  EXPECT_EQ(acks.acked(ServerId{1}), Zxid{10});
  EXPECT_EQ(acks.quorum_zxid(), Zxid{});
  acks.record(ServerId{4}, Zxid{11});
  acks.record(ServerId{5}, Zxid{9});
  EXPECT_EQ(acks.quorum_zxid(), Zxid{9});
}

}  // namespace
}  // namespace quorate::quorum
