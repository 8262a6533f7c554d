// Invalid objects: conditions and an Event, and nothing running is touched.
#include <gtest/gtest.h>

#include "operator/api/conditions.h"
#include "operator/plan/plan.h"

namespace quorate::plan {
namespace {

TEST(Refuse, SaysWhyOnceAndChangesNothingElse) {
  api::QuorumClusterStatus recorded;
  recorded.set_ensemble_id("aa");
  recorded.add_members()->set_name("zoo-a-0");
  api::set_condition(recorded, api::condition::kReady, {api::Truth::kTrue, "Serving", ""}, 1,
                     WallMillis{0});
  const api::Problems problems{{"spec.voters", "4", "must be odd"}};
  const Plan first = refuse(problems, recorded, 2, WallMillis{1000});
  EXPECT_TRUE(first.is_status_changed);
  EXPECT_FALSE(first.blueprint);
  EXPECT_TRUE(first.actions.empty());
  ASSERT_EQ(first.events.size(), 1U);
  EXPECT_EQ(first.events[0].message, "spec.voters: 4: must be odd");
  EXPECT_EQ(first.status.members_size(), 1);
  EXPECT_TRUE(api::is_true(first.status, api::condition::kReady));
  EXPECT_TRUE(api::is_true(first.status, api::condition::kDegraded));
  const Plan second = refuse(problems, first.status, 2, WallMillis{2000});
  EXPECT_FALSE(second.is_status_changed);
  EXPECT_TRUE(second.events.empty());
}

TEST(Refuse, AnObjectThatNeverWasValidIsNotReady) {
  const Plan plan = refuse({{"spec.voters", "4", "must be odd"}}, {}, 1, WallMillis{0});
  ASSERT_NE(api::find_condition(plan.status, api::condition::kReady), nullptr);
  EXPECT_FALSE(api::is_true(plan.status, api::condition::kReady));
}

}  // namespace
}  // namespace quorate::plan
