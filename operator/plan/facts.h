// What the stages of the planner decide on: input, recorded status and view, joined by member.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "operator/ensemble/view.h"
#include "operator/plan/placement.h"
#include "operator/plan/plan.h"

namespace quorate::plan {

/// One member, whether it is wanted, recorded, or merely there.
struct Slot {
  std::string name;
  std::string zone;
  int zone_index = 0;
  int ordinal = 0;
  int myid = 0;
  bool is_wanted = false;
  bool is_wanted_voter = false;
  bool is_recorded = false;  ///< In status.members: it may have a Pod.
  bool is_in_config = false;
  bool is_voter = false;  ///< By the ensemble's configuration.
  bool is_trusted = false;
  bool is_synced = false;
  bool is_leader = false;
  int64_t lag = 0;
  std::string problem;
  std::string detail;
  std::string volume_uid;  ///< Recorded.
  /// After a recovery: its volume is of the ensemble before, and nobody votes from it any more.
  bool is_former = false;
  const Pod* pod = nullptr;
  const Claim* data = nullptr;
  const Claim* log = nullptr;
  /// Its Pod is of an older revision, or must start anew for its volume.
  bool is_outdated = false;

  [[nodiscard]] bool is_stuck() const { return pod != nullptr && !pod->stuck.empty(); }
  /// Why its Pod does not start, for people: "Unschedulable: 0/3 nodes are available"; empty: it
  /// may.
  [[nodiscard]] std::string stuck_text() const;
};

struct ZoneTarget {
  std::string name;
  int index = 0;
  std::string node_zone;
  ZoneShare share;
};

struct Facts {
  const Input& in;
  const api::ValidatedCluster& cluster;
  ensemble::View view;
  std::vector<Slot> slots;        ///< By ascending id.
  std::vector<ZoneTarget> zones;  ///< All recorded ones, by ascending index.
  bool is_initialized = false;
  bool is_revision_known =
      true;  ///< No StatefulSet has a template that its controller has not seen.
  std::vector<std::string> zone_order;  ///< Names, as in `zones`.

  [[nodiscard]] const Slot* find(const std::string& name) const;
  /// Of the configuration; while nobody tells it, of the record: silence is no reason to think that
  /// there are no voters.
  [[nodiscard]] int voters() const;
  [[nodiscard]] int quorum() const { return voters() / 2 + 1; }
  [[nodiscard]] int zone_position(const std::string& zone) const;
};

/// Joins them. `status` is the recorded one with what this pass has added: ensemble id, zones and
/// members.
[[nodiscard]] Facts gather(const Input& input, const api::QuorumClusterStatus& status);

/// Whether a claim is, by its annotation, of the ensemble before the last recovery.
[[nodiscard]] bool bears_former_id(const api::QuorumClusterStatus& status, const Claim& claim);

/// The recorded member of that name, or null.
[[nodiscard]] const api::MemberStatus* find_member(const api::QuorumClusterStatus& status,
                                                   const std::string& name);
[[nodiscard]] api::MemberStatus* find_member(api::QuorumClusterStatus& status,
                                             const std::string& name);

}  // namespace quorate::plan
