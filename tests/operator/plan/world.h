// A toy world for the planner: a little of Kubernetes, a little of an ensemble, and its failures.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/ensemble/view.h"
#include "operator/plan/facts.h"
#include "operator/plan/plan.h"

namespace quorate::plan::testing {

/// What a data volume holds.
struct Disk {
  std::string ensemble_id;  ///< Empty: an empty disk.
  uint64_t zxid = 0;
};

struct ToyClaim {
  Claim claim;
  Disk disk;
};

struct ToyPod {
  Pod pod;
  int64_t running_from_ms = 0;  ///< Its process answers from then on.
  int64_t synced_from_ms = 0;   ///< An empty disk has received everything by then.
  bool is_cut_off = false;      ///< A partition: it runs and reaches nobody.
  bool is_kept = false;         ///< The API refuses to evict it.
  bool is_resyncing = false;
};

class World;
using SpoilInput = void (*)(World&, std::map<std::string, ensemble::MemberReport>&);
using SpoilPlan = void (*)(World&, Plan&);

/// Time goes by in ticks of one second. All randomness comes from the seed.
class World {
 public:
  explicit World(uint64_t seed) : state_(seed) {}

  // What a person sets.
  nlohmann::json spec;
  std::string restarted_at;
  std::string leader_asked;
  std::string recovery_asked;
  bool is_deleted = false;
  std::vector<std::string> node_zones{"a", "b", "c"};

  // What is there.
  api::QuorumClusterStatus status;
  std::map<std::string, Set> sets;
  std::map<std::string, ToyPod> pods;
  std::map<std::string, ToyClaim> claims;
  std::vector<Conflict> conflicts;
  std::vector<SecretProblem> secret_problems;
  std::vector<ensemble::ServerLine> config;
  uint64_t config_version = 0;
  std::optional<std::string> leader;
  int64_t epoch = 0;
  uint64_t committed = 0;  ///< Zxid that clients were told of.
  bool is_formed = false;
  bool has_finalizer = false;
  bool is_gone = false;
  int64_t now_ms = 1'000'000;
  std::set<std::string> unschedulable_zones;

  // How it fails.
  int action_fails_percent = 0;
  /// Violations of what must hold always, in the order in which they were found.
  std::vector<std::string> violations;

  /// A changed planner, for planted bugs: called on what is observed and on what is planned.
  SpoilInput spoil_input = nullptr;
  SpoilPlan spoil_plan = nullptr;

  /// One pass of the operator: observe, plan, write status, apply, act. Returns what was planned.
  Plan pass();
  /// One second: StatefulSets, Pods, elections, writes.
  void tick();
  /// Passes and ticks until nothing changes any more, at most `ticks_max`; whether it came to rest.
  bool settle(int ticks_max, std::vector<Plan>* plans = nullptr);

  /// Like a crash of the node: the Pod goes at once.
  void kill(const std::string& pod);
  [[nodiscard]] uint64_t random(uint64_t below);

  [[nodiscard]] const std::optional<api::ValidatedCluster>& cluster() const;
  [[nodiscard]] std::map<std::string, ensemble::MemberReport> reports() const;
  [[nodiscard]] Observed observed() const;
  [[nodiscard]] int synced_voters() const;
  [[nodiscard]] int voters() const;
  [[nodiscard]] bool is_synced(const std::string& member) const;
  [[nodiscard]] bool is_voter(const std::string& member) const;
  [[nodiscard]] std::map<std::string, int> voters_by_zone() const;

 private:
  [[nodiscard]] std::optional<api::ValidatedCluster> validated() const;
  void apply(const resources::Blueprint& blueprint);
  void perform(const Plan& plan);
  bool act(const Action& action);
  void check_action(const Plan& plan, const Action& action);
  bool remove_set(const DeleteSet& action);
  bool evict(const EvictPod& action);
  bool reconfigure(const Reconfigure& action);
  void run_sets();
  void run_pods();
  void run_claims();
  void take_over();
  void elect();
  void replicate();
  void add_pod(const Set& set, int ordinal);
  [[nodiscard]] bool is_running(const std::string& member) const;
  [[nodiscard]] bool can_vote(const std::string& member) const;
  [[nodiscard]] Disk* disk(const std::string& member);
  [[nodiscard]] const Disk* disk(const std::string& member) const;
  [[nodiscard]] std::string fresh_uid(const char* what);
  void violate(const std::string& what) { violations.push_back(what); }

  uint64_t state_;
  int uids_ = 0;
  mutable std::string cluster_key_;  ///< Validation is slow; the spec rarely changes.
  mutable std::optional<api::ValidatedCluster> cluster_;
  std::map<std::string, std::string> revisions_;   ///< By set: of the applied template.
  std::map<std::string, std::string> bad_images_;  ///< By revision: why its Pods do not start.
  std::optional<resources::Blueprint> applied_;
  int64_t applied_ms_ = 0;  ///< When the key quorate.recoverFrom last changed in what is applied.
};

}  // namespace quorate::plan::testing
