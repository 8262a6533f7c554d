// Watches: flags for each pair of path and watcher, kept from both sides.
// Source of the rules: ZooKeeper 3.9 WatchManager and DataTree.
#include "server/tree/watches.h"

#include <algorithm>

#include "server/base/assert.h"
#include "server/tree/id_set.h"
#include "server/tree/watch_paths.h"

namespace quorate::tree {

namespace {

// What a watcher has on a path. Apache keeps data and child watches in two tables: persistent ones
// are in both, recursive ones with the data watches only.
constexpr uint32_t kData = 1;
constexpr uint32_t kChild = 2;
constexpr uint32_t kPersistent = 4;
constexpr uint32_t kRecursive = 8;
constexpr uint32_t kInDataTable = kData | kPersistent | kRecursive;
constexpr uint32_t kInChildTable = kChild | kPersistent;
constexpr uint32_t kEverything = kInDataTable | kInChildTable;

uint32_t flags_of(WatcherType type) {
  switch (type) {
    case WatcherType::kChildren:
      return kChild;
    case WatcherType::kData:
      return kData;
    case WatcherType::kAny:
      return kEverything;
    case WatcherType::kPersistent:
      return kPersistent;
    case WatcherType::kPersistentRecursive:
      return kRecursive;
  }
  return 0;
}

/// The path's parent, "/" for "/a". Empty for "/" and for what is no path.
std::string_view parent_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) {
    return {};
  }
  return slash == 0 ? std::string_view("/") : path.substr(0, slash);
}

}  // namespace

struct Watches::Impl {
  explicit Impl(uint64_t seed) : paths(seed) {}

  struct Watcher {
    IdSet paths;              ///< Numbers of its paths; the flags say nothing.
    uint32_t stamp = 0;       ///< Last event of which it was told.
    uint32_t data_count = 0;  ///< Paths on which it has a data watch.
  };

  void add_flags(std::string_view path, WatcherId watcher, uint32_t flags);
  [[nodiscard]] uint32_t get_flags(std::string_view path, WatcherId watcher) const;
  void remove_watcher(WatcherId watcher);
  void fire(const Change& change, std::vector<Notification>& to);
  /// Keeps all counts when a pair's flags change; neither set is touched.
  void count_change(WatchedPath& path, Watcher& watcher, uint32_t before, uint32_t after);
  void set_flags(uint32_t number, WatcherId watcher, uint32_t before, uint32_t after);
  void forget_path(WatcherId watcher, uint32_t number);
  void drop_if_unwatched(uint32_t number);
  /// One event for the watchers that have a flag of `table` on the event's own path, but for those
  /// that bear the current stamp; their flag `one_shot` is consumed either way.
  void fire_table(const Notification& event, uint32_t table, uint32_t one_shot,
                  std::vector<Notification>& to);
  void fire_recursive(const Notification& event, std::vector<Notification>& to);
  void notify(Notification event, WatcherId watcher, std::vector<Notification>& to);
  void next_stamp();

  WatchPaths paths;
  std::vector<Watcher> watchers;
  uint32_t stamp = 0;
  size_t data_watch_count = 0;
  size_t child_watch_count = 0;
  size_t recursive_watch_count = 0;
  size_t data_path_count = 0;
  size_t watcher_count = 0;
  size_t data_watcher_count = 0;
};

void Watches::Impl::count_change(WatchedPath& path, Watcher& watcher, uint32_t before,
                                 uint32_t after) {
  const auto move = [](bool was, bool is, auto& count) {
    count += is ? 1 : 0;
    count -= was ? 1 : 0;
  };
  const bool was_data = (before & kInDataTable) != 0;
  const bool is_data = (after & kInDataTable) != 0;
  const bool was_child = (before & kInChildTable) != 0;
  const bool is_child = (after & kInChildTable) != 0;
  const bool was_recursive = (before & kRecursive) != 0;
  const bool is_recursive = (after & kRecursive) != 0;
  const bool path_had_data = path.data_count > 0;
  const bool watcher_had_data = watcher.data_count > 0;
  move(was_data, is_data, path.data_count);
  move(was_data, is_data, watcher.data_count);
  move(was_data, is_data, data_watch_count);
  move(was_child, is_child, path.child_count);
  move(was_child, is_child, child_watch_count);
  move(was_recursive, is_recursive, path.recursive_count);
  move(was_recursive, is_recursive, recursive_watch_count);
  move(path_had_data, path.data_count > 0, data_path_count);
  move(watcher_had_data, watcher.data_count > 0, data_watcher_count);
}

