// Snapshots as a leader sends them: found in a stream of pieces, loaded, and refused when damaged.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "server/tree/snapshot.h"
#include "tests/server/tree/random_txns.h"

namespace quorate::tree {
namespace {

Database make_database(uint32_t seed, int txns) {
  Database database{TreeOptions{}};
  RandomTxns random(seed, {.leaves = 10, .replays = false});
  Applied applied;
  for (int index = 0; index < txns; ++index) {
    EXPECT_TRUE(database.apply(random.next(), applied));
  }
  return database;
}

std::string write(Database& database, SnapshotForm form) {
  std::string bytes;
  SnapshotWriter writer(database, form);
  while (writer.next(bytes, 1000)) {
  }
  return bytes;
}

TEST(SnapshotStream, IsWholeAtItsLastByteHoweverItArrives) {
  Database database = make_database(1, 300);
  const std::string sent = write(database, SnapshotForm::kStream);
  std::mt19937 random(7);
  for (const size_t piece_max : {size_t{1}, size_t{7}, size_t{100}, sent.size() + 50}) {
    const std::string arriving = sent + "the next packet";
    SnapshotStream stream;
    size_t taken = 0;
    while (!stream.is_whole()) {
      ASSERT_LT(taken, arriving.size());
      ASSERT_FALSE(stream.is_malformed());
      const size_t piece = 1 + random() % piece_max;
      taken += stream.take(std::string_view(arriving).substr(taken, piece));
    }
    EXPECT_EQ(taken, sent.size());
    EXPECT_EQ(stream.bytes(), sent);
  }
}

TEST(SnapshotStream, LoadsToTheSameState) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Database database = make_database(seed, 200);
    const std::string sent = write(database, SnapshotForm::kStream);
    Result<Database> loaded = load_snapshot_stream(sent, TreeOptions{});
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    loaded->set_last_zxid(database.last_zxid());
    // A loader numbers ACLs anew: what a file's makes of the same state is the standard.
    Result<LoadedSnapshot> filed =
        load_snapshot(write(database, SnapshotForm::kFile), TreeOptions{});
    ASSERT_TRUE(filed.ok());
    filed->database.set_last_zxid(database.last_zxid());
    EXPECT_EQ(write(*loaded, SnapshotForm::kFile), write(filed->database, SnapshotForm::kFile));
    EXPECT_EQ(loaded->tree().digest(), database.tree().digest());
  }
}

TEST(SnapshotStream, IsMalformedAsSoonAsItCanBeSeen) {
  const auto feed = [](std::string bytes) {
    SnapshotStream stream;
    static_cast<void>(stream.take(bytes));
    return stream.is_malformed();
  };
  EXPECT_TRUE(feed(std::string("\xff\xff\xff\xff", 4))) << "sessions";
  EXPECT_TRUE(feed(std::string("\0\0\0\0\xff\xff\xff\xfe", 8))) << "ACLs";
  EXPECT_TRUE(feed(std::string("\0\0\0\0\0\0\0\0\x80\0\0\0", 12))) << "a path";
  EXPECT_TRUE(feed(std::string("\0\0\0\0\0\0\0\0\0\0\0\1/\0\0\0\3abc", 20))) << "signature";
}

TEST(SnapshotStream, DamageIsNeverLoadedAsAnotherState) {
  Database database = make_database(3, 100);
  const std::string sent = write(database, SnapshotForm::kStream);
  for (size_t cut = 0; cut < sent.size(); cut += 13) {
    EXPECT_FALSE(load_snapshot_stream(sent.substr(0, cut), TreeOptions{}).ok()) << cut;
    SnapshotStream stream;
    static_cast<void>(stream.take(sent.substr(0, cut)));
    EXPECT_FALSE(stream.is_whole()) << cut;
  }
  EXPECT_FALSE(load_snapshot_stream(sent + "x", TreeOptions{}).ok());
}

}  // namespace
}  // namespace quorate::tree
