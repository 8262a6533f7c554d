// The log read thread: slices that go on, what a purge has to leave, logs that cannot be read.
#include "server/app/log_read_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/directories.h"
#include "server/storage/log_writer.h"
#include "server/storage/posix_file_system.h"
#include "server/wire/txn.h"

namespace quorate::app {
namespace {

constexpr LinkId kLink{7};

class LogReadThreadTest : public ::testing::Test {
 protected:
  LogReadThreadTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "quorate-read-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    auto writer = storage::LogWriter::open(fs_, directory_, {}, {.preallocate_bytes = 1 << 16});
    EXPECT_TRUE(writer.ok());
    for (int64_t zxid = 1; zxid <= 100; ++zxid) {
      std::string txn;
      wire::encode_txn({.session = SessionId{1},
                        .cxid = 1,
                        .zxid = Zxid{zxid},
                        .time = WallMillis{1},
                        .type = wire::OpCode::kCreateSession},
                       wire::CreateSessionTxn{1000}, std::nullopt, txn);
      if (zxid == 51) {
        EXPECT_TRUE(writer->roll().ok());
      }
      writer->append(Zxid{zxid}, txn);
      txn_bytes_ = txn.size();
    }
    EXPECT_TRUE(writer->sync().ok());
    EXPECT_TRUE(writer->seal().ok());
    thread_ = std::make_unique<LogReadThread>(
        fs_, directory_,
        LogReadThread::Callbacks{
            .probed = [this](const zab::LogProbed& answer) { probed_.set_value(answer); },
            .read = [this](zab::LogRead answer) { read_.set_value(std::move(answer)); },
            .failed = [this](const Error&) { ++failures_; }});
  }
  ~LogReadThreadTest() override {
    thread_.reset();
    std::filesystem::remove_all(directory_);
  }

  zab::LogProbe probe(int64_t zxid, int64_t until, int64_t bytes_max) {
    probed_ = {};
    thread_->probe({kLink, {.zxid = Zxid{zxid}, .until = Zxid{until}, .bytes_max = bytes_max}});
    const zab::LogProbed answer = probed_.get_future().get();
    EXPECT_EQ(answer.link, kLink);
    return answer.probe;
  }
  std::vector<int64_t> read(int64_t after, int64_t until, size_t txn_count) {
    read_ = {};
    thread_->read({.link = kLink,
                   .after = Zxid{after},
                   .until = Zxid{until},
                   .bytes_max = txn_count * txn_bytes_});
    const zab::LogRead answer = read_.get_future().get();
    EXPECT_EQ(answer.link, kLink);
    std::vector<int64_t> zxids;
    for (const zab::History::Entry& txn : answer.txns) {
      EXPECT_EQ(txn.txn.size(), txn_bytes_);
      zxids.push_back(txn.zxid.value);
    }
    return zxids;
  }
  /// What the thread has done before is all done.
  void settle() { probe(0, 1, 0); }

  storage::PosixFileSystem fs_;
  std::string directory_;
  size_t txn_bytes_ = 0;
  std::promise<zab::LogProbed> probed_;
  std::promise<zab::LogRead> read_;
  std::atomic<int> failures_ = 0;
  std::unique_ptr<LogReadThread> thread_;
};

TEST_F(LogReadThreadTest, ReadsOnWhereTheLastSliceEnded) {
  const zab::LogProbe found = probe(40, 80, 1 << 20);
  EXPECT_EQ(found.floor, Zxid{40});
  EXPECT_EQ(found.next, Zxid{41});
  EXPECT_TRUE(found.is_contiguous);
  EXPECT_EQ(found.bytes, static_cast<int64_t>(40 * txn_bytes_));
  EXPECT_EQ(read(40, 80, 2), (std::vector<int64_t>{41, 42}));
  EXPECT_EQ(read(42, 80, 1), (std::vector<int64_t>{43}));
  EXPECT_EQ(read(43, 80, 100).back(), 80);
  EXPECT_EQ(read(10, 12, 100), (std::vector<int64_t>{11, 12})) << "From elsewhere.";
  EXPECT_EQ(failures_, 0);
}

/// From the probe on, and while files of its are removed all the same.
TEST_F(LogReadThreadTest, SaysWhatIsNeeded) {
  EXPECT_EQ(thread_->needed(), std::nullopt);
  probe(40, 80, 1 << 20);
  settle();
  EXPECT_EQ(thread_->needed(), Zxid{40});
  EXPECT_EQ(read(40, 80, 2), (std::vector<int64_t>{41, 42}));
  settle();
  EXPECT_EQ(thread_->needed(), Zxid{42});
  std::filesystem::remove(directory_ + "/" + storage::log_name(Zxid{1}));
  EXPECT_EQ(read(42, 80, 100).front(), 43);
}

TEST_F(LogReadThreadTest, AsksForNothingThatWillNotBeRead) {
  EXPECT_GT(probe(40, 80, 10).bytes, 10);
  EXPECT_FALSE(probe(0, 80, 1 << 20).is_contiguous) << "Nothing is known before the first one.";
  settle();
  EXPECT_EQ(thread_->needed(), std::nullopt);
}

TEST_F(LogReadThreadTest, ALogThatCannotBeReadIsAsGoodAsNone) {
  const std::string path = directory_ + "/" + storage::log_name(Zxid{1});
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(16 + 45 * (txn_bytes_ + 13) + 20));
  file.put('!');
  file.close();
  EXPECT_FALSE(probe(40, 80, 1 << 20).is_contiguous);
  EXPECT_EQ(failures_, 1);
  EXPECT_EQ(read(40, 80, 3), (std::vector<int64_t>{41, 42, 43}));
  EXPECT_TRUE(read(43, 80, 100).empty());
  EXPECT_EQ(failures_, 2);
}

}  // namespace
}  // namespace quorate::app
