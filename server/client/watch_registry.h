// Which watches a session holds, so that they can be armed again at another server.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/opcode.h"

namespace quorate::client {

/// Types of checkWatches and removeWatches.
enum class WatcherType : int32_t {
  kChildren = 1,
  kData = 2,
  kAny = 3,
  kPersistent = 4,
  kPersistentRecursive = 5,
};

/// Modes of addWatch.
enum class AddWatchMode : int32_t { kPersistent = 0, kPersistentRecursive = 1 };

/// A frame of setWatches or setWatches2, without its header.
struct SetWatchesFrame {
  wire::OpCode op = wire::OpCode::kSetWatches;
  std::string body;
};

/// Paths by kind of watch. Not thread-safe.
class WatchRegistry {
 public:
  /// Kinds of watch; `kExist` waits for a node that is not there.
  enum class Kind { kData, kExist, kChild, kPersistent, kRecursive };
  static constexpr size_t kKinds = 5;

  void add(Kind kind, std::string_view path) { of(kind).emplace(path); }
  /// An event uses up the one-shot watches that it answers. Source: ZooKeeper ZKWatchManager.
  void fired(int32_t event_type, std::string_view path);
  /// What removeWatches of that type takes away. Returns the event types that Apache's client
  /// reports for it: 5 data, 6 children, 7 persistent; empty if there was no such watch.
  std::vector<int32_t> remove(WatcherType type, std::string_view path);
  [[nodiscard]] bool contains(WatcherType type, std::string_view path) const;
  [[nodiscard]] bool empty() const;
  void clear();

  /// The requests that arm everything again, each about 128 KiB long at most.
  [[nodiscard]] std::vector<SetWatchesFrame> replay(Zxid last_seen) const;

 private:
  using Paths = std::set<std::string, std::less<>>;
  [[nodiscard]] Paths& of(Kind kind) { return paths_[static_cast<size_t>(kind)]; }
  [[nodiscard]] const Paths& of(Kind kind) const { return paths_[static_cast<size_t>(kind)]; }

  Paths paths_[kKinds];
};

}  // namespace quorate::client
