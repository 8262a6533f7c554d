// How often something may happen: snapshots and restores, and wrong credentials.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "server/base/time.h"

namespace quorate::admin {

/// At most one in each interval, as ZooKeeper limits snapshot and restore. An interval of 0 has no
/// limit.
class IntervalLimit {
 public:
  explicit IntervalLimit(Duration interval) : interval_(interval) {}
  /// Whether it may happen now; if so, the interval begins.
  [[nodiscard]] bool admit(TimePoint now);

 private:
  const Duration interval_;
  std::optional<TimePoint> last_;
};

/// Wrong credentials from an address: after kFailuresMax of them nothing that the address proves
/// counts until kPeriod has passed since the first. Bounded in addresses: when the table is full
/// it starts anew, which only forgives.
class FailureLimit {
 public:
  static constexpr int kFailuresMax = 10;
  static constexpr Duration kPeriod = std::chrono::seconds(10);
  static constexpr size_t kAddressesMax = 1024;

  [[nodiscard]] bool is_blocked(const std::string& address, TimePoint now);
  void record(const std::string& address, TimePoint now);

 private:
  struct Failures {
    TimePoint first;
    int count = 0;
  };
  std::map<std::string, Failures> failures_;
};

}  // namespace quorate::admin
