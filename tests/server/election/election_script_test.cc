// Elections as scripts: see testdata for the cases and world_script.h for the commands.
#include <gtest/gtest.h>

#include "tests/server/election/world_script.h"
#include "tests/server/script.h"

namespace quorate::election::testing {
namespace {

constexpr char kFolder[] = "tests/server/election/testdata/";

TEST(ElectionScript, Fresh) {
  quorate::testing::run_script(std::string(kFolder) + "fresh.txt", run_world_script);
}

TEST(ElectionScript, Running) {
  quorate::testing::run_script(std::string(kFolder) + "running.txt", run_world_script);
}

TEST(ElectionScript, Apache) {
  quorate::testing::run_script(std::string(kFolder) + "apache.txt", run_world_script);
}

TEST(ElectionScript, KnownBugs) {
  quorate::testing::run_script(std::string(kFolder) + "known_bugs.txt", run_world_script);
}

}  // namespace
}  // namespace quorate::election::testing
