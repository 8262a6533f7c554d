// Expectations: which own writes the cache has not seen yet.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "operator/kube/resource_kind.h"
#include "server/base/time.h"

namespace quorate::kube {

/// After a write the cache shows the old state for a moment, and a reconciler that looks at it
/// would do the same again. So the versions of written objects are remembered by the key that was
/// reconciled, which is left alone until each has been seen. Versions are compared for equality
/// only; one that is never seen (two writes merged into one event, a list in between) is forgotten
/// after `patience`.
///
/// Not thread-safe.
class Expectations {
 public:
  explicit Expectations(Duration patience = std::chrono::seconds(5)) : patience_(patience) {}

  /// `version` is the resourceVersion of an object after a write for `key`.
  void expect(const ObjectKey& key, std::string version, TimePoint now);
  /// A version has come into the cache.
  void observe(const std::string& version);
  /// Until when a key has to wait; nothing: the cache has seen everything.
  [[nodiscard]] std::optional<TimePoint> wait_until(const ObjectKey& key, TimePoint now);
  void forget(const ObjectKey& key) { by_key_.erase(key); }

 private:
  /// Events may be faster than the answer to the write.
  static constexpr size_t kSeenMax = 4096;

  Duration patience_;
  std::map<ObjectKey, std::map<std::string, TimePoint>> by_key_;  ///< Versions, with their ends.
  std::deque<std::string> seen_order_;
  std::set<std::string> seen_;
};

}  // namespace quorate::kube
