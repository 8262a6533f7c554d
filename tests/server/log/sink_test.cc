// Sinks: lines reach standard error, standard output and files; files rotate; failures are told.
#include "server/log/sink.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace quorate::log {
namespace {

namespace fs = std::filesystem;

/// A directory of its own for each test, gone after it.
class SinkTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::path(testing::TempDir()) /
                 ("quorate_sink_" + std::string(info->name()) + std::to_string(::getpid()));
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ / name; }

  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  fs::path directory_;
};

TEST_F(SinkTest, StandardErrorGetsLines) {
  testing::internal::CaptureStderr();
  stderr_sink()->write("a line", true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "a line\n");
}

TEST_F(SinkTest, StandardOutputGetsLines) {
  testing::internal::CaptureStdout();
  stdout_sink()->write("a line", true);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "a line\n");
}

TEST_F(SinkTest, PercentSignsAreNoPattern) {
  testing::internal::CaptureStderr();
  stderr_sink()->write("%v %H {} {0}", true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "%v %H {} {0}\n");
}

TEST_F(SinkTest, AFileIsAppendedTo) {
  for (const char* line : {"first", "second"}) {
    Result<std::unique_ptr<Sink>> sink = file_sink({.path = path("log/server.log")});
    ASSERT_TRUE(sink.ok()) << sink.error().message;
    sink.value()->write(line, true);
    EXPECT_EQ(sink.value()->lost_count(), 0U);
  }
  EXPECT_EQ(content(path("log/server.log")), "first\nsecond\n");
}

TEST_F(SinkTest, AFullFileIsRotated) {
  Result<std::unique_ptr<Sink>> sink =
      file_sink({.path = path("server.log"), .size_bytes_max = 100, .count = 2});
  ASSERT_TRUE(sink.ok());
  for (int i = 0; i < 10; ++i) {
    sink.value()->write(std::string(39, static_cast<char>('a' + i)), true);
  }
  // Two lines of 40 bytes a file; the newest is current, two older ones are kept.
  EXPECT_EQ(content(path("server.log")), std::string(39, 'i') + "\n" + std::string(39, 'j') + "\n");
  EXPECT_TRUE(content(path("server.1.log")).starts_with("gg"));
  EXPECT_TRUE(content(path("server.2.log")).starts_with("ee"));
  EXPECT_FALSE(fs::exists(path("server.3.log")));
}

TEST_F(SinkTest, AFileThatCannotBeOpenedIsAnError) {
  std::ofstream(path("plain")) << "a file, not a directory";
  const Result<std::unique_ptr<Sink>> sink = file_sink({.path = path("plain/server.log")});
  ASSERT_FALSE(sink.ok());
  EXPECT_EQ(sink.error().kind, ErrorKind::kIo);
  EXPECT_NE(sink.error().message.find(path("plain/server.log")), std::string::npos);
}

}  // namespace
}  // namespace quorate::log
