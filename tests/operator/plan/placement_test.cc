// Placement: the worked examples, and every count of voters over every count of zones.
#include "operator/plan/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace quorate::plan {
namespace {

using api::Placement;
using Shares = std::vector<int>;

int quorum_of(int voters) { return voters / 2 + 1; }

TEST(Placement, TheRuleOfThreeDatacentresByExample) {
  const auto place3 = [](int voters) {
    return place_voters(voters, 3, Placement::kThreeDatacentre);
  };
  EXPECT_EQ(place3(1), (Shares{1, 0, 0}));
  EXPECT_EQ(place3(3), (Shares{1, 1, 1}));
  EXPECT_EQ(place3(5), (Shares{2, 1, 2}));
  EXPECT_EQ(place3(7), (Shares{3, 2, 2}));
  EXPECT_EQ(place3(9), (Shares{4, 2, 3}));
  EXPECT_EQ(place3(11), (Shares{5, 3, 3}));
  EXPECT_EQ(place3(13), (Shares{6, 3, 4}));
  EXPECT_EQ(place3(15), (Shares{7, 4, 4}));
}

TEST(Placement, BalancedDiffersByAtMostOne) {
  EXPECT_EQ(place_voters(9, 3, Placement::kBalanced), (Shares{3, 3, 3}));
  EXPECT_EQ(place_voters(7, 3, Placement::kBalanced), (Shares{3, 2, 2}));
  EXPECT_EQ(place_voters(5, 7, Placement::kBalanced), (Shares{1, 1, 1, 1, 1, 0, 0}));
}

TEST(Placement, OfTwoZonesTheFirstHoldsTheMajority) {
  for (const Placement placement : {Placement::kThreeDatacentre, Placement::kBalanced}) {
    EXPECT_EQ(place_voters(3, 2, placement), (Shares{2, 1}));
    EXPECT_EQ(place_voters(7, 2, placement), (Shares{4, 3}));
  }
}

TEST(Placement, MoreZonesThanVotersLeaveTheLastOnesEmpty) {
  EXPECT_EQ(place_voters(3, 5, Placement::kThreeDatacentre), (Shares{1, 1, 1, 0, 0}));
}

/// The property: 3 to 15 voters over 1 to 7 rooms.
TEST(Placement, NoZoneHoldsAMajorityAndAnyMayBeLost) {
  int checked = 0;
  for (const Placement placement : {Placement::kThreeDatacentre, Placement::kBalanced}) {
    for (int voters = 3; voters <= 15; voters += 2) {
      for (int zones = 1; zones <= 7; ++zones) {
        SCOPED_TRACE(std::to_string(voters) + " over " + std::to_string(zones));
        const Shares shares = place_voters(voters, zones, placement);
        ASSERT_EQ(shares.size(), static_cast<size_t>(zones));
        ASSERT_EQ(std::accumulate(shares.begin(), shares.end(), 0), voters);
        ASSERT_GE(*std::ranges::min_element(shares), 0);
        if (zones >= 3) {
          for (const int share : shares) {
            ASSERT_LT(share, quorum_of(voters)) << "a majority in one zone";
            ASSERT_GE(voters - share, quorum_of(voters)) << "no quorum without it";
          }
        }
        if (placement == Placement::kBalanced && zones != 2) {
          const auto [least, most] = std::ranges::minmax_element(shares);
          ASSERT_LE(*most - *least, 1);
        }
        if (placement == Placement::kThreeDatacentre && zones == 3) {
          const int rest = voters - shares[0];
          ASSERT_EQ(shares[0], (voters - 1) / 2);
          ASSERT_GE(shares[1], 1);
          ASSERT_LE(shares[1], rest / 2);
        }
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 2 * 7 * 7);
}

TEST(Placement, ObserversAreSpreadEvenlyAndNeverMoveVoters) {
  const std::vector<std::string> zones{"a", "b", "c"};
  api::ValidatedCluster cluster;
  cluster.voters = 5;
  for (int observers = 0; observers <= 20; ++observers) {
    cluster.observers = observers;
    const std::vector<ZoneShare> shares = place(cluster, zones);
    Shares voters;
    Shares watching;
    for (const ZoneShare& share : shares) {
      voters.push_back(share.voters);
      watching.push_back(share.observers);
    }
    EXPECT_EQ(voters, (Shares{2, 1, 2}));
    EXPECT_EQ(std::accumulate(watching.begin(), watching.end(), 0), observers);
    const auto [least, most] = std::ranges::minmax_element(watching);
    EXPECT_LE(*most - *least, 1);
  }
}

TEST(Placement, AnExplicitPlacementIsTakenByNameNotByOrder) {
  api::ValidatedCluster cluster;
  cluster.voters = 15;
  cluster.zones = {{"c", "c", 5}, {"a", "a", 7}, {"b", "b", 3}};
  const std::vector<ZoneShare> shares = place(cluster, std::vector<std::string>{"a", "b", "c"});
  EXPECT_EQ(shares, (std::vector<ZoneShare>{{7, 0}, {3, 0}, {5, 0}}));
}

TEST(Placement, ToleranceNamesTheZoneAndTheNumbers) {
  const std::vector<ZoneVoters> three{{"a", 2}, {"b", 1}, {"c", 2}};
  EXPECT_TRUE(tolerance_of(three).is_tolerant);
  EXPECT_EQ(tolerance_of(three).message,
            "losing any zone leaves a quorum: at most zone a holds 2 of 5 voters");
  const std::vector<ZoneVoters> two{{"a", 2}, {"b", 1}, {"c", 0}};
  EXPECT_FALSE(tolerance_of(two).is_tolerant);
  EXPECT_EQ(tolerance_of(two).reason, "TwoZones");
  EXPECT_EQ(tolerance_of(std::vector<ZoneVoters>{{"a", 8}, {"b", 4}, {"c", 3}}).reason,
            "ZoneHoldsMajority");
  EXPECT_EQ(tolerance_of(std::vector<ZoneVoters>{{"a", 3}}).reason, "OneZone");
  EXPECT_EQ(tolerance_of({}).reason, "NoVoters");
}

}  // namespace
}  // namespace quorate::plan
