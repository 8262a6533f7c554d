// The planner: what is to be done next, and if nothing, why.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "operator/api/quorumcluster.pb.h"
#include "operator/api/validated_cluster.h"
#include "operator/ensemble/member_report.h"
#include "operator/plan/action.h"
#include "operator/plan/observed.h"
#include "operator/resources/blueprint.h"
#include "server/base/time.h"

namespace quorate::plan {

/// Everything that a decision depends on.
struct Input {
  const api::ValidatedCluster& cluster;
  const api::QuorumClusterStatus& recorded;  ///< As the API server has it.
  const Observed& observed;
  const std::map<std::string, ensemble::MemberReport>& reports;  ///< By member; missing: not asked.
  WallMillis now;
  std::string fresh_ensemble_id;  ///< Random, 16 hexadecimal digits; for bootstrap and recovery.
  std::string fresh_token;        ///< Random; used while there is no admin Secret.
};

/// For people, and for whoever watches Events.
struct Event {
  bool is_warning = false;
  std::string reason;
  std::string message;
};

/// The shell's part, in this order: write `status` if `is_status_changed`, and go no further if
/// that fails; apply the bundle of `blueprint`; perform `actions` in order, stopping at the first
/// that fails. Every action can be repeated, and the next pass starts from what is found then.
struct Plan {
  api::QuorumClusterStatus status;
  bool is_status_changed = false;
  std::optional<resources::Blueprint> blueprint;  ///< Nothing: apply nothing.
  std::vector<Action> actions;
  std::vector<Event> events;
  int recheck_after_s = 10;  ///< At the latest.
};

/// Members to ask for their report: those recorded.
[[nodiscard]] std::vector<std::string> members_to_ask(const api::QuorumClusterStatus& recorded);

/// Decides. At most one step that reduces the quorum is among the actions. The same input gives the
/// same plan.
[[nodiscard]] Plan make_plan(const Input& input);

/// For an object that validation refused: conditions that say so, and nothing else changes.
[[nodiscard]] Plan refuse(const api::Problems& problems, const api::QuorumClusterStatus& recorded,
                          int32_t generation, WallMillis now);

}  // namespace quorate::plan
