// The start of the process's logger.
#include "server/log/logger.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace quorate::log {
namespace {

namespace fs = std::filesystem;

TEST(Logger, StartsWithAFile) {
  const fs::path path =
      fs::path(testing::TempDir()) / ("quorate_logger_" + std::to_string(::getpid()) + ".log");
  fs::remove(path);
  ASSERT_TRUE(start({.format = Format::kJson, .level = Level::kDebug, .file = path}).ok());
  EXPECT_TRUE(enabled(Level::kDebug));
  EXPECT_FALSE(enabled(Level::kTrace));
  debug("started", {{"port", 2181}});
  flush();
  install(nullptr);
  std::ifstream file(path);
  const std::string content(std::istreambuf_iterator<char>(file), {});
  fs::remove(path);
  const nlohmann::json parsed = nlohmann::json::parse(content);
  EXPECT_EQ(parsed["event"], "started");
  EXPECT_EQ(parsed["port"], 2181);
}

TEST(Logger, AWrongFileLeavesTheFormerLogger) {
  Logger* const former = &current();
  const Status status = start({.file = "/dev/null/server.log"});
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("/dev/null/server.log"), std::string::npos);
  EXPECT_EQ(&current(), former);
}

TEST(Logger, Hex) {
  EXPECT_EQ(hex(0), "0x0");
  EXPECT_EQ(hex(255), "0xff");
  EXPECT_EQ(hex(-1), "0xffffffffffffffff");
}

}  // namespace
}  // namespace quorate::log
