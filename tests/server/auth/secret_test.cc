// Constant-time comparison: right answers, and that the checks of secrets go through it.
#include "server/auth/secret.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace quorate::auth {
namespace {

TEST(EqualInConstantTime, Compares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("Secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secrets"));
  EXPECT_FALSE(equal_in_constant_time("", "s"));
  EXPECT_FALSE(equal_in_constant_time(std::string("a\0b", 3), std::string("a\0c", 3)));
}

std::string source(const std::string& file) {
  std::ifstream stream(std::string(QUORATE_SOURCE_DIR) + "/server/auth/" + file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(EqualInConstantTime, IsWhatTheChecksUse) {
  EXPECT_NE(source("authenticate.cc").find("equal_in_constant_time(id, options.super_digest)"),
            std::string::npos);
  EXPECT_NE(source("permission.cc").find("return equal_in_constant_time(own, wanted);"),
            std::string::npos);
}

}  // namespace
}  // namespace quorate::auth
