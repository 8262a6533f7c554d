// The model as a whole, by scripts: the API, controllers and kubelet of a world of three zones.
#include <gtest/gtest.h>

#include "tests/operator/local/world_driver.h"
#include "tests/server/script.h"

namespace quorate::local {
namespace {

class WorldScript : public ::testing::TestWithParam<const char*> {};

TEST_P(WorldScript, Answers) {
  const std::string path = std::string("tests/operator/local/testdata/") + GetParam() + ".txt";
  testing::run_script(path, [](const std::string& input) {
    WorldDriver driver({"a", "b", "c"});
    return driver.run(input);
  });
}

INSTANTIATE_TEST_SUITE_P(Files, WorldScript,
                         ::testing::Values("objects", "patches", "apply", "definitions", "watches",
                                           "stateful_sets", "pods", "evictions", "garbage",
                                           "volumes"),
                         [](const auto& file) { return std::string(file.param); });

}  // namespace
}  // namespace quorate::local
