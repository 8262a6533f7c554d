// Expressions of the Common Expression Language and their values, by script.
#include "operator/local/cel.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/server/script.h"

namespace quorate::local {
namespace {

// Lines `NAME = JSON` set variables; every other line is an expression.
std::string run(const std::string& input) {
  std::istringstream lines(input);
  std::string line;
  std::string out;
  std::map<std::string, Json> scope;
  while (std::getline(lines, line)) {
    const bool sets = line.starts_with("self = ") || line.starts_with("oldSelf = ");
    if (sets) {
      const size_t mark = line.find(" = ");
      scope[line.substr(0, mark)] = parse_json(line.substr(mark + 3)).value_or(Json());
      continue;
    }
    const auto program = cel::compile(line);
    if (!program) {
      out += "compile: " + program.error() + "\n";
      continue;
    }
    const cel::Answer answer = cel::evaluate(**program, scope);
    out += answer.ok() ? dump(answer.value) + "\n" : "error: " + answer.error + "\n";
  }
  return out;
}

TEST(Cel, Script) { testing::run_script("tests/operator/local/testdata/cel.txt", run); }

TEST(Cel, DeepNestingIsRefused) {
  EXPECT_FALSE(cel::compile(std::string(5000, '(') + "1" + std::string(5000, ')')));
  EXPECT_FALSE(cel::compile(std::string(5000, '!') + "true"));
  std::string deep_ternary = "1";
  for (int i = 0; i < 2000; ++i) {
    deep_ternary = "true ? 1 : " + deep_ternary;
  }
  EXPECT_FALSE(cel::compile(deep_ternary));
}

TEST(Cel, WorkIsBounded) {
  const auto program = cel::compile(
      "[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, "
      "[1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, "
      "[1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, "
      "[1,2,3,4,5,6,7,8,9,10].all(g, a + b + c + d + e + f + g > 0)))))))");
  ASSERT_TRUE(program);
  const cel::Answer answer = cel::evaluate(**program, {});
  EXPECT_FALSE(answer.ok());
}

}  // namespace
}  // namespace quorate::local
