// The log thread: what it says is durable can be read back, and an error ends it.
#include "server/app/log_thread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "server/storage/log_reader.h"
#include "server/storage/posix_file_system.h"
#include "server/wire/txn.h"

namespace quorate::app {
namespace {

class LogThreadTest : public ::testing::Test {
 protected:
  LogThreadTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "quorate-log-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~LogThreadTest() override { std::filesystem::remove_all(directory_); }

  static void add(LogBatch& batch, int64_t zxid, bool roll_before = false) {
    std::string txn;
    wire::encode_txn({.session = SessionId{1},
                      .cxid = 1,
                      .zxid = Zxid{zxid},
                      .time = WallMillis{1},
                      .type = wire::OpCode::kCreateSession},
                     wire::CreateSessionTxn{1000}, std::nullopt, txn);
    const size_t begin = batch.bytes.size();
    batch.bytes += txn;
    batch.entries.push_back({.zxid = Zxid{zxid},
                             .begin = begin,
                             .end = batch.bytes.size(),
                             .roll_before = roll_before});
  }

  storage::LogWriter open_writer() {
    auto writer = storage::LogWriter::open(fs_, directory_, {}, {.preallocate_bytes = 1 << 20});
    EXPECT_TRUE(writer.ok());
    return std::move(*writer);
  }

  storage::PosixFileSystem fs_;
  std::string directory_;
};

TEST_F(LogThreadTest, ReportsWhatIsDurableInOrder) {
  std::promise<void> all;
  std::vector<int64_t> synced;
  {
    LogThread thread(open_writer(), std::chrono::seconds(100),
                     {.synced =
                          [&](Zxid zxid, int64_t) {
                            synced.push_back(zxid.value);
                            if (zxid.value == 300) {
                              all.set_value();
                            }
                          },
                      .failed = [](const Error& error) { ADD_FAILURE() << error.message; },
                      .slow = [](Duration) {}});
    LogBatch batch;
    for (int64_t zxid = 1; zxid <= 300; ++zxid) {
      add(batch, zxid, zxid == 200);
      if (zxid % 7 == 0 || zxid == 300) {
        thread.submit(batch);
        EXPECT_TRUE(batch.empty());
      }
    }
    all.get_future().wait();
    EXPECT_EQ(thread.stats().sync_time.count(), thread.stats().batch_txns.count());
  }
  EXPECT_TRUE(std::is_sorted(synced.begin(), synced.end()));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/log.1"));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/log.c8"));
}

TEST_F(LogThreadTest, FinishesWhatWasSubmittedBeforeItStops) {
  int64_t last = 0;
  {
    LogThread thread(open_writer(), std::chrono::seconds(100),
                     {.synced = [&](Zxid zxid, int64_t) { last = zxid.value; },
                      .failed = [](const Error& error) { ADD_FAILURE() << error.message; },
                      .slow = [](Duration) {}});
    LogBatch batch;
    add(batch, 1);
    add(batch, 2);
    thread.submit(batch);
  }
  EXPECT_EQ(last, 2);
}

TEST_F(LogThreadTest, AnErrorIsReportedOnceAndNothingIsSynced) {
  std::promise<std::string> failure;
  bool synced = false;
  storage::LogWriter writer = open_writer();
  std::filesystem::remove_all(directory_);  // The first file cannot be created any more.
  LogThread thread(std::move(writer), std::chrono::seconds(100),
                   {.synced = [&](Zxid, int64_t) { synced = true; },
                    .failed = [&](const Error& error) { failure.set_value(error.message); },
                    .slow = [](Duration) {}});
  LogBatch batch;
  add(batch, 1);
  thread.submit(batch);
  EXPECT_NE(failure.get_future().get().find("log.1"), std::string::npos);
  EXPECT_FALSE(synced);
}

TEST_F(LogThreadTest, WritesOnTheCallersThreadOnlyWhileTheOtherIsIdle) {
  std::promise<void> entered;
  std::promise<void> go_on;
  std::promise<void> third;
  std::vector<int64_t> synced;
  LogThread thread(open_writer(), std::chrono::seconds(100),
                   {.synced =
                        [&](Zxid zxid, int64_t) {
                          synced.push_back(zxid.value);
                          if (zxid.value == 2) {
                            entered.set_value();
                            go_on.get_future().wait();
                          } else if (zxid.value == 3) {
                            third.set_value();
                          }
                        },
                    .failed = [](const Error& error) { ADD_FAILURE() << error.message; },
                    .slow = [](Duration) {}});
  LogBatch batch;
  add(batch, 1);
  EXPECT_TRUE(thread.write_now(batch));
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(synced, std::vector<int64_t>{1}) << "durable when it returns";
  add(batch, 2);
  thread.submit(batch);
  entered.get_future().wait();  // The log thread is within its write.
  add(batch, 3);
  EXPECT_FALSE(thread.write_now(batch));
  EXPECT_EQ(batch.entries.size(), 1U) << "untouched";
  thread.submit(batch);
  go_on.set_value();
  third.get_future().wait();
  EXPECT_EQ(synced, (std::vector<int64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace quorate::app
