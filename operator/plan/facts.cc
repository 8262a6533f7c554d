// Gathering of facts.
#include "operator/plan/facts.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/names.h"

namespace quorate::plan {

namespace {

template <typename Map>
const typename Map::mapped_type* find_in(const Map& map, const std::string& key) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &found->second;
}

class Gatherer {
 public:
  Gatherer(const Input& input, const api::QuorumClusterStatus& status)
      : input_(input), status_(status), facts_{.in = input, .cluster = input.cluster} {}

  Facts gather() {
    facts_.is_initialized = api::is_true(status_, api::condition::kInitialized);
    gather_zones();
    gather_view();
    gather_slots();
    return std::move(facts_);
  }

 private:
  [[nodiscard]] bool is_zone_wanted(const std::string& name) const {
    return input_.cluster.zones.empty() ||
           std::ranges::find(input_.cluster.zones, name, &api::ZoneSpec::name) !=
               input_.cluster.zones.end();
  }

  void gather_zones() {
    for (const api::ZoneStatus& zone : status_.zones()) {
      facts_.zones.push_back(
          {.name = zone.name(), .index = zone.index(), .node_zone = zone.node_zone(), .share = {}});
    }
    std::ranges::sort(facts_.zones, {}, &ZoneTarget::index);
    std::vector<std::string> wanted;
    for (const ZoneTarget& zone : facts_.zones) {
      facts_.zone_order.push_back(zone.name);
      if (is_zone_wanted(zone.name)) {
        wanted.push_back(zone.name);
      }
    }
    if (wanted.empty()) {
      return;
    }
    const std::vector<ZoneShare> shares = place(input_.cluster, wanted);
    for (ZoneTarget& zone : facts_.zones) {
      const auto found = std::ranges::find(wanted, zone.name);
      if (found != wanted.end()) {
        zone.share = shares[static_cast<size_t>(found - wanted.begin())];
      }
    }
  }

  void gather_view() {
    std::vector<ensemble::Expected> expected;
    for (const api::MemberStatus& member : status_.members()) {
      expected.push_back({.name = member.name(), .myid = member.myid()});
    }
    facts_.view = ensemble::view_of(expected, status_.ensemble_id(), input_.reports);
  }

  void gather_slots() {
    for (const ZoneTarget& zone : facts_.zones) {
      const std::string set = api::set_name(input_.cluster.name, zone.name);
      std::set<int> ordinals;
      for (int ordinal = 0; ordinal < zone.share.members(); ++ordinal) {
        ordinals.insert(ordinal);
      }
      const auto add = [&](const std::string& name) {
        if (const auto ordinal = api::ordinal_of(name, set)) {
          ordinals.insert(*ordinal);
        }
      };
      for (const api::MemberStatus& member : status_.members()) {
        add(member.name());
      }
      for (const auto& [name, pod] : input_.observed.pods) {
        add(name);
      }
      if (const Set* const found = find_in(input_.observed.sets, set);
          found != nullptr && found->revision.empty()) {
        facts_.is_revision_known = false;
      }
      for (const int ordinal : ordinals) {
        facts_.slots.push_back(slot(zone, ordinal));
      }
    }
  }

  Slot slot(const ZoneTarget& zone, int ordinal) const {
    Slot slot;
    slot.name = api::member_name(input_.cluster.name, zone.name, ordinal);
    slot.zone = zone.name;
    slot.zone_index = zone.index;
    slot.ordinal = ordinal;
    slot.myid = api::myid_of(zone.index, ordinal);
    slot.is_wanted = ordinal < zone.share.members();
    slot.is_wanted_voter = ordinal < zone.share.voters;
    if (const api::MemberStatus* const recorded = find_member(status_, slot.name)) {
      slot.is_recorded = true;
      slot.volume_uid = recorded->volume_uid();
    }
    if (const ensemble::MemberView* const member = facts_.view.find(slot.name)) {
      const std::string role = find_member(status_, slot.name)->role();
      const bool is_told = !facts_.view.config.empty();
      slot.is_in_config = is_told ? member->is_in_config : role == "Voter" || role == "Observer";
      slot.is_voter = is_told ? member->is_voter : role == "Voter";
      slot.is_trusted = member->is_trusted;
      slot.is_synced = member->is_synced;
      slot.is_leader = facts_.view.leader == slot.name;
      slot.lag = member->lag;
      slot.problem = member->problem;
      slot.detail = member->detail;
    }
    slot.pod = find_in(input_.observed.pods, slot.name);
    slot.data = find_in(input_.observed.claims, api::volume_name("data", slot.name));
    slot.log = find_in(input_.observed.claims, api::volume_name("log", slot.name));
    // A member that answers from a Pod on its way out is as good as gone.
    if (slot.pod == nullptr || slot.pod->is_terminating) {
      slot.is_synced = false;
    }
    slot.is_outdated = is_outdated(slot, zone);
    slot.is_former = !slot.is_voter && !slot.is_trusted && slot.data != nullptr &&
                     bears_former_id(status_, *slot.data);
    return slot;
  }

  [[nodiscard]] bool is_outdated(const Slot& slot, const ZoneTarget& zone) const {
    if (slot.pod == nullptr || slot.pod->is_terminating) {
      return false;
    }
    const Set* const set =
        find_in(input_.observed.sets, api::set_name(input_.cluster.name, zone.name));
    const bool is_old =
        set != nullptr && !set->revision.empty() && slot.pod->revision != set->revision;
    const bool needs_restart = (slot.data != nullptr && slot.data->needs_restart) ||
                               (slot.log != nullptr && slot.log->needs_restart);
    return is_old || needs_restart;
  }

  const Input& input_;
  const api::QuorumClusterStatus& status_;
  Facts facts_;
};

}  // namespace

std::string Slot::stuck_text() const {
  if (!is_stuck()) {
    return {};
  }
  return pod->stuck_detail.empty() ? pod->stuck : pod->stuck + ": " + pod->stuck_detail;
}

const Slot* Facts::find(const std::string& name) const {
  const auto found = std::ranges::find(slots, name, &Slot::name);
  return found == slots.end() ? nullptr : &*found;
}

int Facts::voters() const {
  if (!view.config.empty()) {
    return view.voters();
  }
  return static_cast<int>(std::ranges::count_if(slots, &Slot::is_voter));
}

int Facts::zone_position(const std::string& zone) const {
  return static_cast<int>(std::ranges::find(zone_order, zone) - zone_order.begin());
}

Facts gather(const Input& input, const api::QuorumClusterStatus& status) {
  return Gatherer(input, status).gather();
}

bool bears_former_id(const api::QuorumClusterStatus& status, const Claim& claim) {
  const std::string& former = status.recovery().former_ensemble_id();
  return !former.empty() && claim.ensemble_id == former;
}

const api::MemberStatus* find_member(const api::QuorumClusterStatus& status,
                                     const std::string& name) {
  const auto found = std::ranges::find_if(
      status.members(), [&](const api::MemberStatus& each) { return each.name() == name; });
  return found == status.members().end() ? nullptr : &*found;
}

api::MemberStatus* find_member(api::QuorumClusterStatus& status, const std::string& name) {
  for (api::MemberStatus& each : *status.mutable_members()) {
    if (each.name() == name) {
      return &each;
    }
  }
  return nullptr;
}

}  // namespace quorate::plan
