// Manual benchmarks of memory and time; not part of ctest. Build with the release preset and run
//   tests_server_tree_test --gtest_also_run_disabled_tests --gtest_filter='TreeBench.*'
// With HUGE=1 in the environment the tree's memory is in huge pages.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <random>

#include "server/tree/database.h"
#include "server/tree/snapshot.h"
#include "server/tree/watches.h"

namespace quorate::tree {
namespace {

/// CPU time, so that other work on the machine counts less.
struct Clock {
  using time_point = std::clock_t;
  static time_point now() { return std::clock(); }
};

size_t rss_bytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

double seconds_since(Clock::time_point start) {
  return static_cast<double>(Clock::now() - start) / CLOCKS_PER_SEC;
}

/// Applies generated txns, numbering them.
class Driver {
 public:
  explicit Driver(Database& database) : database_(database) {}

  void create(std::string_view path, std::string_view data) {
    apply(wire::CreateTxn{.type = wire::OpCode::kCreate,
                          .path = path,
                          .data = data,
                          .acls = wire::open_acl(),
                          .parent_cversion = -1});
  }
  void set(std::string_view path, std::string_view data, int32_t version) {
    apply(wire::SetDataTxn{.path = path, .data = data, .version = version});
  }
  void remove(std::string_view path) { apply(wire::DeleteTxn{.path = path}); }

 private:
  void apply(const wire::Txn& txn) {
    ++zxid_;
    record_.header = {
        .session = SessionId{1}, .zxid = Zxid{zxid_}, .time = WallMillis{1700000000000 + zxid_}};
    record_.txn = txn;
    ASSERT_TRUE(database_.apply(record_, applied_));
    ASSERT_EQ(applied_.results[0].error, wire::ErrorCode::kOk);
  }

  Database& database_;
  wire::TxnRecord record_;
  Applied applied_;
  int64_t zxid_ = 0;
};

constexpr int kNodes = 1000000;

/// 15 characters.
std::string name_of(int i) {
  char name[32];
  std::snprintf(name, sizeof name, "node-%010d", i);
  return name;
}

void report(const char* what, double seconds, int count) {
  std::printf("%-44s %8.1f ns each, %7.3f s\n", what, seconds * 1e9 / count, seconds);
}

void time_operations(Database& database, Driver& driver, const std::vector<std::string>& paths) {
  std::mt19937 random(1);
  std::vector<uint32_t> order(paths.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random);
  std::vector<std::array<char, 64>> shuffled(
      paths.size());  // In a row: no cache misses of its own.
  for (size_t i = 0; i < order.size(); ++i) {
    paths[order[i]].copy(shuffled[i].data(), shuffled[i].size() - 1);
  }
  const std::string data(100, 'y');
  auto start = Clock::now();
  uint64_t sum = 0;
  for (const auto& path : shuffled) {
    sum += database.tree().find(path.data()).index;
  }
  report("find, random order", seconds_since(start), kNodes);
  start = Clock::now();
  for (int i = 0; i < kNodes; ++i) {
    sum += database.tree().find(shuffled[static_cast<size_t>(i % 1000)].data()).index;
  }
  report("find, 1000 hot nodes", seconds_since(start), kNodes);
  start = Clock::now();
  for (const auto& path : shuffled) {
    const NodeId node = database.tree().find(path.data());
    const wire::Stat stat = database.tree().stat(node);
    sum += static_cast<uint64_t>(stat.mzxid.value) +
           static_cast<uint64_t>(database.tree().data(node)->back());
  }
  report("find + stat + data, random order", seconds_since(start), kNodes);
  start = Clock::now();
  int32_t version = 0;
  for (const auto& path : shuffled) {
    driver.set(path.data(), data, ++version);
  }
  report("apply(setData), random order", seconds_since(start), kNodes);
  start = Clock::now();
  for (int i = 0; i < kNodes; ++i) {
    driver.set(shuffled[static_cast<size_t>(i % 1000)].data(), data, ++version);
  }
  report("apply(setData), 1000 hot nodes", seconds_since(start), kNodes);
  start = Clock::now();
  for (const std::string& path : paths) {
    driver.set(path, data, ++version);
  }
  report("apply(setData), creation order", seconds_since(start), kNodes);
  EXPECT_NE(sum, 0u);
}

void time_snapshot(Database& database, const TreeOptions& options) {
  const size_t slice = 256 << 10;
  auto start = Clock::now();
  double worst = 0;
  size_t total = 0;
  std::string bytes;
  std::string buffer;
  {
    SnapshotWriter writer(database);
    bool more = true;
    while (more) {
      const auto slice_start = Clock::now();
      buffer.clear();
      more = writer.next(buffer, slice);
      worst = std::max(worst, seconds_since(slice_start));
      total += buffer.size();
    }
  }
  const double seconds = seconds_since(start);
  std::printf("snapshot: %.3f s, %zu bytes, worst slice %.3f ms\n", seconds, total, worst * 1e3);
  SnapshotWriter writer(database);
  while (writer.next(bytes, slice)) {
  }
  const size_t before = rss_bytes();
  start = Clock::now();
  const auto loaded = load_snapshot(bytes, options);
  std::printf("load: %.3f s\n", seconds_since(start));
  ASSERT_TRUE(loaded);
  std::printf("loaded: %.1f B of RSS a node\n", static_cast<double>(rss_bytes() - before) / kNodes);
}

void ask_for_huge_pages(void* memory, size_t bytes) { madvise(memory, bytes, MADV_HUGEPAGE); }

TreeOptions options() {
  return {.memory_hint = std::getenv("HUGE") != nullptr ? ask_for_huge_pages : nullptr};
}

void measure(const std::vector<std::string>& directories, const std::vector<std::string>& paths) {
  const size_t before = rss_bytes();
  {
    Database database(options());
    Driver driver(database);
    const std::string data(100, 'x');
    for (const std::string& path : directories) {
      driver.create(path, "");
    }
    auto start = Clock::now();
    for (const std::string& path : paths) {
      driver.create(path, data);
    }
    report("apply(create)", seconds_since(start), kNodes);
    std::printf("%.1f B of RSS a node, %.1f reserved\n",
                static_cast<double>(rss_bytes() - before) / kNodes,
                static_cast<double>(database.tree().reserved_bytes()) / kNodes);
    time_operations(database, driver, paths);
    std::printf("%.1f B of RSS a node\n", static_cast<double>(rss_bytes() - before) / kNodes);
    time_snapshot(database, database.tree().options());
    start = Clock::now();
    for (const std::string& path : paths) {
      driver.remove(path);
    }
    report("apply(delete)", seconds_since(start), kNodes);
    std::printf("%.1f B of RSS a node when all are deleted\n",
                static_cast<double>(rss_bytes() - before) / kNodes);
  }
}

TEST(TreeBench, DISABLED_FlatDirectory) {
  std::vector<std::string> paths;
  for (int i = 0; i < kNodes; ++i) {
    paths.push_back("/bench/" + name_of(i));
  }
  measure({"/bench"}, paths);
}

TEST(TreeBench, DISABLED_SmallDirectories) {
  std::vector<std::string> directories = {"/bench"};
  std::vector<std::string> paths;
  for (int i = 0; i < kNodes; ++i) {
    if (i % 10 == 0) {
      directories.push_back("/bench/" + name_of(i));
    }
    paths.push_back(directories.back() + "/" + name_of(i));
  }
  measure(directories, paths);
}

}  // namespace
}  // namespace quorate::tree
