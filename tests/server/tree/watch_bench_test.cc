// Manual benchmark of the watches: bytes and time a watch; not part of ctest. Run
//   tests_server_tree_test --gtest_also_run_disabled_tests --gtest_filter='WatchBench.*'
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>
#include <ctime>
#include <fstream>

#include "server/tree/watches.h"

namespace quorate::tree {
namespace {

constexpr int kWatches = 1000000;

size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

size_t resident_bytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  size_t total = 0;
  size_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

std::string path_of(int i) { return "/service/instance-" + std::to_string(1000000 + i); }

class Stopwatch {
 public:
  void report(const char* what) {
    const double ns = static_cast<double>(std::clock() - start_) * 1e9 / CLOCKS_PER_SEC / kWatches;
    std::printf("  %-28s %7.1f ns each\n", what, ns);
    start_ = std::clock();
  }

 private:
  std::clock_t start_ = std::clock();
};

/// `add(watches, i)` adds the watch number i; fires a change of each of `path_count` paths.
template <typename Add>
void measure(const char* shape, int path_count, int path_bytes, Add add) {
  std::vector<std::string> paths;
  for (int i = 0; i < path_count; ++i) {
    paths.push_back(path_of(i));
  }
  std::vector<Notification> told;
  told.reserve(kWatches);
  const size_t heap_before = heap_bytes();
  const size_t resident_before = resident_bytes();
  Watches watches;
  Stopwatch watch;
  for (int i = 0; i < kWatches; ++i) {
    add(watches, i);
  }
  std::printf("%s\n", shape);
  watch.report("add");
  const double heap = static_cast<double>(heap_bytes() - heap_before) / kWatches;
  const double resident = static_cast<double>(resident_bytes() - resident_before) / kWatches;
  std::printf("  %.1f B of heap and %.1f B of RSS a watch, of which %.1f B are path text\n", heap,
              resident, static_cast<double>(path_bytes) * path_count / kWatches);
  EXPECT_EQ(watches.count(), static_cast<size_t>(kWatches));
  watch = Stopwatch();
  for (const std::string& path : paths) {
    watches.fire({.kind = ChangeKind::kDataChanged, .path = path}, told);
  }
  watch.report("fire");
  EXPECT_EQ(told.size(), static_cast<size_t>(kWatches));
  EXPECT_EQ(watches.count(), 0u);
  for (int i = 0; i < kWatches; ++i) {
    watches.fire({.kind = ChangeKind::kDataChanged, .path = paths[0]}, told);
  }
  watch.report("fire, no watches");
  for (int i = 0; i < kWatches; ++i) {
    add(watches, i);
  }
  watch.report("add again");
  for (uint32_t i = 0; i < 10000; ++i) {
    watches.remove_watcher(WatcherId{i});
  }
  watch.report("remove_watcher");
  EXPECT_EQ(watches.count(), 0u);
}

TEST(WatchBench, DISABLED_DistinctPathsOfOneWatcher) {
  measure("1M paths, 1 watcher", kWatches, 25,
          [](Watches& watches, int i) { watches.add_data(path_of(i), WatcherId{1}); });
}

TEST(WatchBench, DISABLED_DistinctPathsOfManyWatchers) {
  measure("1M paths, 10k watchers", kWatches, 25, [](Watches& watches, int i) {
    watches.add_data(path_of(i), WatcherId{static_cast<uint32_t>(i % 10000)});
  });
}

TEST(WatchBench, DISABLED_SharedPaths) {
  measure("100 paths, 10k watchers", 100, 25, [](Watches& watches, int i) {
    watches.add_data(path_of(i / 10000), WatcherId{static_cast<uint32_t>(i % 10000)});
  });
}

}  // namespace
}  // namespace quorate::tree