void Watches::Impl::forget_path(WatcherId watcher, uint32_t number) {
  Watcher& entry = watchers[watcher.value];
  entry.paths.set(number, 0);
  watcher_count -= entry.paths.empty() ? 1 : 0;
}

void Watches::Impl::drop_if_unwatched(uint32_t number) {
  if (paths.at(number).watchers.empty()) {
    paths.remove(number);
  }
}

void Watches::Impl::set_flags(uint32_t number, WatcherId watcher, uint32_t before, uint32_t after) {
  if (before == after) {
    return;
  }
  WatchedPath& path = paths.at(number);
  Watcher& entry = watchers[watcher.value];
  count_change(path, entry, before, after);
  path.watchers.set(watcher.value, after);
  if (before == 0) {
    watcher_count += entry.paths.empty() ? 1 : 0;
    entry.paths.set(number, 1);
  }
  if (after == 0) {
    forget_path(watcher, number);
    drop_if_unwatched(number);
  }
}

void Watches::Impl::add_flags(std::string_view path, WatcherId watcher, uint32_t flags) {
  QR_ASSERT(watcher.value <= IdSet::kKeyMax);
  if (watcher.value >= watchers.size()) {
    watchers.resize(watcher.value + size_t{1});
  }
  const uint32_t number = paths.find_or_add(path);
  const uint32_t before = paths.at(number).watchers.get(watcher.value);
  set_flags(number, watcher, before, before | flags);
}

uint32_t Watches::Impl::get_flags(std::string_view path, WatcherId watcher) const {
  const uint32_t number = paths.find(path);
  return number == WatchPaths::kNone ? 0 : paths.at(number).watchers.get(watcher.value);
}

void Watches::Impl::remove_watcher(WatcherId watcher) {
  if (watcher.value >= watchers.size() || watchers[watcher.value].paths.empty()) {
    return;
  }
  Watcher& entry = watchers[watcher.value];
  entry.paths.for_each([&](uint32_t number, uint32_t) {
    WatchedPath& path = paths.at(number);
    count_change(path, entry, path.watchers.get(watcher.value), 0);
    path.watchers.set(watcher.value, 0);
    drop_if_unwatched(number);
  });
  entry.paths.clear();
  --watcher_count;
}

void Watches::Impl::next_stamp() {
  if (++stamp == 0) {
    for (Watcher& watcher : watchers) {
      watcher.stamp = 0;
    }
    stamp = 1;
  }
}

void Watches::Impl::notify(Notification event, WatcherId watcher, std::vector<Notification>& to) {
  uint32_t& last = watchers[watcher.value].stamp;
  if (last != stamp) {
    last = stamp;
    event.watcher = watcher;
    to.push_back(event);
  }
}

void Watches::Impl::fire_table(const Notification& event, uint32_t table, uint32_t one_shot,
                               std::vector<Notification>& to) {
  const uint32_t number = paths.find(event.path);
  if (number == WatchPaths::kNone) {
    return;
  }
  WatchedPath& path = paths.at(number);
  if ((table == kInDataTable ? path.data_count : path.child_count) == 0) {
    return;
  }
  path.watchers.update_each([&](uint32_t key, uint32_t before) {
    if ((before & table) == 0) {
      return before;
    }
    const WatcherId watcher{key};
    notify(event, watcher, to);
    const uint32_t after = before & ~one_shot;
    if (after != before) {
      count_change(path, watchers[key], before, after);
    }
    if (after == 0) {
      forget_path(watcher, number);
    }
    return after;
  });
  drop_if_unwatched(number);
}

void Watches::Impl::fire_recursive(const Notification& event, std::vector<Notification>& to) {
  if (recursive_watch_count == 0) {
    return;
  }
  for (std::string_view at = parent_of(event.path); !at.empty(); at = parent_of(at)) {
    const uint32_t number = paths.find(at);
    if (number == WatchPaths::kNone || paths.at(number).recursive_count == 0) {
      continue;
    }
    paths.at(number).watchers.for_each([&](uint32_t key, uint32_t flags) {
      if ((flags & kRecursive) != 0) {
        notify(event, WatcherId{key}, to);
      }
    });
  }
}

