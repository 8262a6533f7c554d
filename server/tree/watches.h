// Watches of this member's connections: who wants to hear of which path, kept small.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/tree/applied.h"
#include "server/wire/reply.h"

namespace quorate::tree {

/// Small dense number that the node machine gives to a connection while it is open. Below 2^28.
struct WatcherId {
  uint32_t value = 0;
  friend constexpr auto operator<=>(const WatcherId&, const WatcherId&) = default;
};

enum class WatchMode : uint8_t { kStandard, kPersistent, kPersistentRecursive };

/// Type argument of checkWatches and removeWatches, with the wire's numbers.
enum class WatcherType : int32_t {
  kChildren = 1,
  kData = 2,
  kAny = 3,
  kPersistent = 4,
  kPersistentRecursive = 5,
};

/// One event for one watcher. `path` borrows from the Change. READ on `acl` is still to be checked
/// by the one delivery point.
struct Notification {
  WatcherId watcher;
  wire::EventType type = wire::EventType::kNone;
  std::string_view path;
  AclId acl;
};

/// A million one-shot watches on distinct paths cost at most 100 bytes each beside their path text,
/// and on shared paths at most 24 bytes each. Measured (tests/server/tree/watch_bench_test.cc,
/// RSS): 64 bytes beside 25 of text for a million paths of one watcher, 61 for those of 10,000
/// watchers; 12 bytes for 10,000 watchers on 100 paths. Adding or firing one takes 0.1 to 0.45 us
/// at that size.
///
/// Not thread-safe: owned by one loop.
class Watches {
 public:
  /// `seed` is the key of the hashes, as TreeOptions::hash_seed.
  explicit Watches(uint64_t seed = 0);
  ~Watches();
  Watches(Watches&&) noexcept;
  Watches& operator=(Watches&&) noexcept;

  void add_data(std::string_view path, WatcherId watcher);
  void add_child(std::string_view path, WatcherId watcher);
  /// kStandard adds both a data and a child watch, as addWatch does in Apache.
  void add(std::string_view path, WatcherId watcher, WatchMode mode);
  /// Whether the watcher has a watch of `type` on `path`; since 3.9 the types 1 and 2 mean standard
  /// watches only.
  [[nodiscard]] bool contains(std::string_view path, WatcherId watcher, WatcherType type) const;
  /// Removes and says whether there was one.
  bool remove(std::string_view path, WatcherId watcher, WatcherType type);
  void remove_watcher(WatcherId watcher);
  [[nodiscard]] bool has_any(WatcherId watcher) const;

  /// Appends the notifications of one change in ZooKeeper's order (own path first, then the
  /// parent's children watches), each watcher at most once an event, and consumes the one-shot
  /// ones.
  void fire(const Change& change, std::vector<Notification>& to);

  // ---- For wchs, wchc, wchp and metrics
  // ----------------------------------------------------------
  /// Numbers of pairs (path, watcher), of distinct paths, and of watchers with at least one.
  struct Totals {
    size_t watches = 0;
    size_t paths = 0;
    size_t watchers = 0;
  };
  [[nodiscard]] size_t count() const;       ///< Watches, data and child: the watch_count metric.
  [[nodiscard]] size_t path_count() const;  ///< Distinct watched paths, data or child.
  [[nodiscard]] size_t watcher_count() const;
  [[nodiscard]] Totals data_totals() const;  ///< Data watches only, as Apache's wchs.
  struct PathWatchers {
    std::string path;
    std::vector<WatcherId> watchers;  ///< Ascending.
  };
  /// Data watches (as Apache's wchp and wchc), sorted by path.
  [[nodiscard]] std::vector<PathWatchers> dump() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::tree
