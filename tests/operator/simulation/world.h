// World: one seed, from an empty API to a cluster that has come to rest.
#pragma once

#include <string>
#include <vector>

#include "tests/operator/simulation/nemesis.h"

namespace quorate::opsim {

struct RunResult {
  std::vector<std::string> violations;
  size_t faults = 0;
  size_t edits = 0;
  size_t writes = 0;
  size_t passes = 0;
  double virtual_seconds = 0;
  uint64_t trace_hash = 0;
  [[nodiscard]] bool is_good() const { return violations.empty(); }
};

class World {
 public:
  World(const Settings& settings, bool prints);
  ~World() { context_.queue.clear(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  RunResult run();

 private:
  void create_cluster();
  void supervise();
  /// Lets time pass until `is_reached`, or a violation, or the time is over; whether it is.
  bool run_until(Duration limit, const std::function<bool()>& is_reached);
  void end_well();
  void delete_cluster();
  /// What is not yet as a person asked; empty: everything is.
  [[nodiscard]] std::string unfinished() const;
  [[nodiscard]] std::string unfinished_members(const Json& cluster) const;

  Context context_;
  Ensemble ensemble_;
  Kubernetes kubernetes_;
  Judge judge_;
  Operators operators_;
  std::vector<TimePoint> restarts_at_;
  size_t starts_ = 0;
  size_t passes_ = 0;
  Nemesis nemesis_;
};

}  // namespace quorate::opsim
