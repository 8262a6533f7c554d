// Data directories that Apache ZooKeeper left behind.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/storage/recover.h"
#include "server/storage/snappy.h"
#include "server/storage/snapshot_reader.h"
#include "tests/server/storage/fake_disk.h"
#include "tests/server/storage/txn_samples.h"

namespace quorate::storage {
namespace {

const std::string kSamples =
    std::string(QUORATE_SOURCE_DIR) + "/tests/server/storage/testdata/apache-3.9.3/";

std::string read_bytes(const std::filesystem::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

std::unique_ptr<FakeDisk> load(const std::string& kind) {
  auto disk = std::make_unique<FakeDisk>();
  (void)disk->make_directories("/d");
  (void)disk->make_directories("/d/version-2");
  for (const auto& entry : std::filesystem::directory_iterator(kSamples + kind + "/version-2")) {
    disk->set_content("/d/version-2/" + entry.path().filename().string(), read_bytes(entry.path()));
  }
  return disk;
}

std::string text_of(tree::Database& database, const std::string& path) {
  const tree::NodeId node = database.tree().find(path);
  return node ? std::string(database.tree().data(node).value_or("")) : "absent";
}

void expect_state(Recovered& recovered) {
  tree::Database& database = recovered.database;
  EXPECT_EQ(recovered.statistics.digest_mismatches, 0);
  EXPECT_EQ(recovered.statistics.orphaned_ephemerals, 0);
  EXPECT_EQ(text_of(database, "/a0"), "changed");
  EXPECT_EQ(text_of(database, "/a1"), "absent");
  EXPECT_EQ(text_of(database, "/a5"), "v5v5v5v5v5");
  EXPECT_EQ(text_of(database, "/am"), "multi");
  EXPECT_EQ(text_of(database, "/b0"), "changed");
  EXPECT_EQ(text_of(database, "/b2"), "v2v2v2v2v2");
  EXPECT_TRUE(database.tree().find("/be"));
  EXPECT_FALSE(database.tree().find("/b3"));
  EXPECT_EQ(database.session_count(), 2u);
  EXPECT_EQ(database.tree().ephemeral_count(), 2u);
}

class ApacheFilesTest : public testing::TestWithParam<const char*> {};

TEST_P(ApacheFilesTest, AreRecovered) {
  const auto disk = load(GetParam());
  Result<Recovered> recovered = recover(*disk, kDirectories, {});
  ASSERT_TRUE(recovered.ok()) << recovered.error().message;
  EXPECT_EQ(recovered->snapshot_zxid.value, 10);
  EXPECT_EQ(recovered->last_zxid.value, 17);
  EXPECT_TRUE(recovered->warnings.empty()) << recovered->warnings.front();
  EXPECT_FALSE(recovered->tail.ours);
  expect_state(*recovered);
}

TEST_P(ApacheFilesTest, AreRecoveredFromTheFirstSnapshotToo) {
  const auto disk = load(GetParam());
  const Result<std::vector<SnapshotName>> names = list_snapshots(*disk, "/d/version-2");
  for (const SnapshotName& name : *names) {
    if (name.zxid > Zxid{0}) {
      ASSERT_TRUE(disk->unlink("/d/version-2/" + name.name).ok());
    }
  }
  Result<Recovered> recovered = recover(*disk, kDirectories, {});
  ASSERT_TRUE(recovered.ok()) << recovered.error().message;
  EXPECT_EQ(recovered->snapshot_zxid.value, 0);
  EXPECT_EQ(recovered->last_zxid.value, 17);
  expect_state(*recovered);
}

TEST_P(ApacheFilesTest, AreContinued) {
  const auto disk = load(GetParam());
  Result<Recovered> recovered = recover(*disk, kDirectories, {});
  ASSERT_TRUE(settle(*disk, kDirectories, *recovered).ok());
  Result<LogWriter> writer =
      LogWriter::open(*disk, kDirectories.logs, recovered->tail, {.preallocate_bytes = 16 << 10});
  writer->append(Zxid{18}, create_txn(Zxid{18}, "/ours", 10));
  ASSERT_TRUE(writer->sync().ok());
  EXPECT_TRUE(disk->exists("/d/version-2/log.12"));
  Result<Recovered> again = recover(*disk, kDirectories, {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->last_zxid.value, 18);
  EXPECT_TRUE(again->database.tree().find("/ours"));
}

INSTANTIATE_TEST_SUITE_P(Compressions, ApacheFilesTest, testing::Values("plain", "gz", "snappy"));

TEST(SnappyTest, EveryTruncationAndBitFlipIsSafe) {
  const std::string whole = read_bytes(kSamples + "snappy/version-2/snapshot.a.snappy");
  std::string content;
  ASSERT_TRUE(decode_snappy_stream(whole, content).ok());
  EXPECT_TRUE(tree::load_snapshot(content, {}).ok());
  for (size_t size = 17; size < whole.size(); ++size) {
    std::string part;
    EXPECT_FALSE(decode_snappy_stream(whole.substr(0, size), part).ok()) << size;
  }
  for (size_t at = 0; at < whole.size() * 8; ++at) {
    std::string damaged = whole;
    damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << (at % 8)));
    std::string part;
    (void)decode_snappy_stream(damaged, part);
    EXPECT_LE(part.capacity(), whole.size() * 64);
  }
}

TEST(SnappyTest, DecodesEveryElement) {
  std::string to;
  // Length 14; literal "abcd"; copy of 4 from 4 back (one-byte offset); copy of 3 from 8 back
  // (two-byte offset); copy of 3 from 1 back, overlapping (four-byte offset).
  ASSERT_TRUE(decode_snappy_block(std::string_view("\x0e\x0c"
                                                   "abcd\x01\x04\x0a\x08\x00\x0b\x01\x00\x00\x00",
                                                   16),
                                  to)
                  .ok());
  EXPECT_EQ(to, "abcdabcdabcccc");
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("\x05"), std::string_view("\x01\x01\x01", 3),
        std::string_view("\xff\xff\xff\xff\x0f", 5),
        std::string_view("\x02\x00"
                         "ab",
                         4),
        std::string_view("\x04\xfc\xff\xff\xff\xff", 6)}) {
    std::string part;
    EXPECT_FALSE(decode_snappy_block(bad, part).ok());
  }
}

}  // namespace
}  // namespace quorate::storage