void Watches::Impl::fire(const Change& change, std::vector<Notification>& to) {
  if (paths.size() == 0) {
    return;
  }
  Notification event{.path = change.path, .acl = change.acl};
  switch (change.kind) {
    case ChangeKind::kCreated:
      event.type = wire::EventType::kNodeCreated;
      break;
    case ChangeKind::kDeleted:
      event.type = wire::EventType::kNodeDeleted;
      break;
    case ChangeKind::kDataChanged:
      event.type = wire::EventType::kNodeDataChanged;
      break;
  }
  next_stamp();
  fire_table(event, kInDataTable, kData, to);
  fire_recursive(event, to);
  if (change.kind == ChangeKind::kDeleted) {
    // Those whom the data table told are not told again: the stamp is the same.
    fire_table(event, kInChildTable, kChild, to);
  }
  const std::string_view parent = parent_of(change.path);
  if (change.kind == ChangeKind::kDataChanged || parent.empty()) {
    return;
  }
  next_stamp();
  fire_table(
      {.type = wire::EventType::kNodeChildrenChanged, .path = parent, .acl = change.parent_acl},
      kInChildTable, kChild, to);
}

Watches::Watches(uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}
Watches::~Watches() = default;
Watches::Watches(Watches&&) noexcept = default;
Watches& Watches::operator=(Watches&&) noexcept = default;

void Watches::add_data(std::string_view path, WatcherId watcher) {
  impl_->add_flags(path, watcher, kData);
}

void Watches::add_child(std::string_view path, WatcherId watcher) {
  impl_->add_flags(path, watcher, kChild);
}

void Watches::add(std::string_view path, WatcherId watcher, WatchMode mode) {
  switch (mode) {
    case WatchMode::kStandard:
      return impl_->add_flags(path, watcher, kData | kChild);
    case WatchMode::kPersistent:
      return impl_->add_flags(path, watcher, kPersistent);
    case WatchMode::kPersistentRecursive:
      return impl_->add_flags(path, watcher, kRecursive);
  }
}

bool Watches::contains(std::string_view path, WatcherId watcher, WatcherType type) const {
  return (impl_->get_flags(path, watcher) & flags_of(type)) != 0;
}

bool Watches::remove(std::string_view path, WatcherId watcher, WatcherType type) {
  const uint32_t number = impl_->paths.find(path);
  if (number == WatchPaths::kNone) {
    return false;
  }
  const uint32_t before = impl_->paths.at(number).watchers.get(watcher.value);
  impl_->set_flags(number, watcher, before, before & ~flags_of(type));
  return (before & flags_of(type)) != 0;
}

bool Watches::has_any(WatcherId watcher) const {
  const auto& watchers = impl_->watchers;
  return watcher.value < watchers.size() && !watchers[watcher.value].paths.empty();
}

void Watches::remove_watcher(WatcherId watcher) { impl_->remove_watcher(watcher); }

void Watches::fire(const Change& change, std::vector<Notification>& to) { impl_->fire(change, to); }

size_t Watches::count() const { return impl_->data_watch_count + impl_->child_watch_count; }
size_t Watches::path_count() const { return impl_->paths.size(); }
size_t Watches::watcher_count() const { return impl_->watcher_count; }

Watches::Totals Watches::data_totals() const {
  return {.watches = impl_->data_watch_count,
          .paths = impl_->data_path_count,
          .watchers = impl_->data_watcher_count};
}

std::vector<Watches::PathWatchers> Watches::dump() const {
  std::vector<PathWatchers> all;
  impl_->paths.for_each([&](const WatchedPath& path) {
    PathWatchers entry;
    path.watchers.for_each([&entry](uint32_t key, uint32_t flags) {
      if ((flags & kInDataTable) != 0) {
        entry.watchers.push_back(WatcherId{key});
      }
    });
    if (!entry.watchers.empty()) {
      entry.path = impl_->paths.text(path);
      std::ranges::sort(entry.watchers);
      all.push_back(std::move(entry));
    }
  });
  std::ranges::sort(all, {}, &PathWatchers::path);
  return all;
}

}  // namespace quorate::tree
