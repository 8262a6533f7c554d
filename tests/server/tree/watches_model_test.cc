// Random use of the watches compared with a model made of plain sets, one for each of Apache's
// tables.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "server/tree/watches.h"
#include "tests/server/tree/seeds.h"

namespace quorate::tree {
namespace {

enum class Mode { kStandard, kPersistent, kRecursive };

/// One of Apache's two watch managers.
struct Table {
  std::map<std::string, std::map<uint32_t, std::set<Mode>>> paths;

  bool remove(const std::string& path, uint32_t watcher, Mode mode) {
    const bool removed = paths[path][watcher].erase(mode) > 0;
    tidy();
    return removed;
  }
  bool remove_all(const std::string& path, uint32_t watcher) {
    const bool removed = paths[path].erase(watcher) > 0;
    tidy();
    return removed;
  }
  bool has(const std::string& path, uint32_t watcher, std::optional<Mode> mode) {
    const bool found = mode ? paths[path][watcher].contains(*mode) : !paths[path][watcher].empty();
    tidy();
    return found;
  }
  void tidy() {
    for (auto& [path, watchers] : paths) {
      std::erase_if(watchers, [](const auto& entry) { return entry.second.empty(); });
    }
    std::erase_if(paths, [](const auto& entry) { return entry.second.empty(); });
  }
  std::set<uint32_t> trigger(const std::string& path) {
    std::set<uint32_t> told;
    for (auto& [watcher, modes] : paths[path]) {
      told.insert(watcher);
      modes.erase(Mode::kStandard);
    }
    for (std::string at = path; at != "/";) {
      at = at.substr(0, at.rfind('/'));
      at = at.empty() ? "/" : at;
      for (const auto& [watcher, modes] : paths[at]) {
        if (modes.contains(Mode::kRecursive)) {
          told.insert(watcher);
        }
      }
    }
    tidy();
    return told;
  }
  size_t count() const {
    size_t sum = 0;
    for (const auto& [path, watchers] : paths) {
      sum += watchers.size();
    }
    return sum;
  }
};

using Told = std::set<std::tuple<int, std::string, uint32_t>>;

class Model {
 public:
  void add(const std::string& path, uint32_t watcher, int kind) {
    if (kind == 0) {
      data_.paths[path][watcher].insert(Mode::kStandard);
    } else if (kind == 1) {
      child_.paths[path][watcher].insert(Mode::kStandard);
    } else if (kind == 2) {
      data_.paths[path][watcher].insert(Mode::kPersistent);
      child_.paths[path][watcher].insert(Mode::kPersistent);
    } else {
      data_.paths[path][watcher].insert(Mode::kRecursive);
    }
  }
  bool contains(const std::string& path, uint32_t watcher, WatcherType type) {
    switch (type) {
      case WatcherType::kChildren:
        return child_.has(path, watcher, Mode::kStandard);
      case WatcherType::kData:
        return data_.has(path, watcher, Mode::kStandard);
      case WatcherType::kPersistent:
        return data_.has(path, watcher, Mode::kPersistent);
      case WatcherType::kPersistentRecursive:
        return data_.has(path, watcher, Mode::kRecursive);
      case WatcherType::kAny:
        break;
    }
    return child_.has(path, watcher, std::nullopt) || data_.has(path, watcher, std::nullopt);
  }
  bool remove(const std::string& path, uint32_t watcher, WatcherType type) {
    switch (type) {
      case WatcherType::kChildren:
        return child_.remove(path, watcher, Mode::kStandard);
      case WatcherType::kData:
        return data_.remove(path, watcher, Mode::kStandard);
      case WatcherType::kPersistent: {
        const bool child = child_.remove(path, watcher, Mode::kPersistent);
        return data_.remove(path, watcher, Mode::kPersistent) || child;
      }
      case WatcherType::kPersistentRecursive:
        return data_.remove(path, watcher, Mode::kRecursive);
      case WatcherType::kAny:
        break;
    }
    const bool child = child_.remove_all(path, watcher);
    return data_.remove_all(path, watcher) || child;
  }
  void remove_watcher(uint32_t watcher) {
    for (Table* table : {&data_, &child_}) {
      for (auto& [path, watchers] : table->paths) {
        watchers.erase(watcher);
      }
      table->tidy();
    }
  }
  Told fire(ChangeKind kind, const std::string& path) {
    static constexpr int kTypes[] = {1, 2, 3};
    const int type = kTypes[static_cast<int>(kind)];
    Told told;
    for (const uint32_t watcher : data_.trigger(path)) {
      told.emplace(type, path, watcher);
    }
    if (kind == ChangeKind::kDeleted) {
      for (const uint32_t watcher : child_.trigger(path)) {
        told.emplace(type, path, watcher);
      }
    }
    if (kind == ChangeKind::kDataChanged || path == "/") {
      return told;
    }
    const size_t slash = path.rfind('/');
    const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
    for (const uint32_t watcher : child_.trigger(parent)) {
      told.emplace(4, parent, watcher);
    }
    return told;
  }
  size_t count() const { return data_.count() + child_.count(); }
  size_t path_count() const {
    std::set<std::string> all;
    for (const Table* table : {&data_, &child_}) {
      for (const auto& [path, watchers] : table->paths) {
        all.insert(path);
      }
    }
    return all.size();
  }
  const Table& data() const { return data_; }

