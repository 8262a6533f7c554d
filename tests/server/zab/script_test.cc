// Leader and learner as scripts; testdata has the cases.
#include <gtest/gtest.h>

#include "tests/server/script.h"
#include "tests/server/zab/leader_script.h"
#include "tests/server/zab/learner_script.h"

namespace quorate::zab::testing {
namespace {

TEST(ZabScript, Leader) {
  quorate::testing::run_script("tests/server/zab/testdata/leader.txt", run_leader_script);
}

TEST(ZabScript, LeaderKnownBugs) {
  quorate::testing::run_script("tests/server/zab/testdata/leader_known_bugs.txt",
                               run_leader_script);
}

TEST(ZabScript, Learner) {
  quorate::testing::run_script("tests/server/zab/testdata/learner.txt", run_learner_script);
}

TEST(ZabScript, LearnerKnownBugs) {
  quorate::testing::run_script("tests/server/zab/testdata/learner_known_bugs.txt",
                               run_learner_script);
}

}  // namespace
}  // namespace quorate::zab::testing
