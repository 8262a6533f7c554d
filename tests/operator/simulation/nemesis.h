// Nemesis: what breaks, what others do, and what a person changes, when.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/operator/simulation/judge.h"
#include "tests/operator/simulation/operator_process.h"

namespace quorate::opsim {

using Operators = std::vector<std::shared_ptr<OperatorProcess>>;

class Nemesis {
 public:
  Nemesis(Context& context, Kubernetes& kubernetes, Ensemble& ensemble, Judge& judge,
          Operators& operators);

  void start();
  /// Everything is whole again, and a person wants what can be had. Nothing breaks any more.
  void stop();
  [[nodiscard]] size_t faults() const { return faults_; }
  [[nodiscard]] size_t edits() const { return edits_; }

 private:
  using Break = void (Nemesis::*)();
  struct Kind {
    Fault fault;
    Break break_it;
  };

  void again();
  void edit_again();
  void edit();
  void edit_zones();
  void patch_cluster(const Json& patch);
  void patch_nodes(const std::string& zone, const Json& patch);
  [[nodiscard]] std::string any_zone();
  /// A member that runs; empty: there is none.
  [[nodiscard]] std::string any_member();
  [[nodiscard]] OperatorProcess* any_operator();
  [[nodiscard]] std::string member_with_spare_disk();

  void slow_cache();
  void break_watch();
  void kill_operator();
  void freeze_operator();
  void kill_pod();
  void evict_pod();
  void delete_pod();
  void cut_off();
  void make_unschedulable();
  void delete_volume();
  void lose_volume();
  void empty_disk();
  void lose_zone();
  void ask_for_bad_image();
  void ask_for_bad_config();
  void pause();

  Context& context_;
  Kubernetes& kubernetes_;
  Ensemble& ensemble_;
  Judge& judge_;
  Operators& operators_;
  std::vector<Kind> kinds_;
  size_t faults_ = 0;
  size_t edits_ = 0;
  size_t restarts_ = 0;
  TimePoint next_loss_at_{};
};

}  // namespace quorate::opsim
