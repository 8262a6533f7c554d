// Bootstrap facts, zone numbers, taking over of kept volumes.
#include "operator/plan/identity.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/names.h"
#include "operator/ensemble/view.h"
#include "operator/plan/facts.h"
#include "operator/plan/placement.h"
#include "server/base/text.h"

namespace quorate::plan {

namespace {

struct NewZone {
  std::string name;
  std::string node_zone;
};

/// The zones that the spec names, or those of the nodes.
std::vector<NewZone> wanted_zones(const Input& input) {
  std::vector<NewZone> zones;
  for (const api::ZoneSpec& zone : input.cluster.zones) {
    zones.push_back({.name = zone.name, .node_zone = zone.node_zone});
  }
  if (!zones.empty()) {
    return zones;
  }
  std::vector<std::string> labels = input.observed.node_zones;
  // Nodes without the label beside nodes with it take no part; alone they are one room.
  if (labels.size() > 1) {
    std::erase(labels, "");
  }
  const size_t bytes_max = api::kSetNameBytesMax - input.cluster.name.size() - 1;
  for (const std::string& label : labels) {
    zones.push_back({.name = label.empty() ? "default" : api::zone_name_of(label, bytes_max),
                     .node_zone = label});
  }
  if (zones.size() > static_cast<size_t>(api::kZonesMax)) {
    zones.resize(static_cast<size_t>(api::kZonesMax));
  }
  return zones;
}

void add_zone(Draft& draft, const NewZone& zone, int index) {
  api::ZoneStatus& added = *draft.status.add_zones();
  added.set_name(zone.name);
  added.set_index(index);
  added.set_node_zone(zone.node_zone);
}

void add_member(Draft& draft, const std::string& name, const std::string& zone, int myid,
                const char* role) {
  api::MemberStatus& member = *draft.status.add_members();
  member.set_name(name);
  member.set_zone(zone);
  member.set_myid(myid);
  member.set_role(role);
}

/// A kept data volume and the member whose it was.
struct Kept {
  const Claim* claim = nullptr;
  std::string member;
  int ordinal = 0;
};

std::vector<Kept> kept_volumes(const Input& input) {
  std::vector<Kept> found;
  for (const auto& [name, claim] : input.observed.claims) {
    if (!name.starts_with("data-") || claim.is_retired || claim.zone.empty()) {
      continue;
    }
    const std::string member = name.substr(5);
    const auto ordinal = api::ordinal_of(member, api::set_name(input.cluster.name, claim.zone));
    if (ordinal) {
      found.push_back({.claim = &claim, .member = member, .ordinal = *ordinal});
    }
  }
  return found;
}

Flow block(Draft& draft, std::string_view reason, std::string message,
           const std::vector<std::string>& members = {}) {
  draft.is_stalled = true;
  draft.status.clear_zones();
  draft.status.clear_members();
  draft.status.clear_initial_voters();
  draft.step_blocked("Bootstrap", members, reason, std::move(message));
  return Flow::kStop;
}

/// Takes over the ensemble of kept volumes. Source: facts 3.1, pravega#71 and #216.
Flow adopt(const Input& input, Draft& draft, const std::vector<Kept>& kept) {
  std::map<std::string, std::string> zone_of_id;
  std::map<std::string, int> zones;
  const std::string id = kept.front().claim->ensemble_id;
  for (const Kept& each : kept) {
    const Claim& claim = *each.claim;
    if (claim.is_terminating) {
      draft.step_waits("Bootstrap", {each.member}, "VolumeGoing",
                       "volume " + claim.name + " is being deleted");
      return Flow::kStop;
    }
    if (claim.ensemble_id.empty() || claim.ensemble_id != id || !claim.zone_index) {
      return block(draft, "VolumesOfAnother",
                   "volume " + claim.name + " belongs to ensemble '" + claim.ensemble_id +
                       "', others to '" + id + "': delete what is not needed, or choose a new name",
                   {each.member});
    }
    const auto [at, is_new] = zones.emplace(claim.zone, *claim.zone_index);
    if (at->second != *claim.zone_index) {
      return block(draft, "VolumesOfAnother",
                   "volumes of zone " + claim.zone + " disagree on its number");
    }
    if (is_new) {
      add_zone(draft, {.name = claim.zone, .node_zone = claim.node_zone}, *claim.zone_index);
    }
    add_member(draft, each.member, claim.zone, api::myid_of(*claim.zone_index, each.ordinal),
               "Voter");
  }
  draft.status.set_ensemble_id(id);
  api::set_condition(
      draft.status, api::condition::kInitialized,
      {api::Truth::kTrue, "Adopted",
       "ensemble " + id + " was found on " + std::to_string(kept.size()) + " kept volumes"},
      input.cluster.generation, input.now);
  return Flow::kContinue;
}

/// Why nothing can be placed in a zone that is not recorded yet; empty: it can.
struct Obstacle {
  std::string_view reason;
  std::string message;
};

std::optional<Obstacle> obstacle_of(const Input& input, const NewZone& zone) {
  const std::vector<std::string>& nodes = input.observed.node_zones;
  if (!nodes.empty() && std::ranges::find(nodes, zone.node_zone) == nodes.end()) {
    return Obstacle{"ZoneWithoutNodes", "no node that takes Pods bears the label " +
                                            std::string(api::labels::kNodeZone) + "=" +
                                            zone.node_zone + ": add or label nodes, or take zone " +
                                            zone.name + " out of spec.zones"};
  }
  if (!input.observed.missing_storage_classes.empty()) {
    return Obstacle{"StorageClassMissing",
                    "storage class " + input.observed.missing_storage_classes.front() +
                        " does not exist: create it, or name another in spec.storage"};
  }
  return std::nullopt;
}

Flow bootstrap(const Input& input, Draft& draft) {
  const std::vector<NewZone> zones = wanted_zones(input);
  if (zones.empty()) {
    return block(
        draft, "NoNodes",
        "the spec names no zones, and there is no node that takes Pods, or the operator may not "
        "list nodes: name the zones in spec.zones");
  }
  std::vector<std::string> names;
  for (const NewZone& zone : zones) {
    if (const auto obstacle = obstacle_of(input, zone)) {
      return block(draft, obstacle->reason, obstacle->message);
    }
    add_zone(draft, zone, static_cast<int>(names.size()));
    names.push_back(zone.name);
  }
  const std::vector<ZoneShare> shares = place(input.cluster, names);
  for (size_t i = 0; i < names.size(); ++i) {
    if (shares[i].members() > api::kMembersPerZoneMax) {
      return block(draft, "ZoneTooLarge",
                   "zone " + names[i] + " would hold " + std::to_string(shares[i].members()) +
                       " members, at most " + std::to_string(api::kMembersPerZoneMax));
    }
    for (int ordinal = 0; ordinal < shares[i].voters; ++ordinal) {
      const std::string name = api::member_name(input.cluster.name, names[i], ordinal);
      add_member(draft, name, names[i], api::myid_of(static_cast<int>(i), ordinal), "Voter");
      draft.status.add_initial_voters(name);
    }
  }
  draft.status.set_ensemble_id(input.fresh_ensemble_id);
  api::set_condition(draft.status, api::condition::kInitialized,
                     {api::Truth::kFalse, "Forming", "the ensemble was not formed yet"},
                     input.cluster.generation, input.now);
  draft.record(change::kBootstrap, "Form", {}, input.now);
  return Flow::kContinue;
}

bool is_id_of_zone(int myid, int index) { return (myid - 1) / api::kMembersPerZoneMax == index; }

/// Whether anything still bears an id or the name of a zone.
bool is_zone_used(const Input& input, const api::QuorumClusterStatus& status,
                  const std::string& name, int index) {
  const std::string set = api::set_name(input.cluster.name, name);
  const auto has_member = [&](const api::MemberStatus& member) {
    return member.zone() == name || is_id_of_zone(member.myid(), index);
  };
  const auto has_volume = [&](const auto& each) {
    return each.second.zone == name || each.second.zone_index == index;
  };
  const auto has_line = [&](const auto& report) {
    return std::ranges::any_of(report.second.config, [&](const ensemble::ServerLine& server) {
      return is_id_of_zone(server.myid, index);
    });
  };
  const auto has_pod = [&](const auto& pod) { return api::ordinal_of(pod.first, set).has_value(); };
  return std::ranges::any_of(status.members(), has_member) ||
         std::ranges::any_of(input.observed.claims, has_volume) ||
         std::ranges::any_of(input.reports, has_line) ||
         std::ranges::any_of(input.observed.pods, has_pod);
}

bool is_free_index(const Input& input, const api::QuorumClusterStatus& status, int index) {
  const bool is_taken = std::ranges::any_of(
      status.zones(), [&](const api::ZoneStatus& zone) { return zone.index() == index; });
  return !is_taken && !is_zone_used(input, status, std::string("\n"), index);
}

void drop_unused_zones(const Input& input, Draft& draft) {
  auto& zones = *draft.status.mutable_zones();
  for (int i = zones.size() - 1; i >= 0; --i) {
    const api::ZoneStatus zone = zones.Get(i);
    const bool is_wanted = input.cluster.zones.empty() ||
                           std::ranges::find(input.cluster.zones, zone.name(),
                                             &api::ZoneSpec::name) != input.cluster.zones.end();
    if (is_wanted || is_zone_used(input, draft.status, zone.name(), zone.index())) {
      continue;
    }
    const auto set = input.observed.sets.find(api::set_name(input.cluster.name, zone.name()));
    if (set == input.observed.sets.end()) {
      zones.DeleteSubrange(i, 1);
    } else if (!set->second.is_terminating) {
      draft.actions.push_back(
          DeleteSet{.name = set->second.name, .uid = set->second.uid, .keeps_pods = false});
    }
  }
}

Flow add_new_zones(const Input& input, Draft& draft) {
  for (const api::ZoneSpec& zone : input.cluster.zones) {
    const bool is_known = std::ranges::any_of(
        draft.status.zones(),
        [&](const api::ZoneStatus& known) { return known.name() == zone.name; });
    if (is_known) {
      continue;
    }
    const NewZone added{.name = zone.name, .node_zone = zone.node_zone};
    if (const auto obstacle = obstacle_of(input, added)) {
      draft.step_blocked("AddZone", {}, obstacle->reason, obstacle->message);
      return Flow::kStop;
    }
    int index = 0;
    while (index < api::kZonesMax && !is_free_index(input, draft.status, index)) {
      ++index;
    }
    if (index == api::kZonesMax) {
      draft.step_blocked("AddZone", {}, "NoFreeZoneNumber",
                         "zone " + zone.name + " gets no number: all " +
                             std::to_string(api::kZonesMax) +
                             " are borne by members, volumes or server lines");
      return Flow::kStop;
    }
    add_zone(draft, added, index);
  }
  return Flow::kContinue;
}

}  // namespace

Flow record_identity(const Input& input, Draft& draft) {
  if (draft.status.ensemble_id().empty()) {
    draft.progressing = change::kBootstrap;
    draft.status.clear_zones();
    draft.status.clear_members();
    draft.status.clear_initial_voters();
    const std::vector<Kept> kept = kept_volumes(input);
    return kept.empty() ? bootstrap(input, draft) : adopt(input, draft, kept);
  }
  if (!api::is_true(draft.status, api::condition::kInitialized)) {
    return Flow::kContinue;
  }
  drop_unused_zones(input, draft);
  return add_new_zones(input, draft);
}

}  // namespace quorate::plan
