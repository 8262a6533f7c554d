// One run: an ensemble, its clients, faults, checkers; safety first, then liveness.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/commit_checker.h"
#include "tests/sim/history_checker.h"
#include "tests/sim/member.h"
#include "tests/sim/nemesis.h"
#include "tests/sim/network.h"

namespace quorate::sim {

struct RunResult {
  std::vector<std::string> violations;
  uint64_t trace_hash = 0;
  size_t operations = 0;  ///< Answered.
  size_t asked = 0;
  size_t transactions = 0;
  size_t faults = 0;
  size_t leaders = 0;
  size_t reconfigs = 0;
  size_t events = 0;
  double virtual_seconds = 0;
  [[nodiscard]] bool is_good() const { return violations.empty(); }
};

class World {
 public:
  World(const Settings& settings, bool prints);

  RunResult run();

 private:
  void run_until(TimePoint end);
  void run_safety();
  void run_liveness();
  void audit();
  void check_disks();
  [[nodiscard]] std::string what_is_missing() const;
  [[nodiscard]] bool is_broken() const { return !context_.violations.empty(); }

  Context context_;
  Network network_;
  HistoryChecker history_;
  MembershipChecker memberships_;
  CommitChecker commits_;
  std::vector<std::unique_ptr<Member>> members_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<Nemesis> nemesis_;
};

}  // namespace quorate::sim