 private:
  Table data_;
  Table child_;
};

struct Shape {
  uint32_t watchers;
  uint32_t leaves;
  uint32_t fires;  ///< One step in so many fires.
};

class Run {
 public:
  Run(uint32_t seed, Shape shape) : random_(seed), shape_(shape), watches_(seed) {}

  void step() {
    const std::string path = any_path();
    const uint32_t watcher = below(shape_.watchers);
    const auto type = static_cast<WatcherType>(1 + below(5));
    if (below(shape_.fires) == 0) {
      compare_fire(static_cast<ChangeKind>(below(3)), path);
    } else if (below(8) == 0) {
      ASSERT_EQ(watches_.remove(path, WatcherId{watcher}, type),
                model_.remove(path, watcher, type));
    } else if (below(200) == 0) {
      watches_.remove_watcher(WatcherId{watcher});
      model_.remove_watcher(watcher);
    } else if (below(8) == 0) {
      ASSERT_EQ(watches_.contains(path, WatcherId{watcher}, type),
                model_.contains(path, watcher, type));
    } else {
      add(path, watcher);
    }
    ASSERT_EQ(watches_.count(), model_.count());
    ASSERT_EQ(watches_.path_count(), model_.path_count());
  }

  void compare_dumps() {
    std::map<std::string, std::set<uint32_t>> expected;
    std::set<uint32_t> watchers;
    for (const auto& [path, entries] : model_.data().paths) {
      for (const auto& [watcher, modes] : entries) {
        expected[path].insert(watcher);
        watchers.insert(watcher);
      }
    }
    std::map<std::string, std::set<uint32_t>> dumped;
    for (const auto& entry : watches_.dump()) {
      for (const WatcherId watcher : entry.watchers) {
        dumped[entry.path].insert(watcher.value);
      }
    }
    ASSERT_EQ(dumped, expected);
    const Watches::Totals totals = watches_.data_totals();
    ASSERT_EQ(totals.watches, model_.data().count());
    ASSERT_EQ(totals.paths, expected.size());
    ASSERT_EQ(totals.watchers, watchers.size());
  }

 private:
  uint32_t below(uint32_t bound) { return random_() % bound; }
  std::string any_path() {
    std::string path;
    for (uint32_t depth = below(4); depth > 0; --depth) {
      path += "/" + std::to_string(below(3));
    }
    if (below(2) == 0) {
      path += "/leaf" + std::to_string(below(shape_.leaves));
    }
    return path.empty() ? "/" : path;
  }
  void add(const std::string& path, uint32_t watcher) {
    const uint32_t kind = below(10) < 8 ? below(2) : 2 + below(2);
    model_.add(path, watcher, static_cast<int>(kind));
    if (kind == 0) {
      watches_.add_data(path, WatcherId{watcher});
    } else if (kind == 1) {
      watches_.add_child(path, WatcherId{watcher});
    } else {
      watches_.add(path, WatcherId{watcher},
                   kind == 2 ? WatchMode::kPersistent : WatchMode::kPersistentRecursive);
    }
  }
  void compare_fire(ChangeKind kind, const std::string& path) {
    std::vector<Notification> to;
    watches_.fire({.kind = kind, .path = path}, to);
    Told told;
    for (const Notification& notification : to) {
      told.emplace(static_cast<int>(notification.type), notification.path,
                   notification.watcher.value);
    }
    ASSERT_EQ(told.size(), to.size()) << "somebody was told twice";
    ASSERT_EQ(told, model_.fire(kind, path));
  }

  std::mt19937 random_;
  Shape shape_;
  Watches watches_;
  Model model_;
};

void run_all(Shape shape, uint32_t seeds, int steps) {
  for (uint32_t seed = 0; seed < seed_count(seeds); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Run run(seed, shape);
    for (int i = 0; i < steps; ++i) {
      run.step();
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << "step " << i;
    }
    run.compare_dumps();
    ASSERT_FALSE(testing::Test::HasFatalFailure());
  }
}

TEST(WatchesModel, FewWatchersFewPaths) { run_all({4, 4, 4}, 1000, 400); }
TEST(WatchesModel, ManyWatchersOnFewPaths) { run_all({200, 1, 20}, 100, 2000); }
TEST(WatchesModel, FewWatchersOnManyPaths) { run_all({3, 200, 20}, 100, 2000); }

}  // namespace
}  // namespace quorate::tree
