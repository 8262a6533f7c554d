// The toy world's rules.
#include "tests/operator/plan/world.h"

#include <algorithm>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/names.h"
#include "operator/resources/bundle.h"
#include "operator/resources/pod_template.h"
#include "operator/resources/stateful_set.h"
#include "server/base/overloaded.h"

namespace quorate::plan::testing {

namespace {

constexpr const char* kName = "zoo";
constexpr int64_t kStartDelayMs = 2000;

std::string zone_of(const std::string& set) { return set.substr(std::string(kName).size() + 1); }

std::string set_of(const std::string& pod) { return pod.substr(0, pod.rfind('-')); }

int ordinal_in(const std::string& pod) { return std::stoi(pod.substr(pod.rfind('-') + 1)); }

bool names_member(const api::InFlight& record, const std::string& name, const std::string& uid) {
  return std::ranges::any_of(record.members(), [&](const api::InFlightMember& each) {
    return each.name() == name && (uid.empty() || each.uid() == uid);
  });
}

}  // namespace

uint64_t World::random(uint64_t below) {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t z = state_;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return (z ^ z >> 31) % below;
}

std::string World::fresh_uid(const char* what) { return what + std::to_string(++uids_); }

const std::optional<api::ValidatedCluster>& World::cluster() const {
  const std::string key = spec.dump() + restarted_at + leader_asked + recovery_asked +
                          (is_deleted ? "d" : "") + (has_finalizer ? "f" : "");
  if (key != cluster_key_) {
    cluster_key_ = key;
    cluster_ = validated();
  }
  return cluster_;
}

std::optional<api::ValidatedCluster> World::validated() const {
  nlohmann::json object = {
      {"metadata", {{"name", kName}, {"namespace", "d"}, {"uid", "cluster"}, {"generation", 1}}},
      {"spec", spec}};
  if (!restarted_at.empty()) {
    object["metadata"]["annotations"] = {{"quorate.dev/restartedAt", restarted_at}};
  }
  object["metadata"]["annotations"]["quorate.dev/transferLeader"] = leader_asked;
  object["metadata"]["annotations"]["quorate.dev/recover"] = recovery_asked;
  if (is_deleted) {
    object["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  }
  if (has_finalizer) {
    object["metadata"]["finalizers"] = nlohmann::json::array({"quorate.dev/cluster"});
  }
  return api::validate(object, {.image = "quorate:1"}).cluster;
}

bool World::is_running(const std::string& member) const {
  const auto found = pods.find(member);
  return found != pods.end() && found->second.pod.stuck.empty() &&
         !found->second.pod.is_terminating && !found->second.is_cut_off &&
         now_ms >= found->second.running_from_ms;
}

Disk* World::disk(const std::string& member) {
  const auto found = claims.find("data-" + member);
  return found == claims.end() ? nullptr : &found->second.disk;
}

const Disk* World::disk(const std::string& member) const {
  const auto found = claims.find("data-" + member);
  return found == claims.end() ? nullptr : &found->second.disk;
}

bool World::is_voter(const std::string& member) const {
  return std::ranges::any_of(config, [&](const ensemble::ServerLine& server) {
    return server.name == member && server.is_voter;
  });
}

int World::voters() const {
  return static_cast<int>(std::ranges::count_if(config, &ensemble::ServerLine::is_voter));
}

/// The rule of a member: an empty disk does not vote until it has synced.
bool World::can_vote(const std::string& member) const {
  const Disk* const own = disk(member);
  return is_running(member) && own != nullptr && own->ensemble_id == status.ensemble_id() &&
         !pods.at(member).is_resyncing;
}

bool World::is_synced(const std::string& member) const {
  const Disk* const own = disk(member);
  return leader && can_vote(member) && own->zxid + ensemble::kLagMax >= committed;
}

int World::synced_voters() const {
  int count = 0;
  for (const ensemble::ServerLine& server : config) {
    count += server.is_voter && is_synced(server.name) ? 1 : 0;
  }
  return count;
}

std::map<std::string, int> World::voters_by_zone() const {
  std::map<std::string, int> spread;
  for (const ensemble::ServerLine& server : config) {
    if (server.is_voter) {
      ++spread[zone_of(set_of(server.name))];
    }
  }
  return spread;
}

std::map<std::string, ensemble::MemberReport> World::reports() const {
  std::map<std::string, ensemble::MemberReport> all;
  for (const api::MemberStatus& member : status.members()) {
    const std::string& name = member.name();
    if (!is_running(name)) {
      all.emplace(name, ensemble::unreachable("connection refused"));
      continue;
    }
    ensemble::MemberReport report;
    const Disk* const own = disk(name);
    report.myid = member.myid();
    report.version = "1";
    report.ensemble_id = own == nullptr ? "" : own->ensemble_id;
    report.zxid = own == nullptr ? 0 : own->zxid;
    report.epoch = leader ? epoch : 0;
    report.config = config;
    report.config_version = config_version;
    report.is_formed = is_formed;
    report.disk = pods.at(name).is_resyncing ? ensemble::Disk::kResyncing : ensemble::Disk::kOk;
    report.role = ensemble::Role::kLooking;
    if (leader) {
      report.is_serving = is_synced(name);
      report.role = leader == name                     ? ensemble::Role::kLeader
                    : is_voter(name) && can_vote(name) ? ensemble::Role::kFollower
                                                       : ensemble::Role::kObserver;
    }
    all.emplace(name, std::move(report));
  }
  return all;
}

Observed World::observed() const {
  Observed seen;
  seen.sets = sets;
  seen.conflicts = conflicts;
  seen.secret_problems = secret_problems;
  seen.has_admin_secret = applied_.has_value();
  // Zones that a script names have nodes.
  if (!spec.contains("zones")) {
    seen.node_zones = node_zones;
  }
  for (const auto& [name, pod] : pods) {
    seen.pods.emplace(name, pod.pod);
  }
  for (const auto& [name, claim] : claims) {
    seen.claims.emplace(name, claim.claim);
  }
  return seen;
}

Plan World::pass() {
  const std::optional<api::ValidatedCluster> valid = cluster();
  if (!valid || is_gone) {
    return {};
  }
  auto heard = reports();
  if (spoil_input != nullptr) {
    spoil_input(*this, heard);
  }
  const Observed seen = observed();
  Plan plan = make_plan({.cluster = *valid,
                         .recorded = status,
                         .observed = seen,
                         .reports = heard,
                         .now = WallMillis{now_ms},
                         .fresh_ensemble_id = "00000000000000e" + std::to_string(random(9)),
                         .fresh_token = "token"});
  if (spoil_plan != nullptr) {
    spoil_plan(*this, plan);
  }
  if (plan.is_status_changed) {
    if (random(100) < static_cast<uint64_t>(action_fails_percent)) {
      return plan;  // A conflict: nothing is done.
    }
    status = plan.status;
  }
  if (plan.blueprint) {
    apply(*plan.blueprint);
  }
  perform(plan);
  return plan;
}

void World::perform(const Plan& plan) {
  for (const Action& action : plan.actions) {
    const uint64_t fate = random(100);
    const auto percent = static_cast<uint64_t>(action_fails_percent);
    if (fate < percent / 2) {
      return;  // It did not arrive.
    }
    check_action(plan, action);
    const int before = synced_voters();
    const bool had_quorum = leader && voters() > 0 && before >= voters() / 2 + 1;
    const int voters_before = voters();
    const bool is_done = act(action);
    const auto& valid = cluster();
    const bool is_meant = valid->allow_downtime || voters_before <= 1 || valid->is_deleting;
    if (had_quorum && !is_meant && synced_voters() < voters() / 2 + 1) {
      violate("lost the quorum by: " + text_of(action));
    }
    if (!is_done || fate < percent) {
      return;  // Refused, or the answer was lost.
    }
  }
}

void World::check_action(const Plan& plan, const Action& action) {
  if (const auto* const evicted = std::get_if<EvictPod>(&action)) {
    if (!names_member(status.in_flight(), evicted->name, evicted->uid)) {
      violate("not recorded before: " + text_of(action));
    }
  }
  if (const auto* const deleted = std::get_if<DeletePod>(&action)) {
    const auto found = pods.find(deleted->name);
    if (found != pods.end() && found->second.pod.uid == deleted->uid && is_voter(deleted->name) &&
        is_synced(deleted->name)) {
      violate("a synced voter bypasses the budget: " + text_of(action));
    }
  }
  if (const auto* const change = std::get_if<Reconfigure>(&action)) {
    for (const resources::Server& server : change->joining) {
      if (!names_member(status.in_flight(), server.member, {})) {
        violate("not recorded before: " + text_of(action));
      }
      if (server.is_voter && !is_synced(server.member)) {
        violate("an unsynced member is to vote: " + text_of(action));
      }
    }
  }
  if (const auto* const deleted = std::get_if<DeleteClaim>(&action)) {
    const auto found = claims.find(deleted->name);
    const bool is_kept = cluster()->reclaim == api::Reclaim::kRetain;
    if (found != claims.end() && is_kept && found->second.disk.zxid != 0) {
      violate("the policy keeps: " + text_of(action));
    }
  }
  static_cast<void>(plan);
}

bool World::act(const Action& action) {
  return std::visit(Overloaded{
                        [&](const AddFinalizer&) { return has_finalizer = true; },
                        [&](const RemoveFinalizer&) {
                          is_gone = true;
                          sets.clear();
                          pods.clear();
                          return true;
                        },
                        [&](const ConfirmFormed& a) { return is_formed = leader == a.leader; },
                        [&](const Reconfigure& a) { return reconfigure(a); },
                        [&](const TransferLeadership& a) {
                          if (leader != a.from || !is_voter(a.to) || !is_synced(a.to)) {
                            return false;
                          }
                          leader = a.to;
                          ++epoch;
                          return true;
                        },
                        [&](const EvictPod& a) { return evict(a); },
                        [&](const DeletePod& a) {
                          const auto found = pods.find(a.name);
                          if (found == pods.end() || found->second.pod.uid != a.uid) {
                            return false;
                          }
                          found->second.pod.is_terminating = true;
                          return true;
                        },
                        [&](const LabelPod& a) {
                          const auto found = pods.find(a.name);
                          if (found != pods.end() && found->second.pod.uid == a.uid) {
                            found->second.pod.role = a.role;
                          }
                          return true;
                        },
                        [&](const GrowClaim& a) {
                          claims.at(a.name).claim.size = a.size;
                          claims.at(a.name).claim.needs_restart = random(2) == 0;
                          return true;
                        },
                        [&](const DeleteClaim& a) {
                          const auto found = claims.find(a.name);
                          if (found == claims.end() || found->second.claim.uid != a.uid) {
                            return false;
                          }
                          found->second.claim.is_terminating = true;
                          return true;
                        },
                        [&](const RetireClaim& a) {
                          claims.at(a.name).claim.is_retired = a.is_retired;
                          return true;
                        },
                        [&](const StampClaim& a) {
                          claims.at(a.name).claim.ensemble_id = a.ensemble_id;
                          return true;
                        },
                        [&](const DeleteSet& a) { return remove_set(a); },
                    },
                    action);
}

bool World::remove_set(const DeleteSet& action) {
  const auto found = sets.find(action.name);
  if (found == sets.end() || found->second.uid != action.uid) {
    return false;
  }
  sets.erase(found);
  if (!action.keeps_pods) {
    for (auto& [name, pod] : pods) {
      pod.pod.is_terminating |= set_of(name) == action.name;
    }
  }
  return true;
}

/// As the disruption controller counts: healthy Pods that bear the label.
bool World::evict(const EvictPod& action) {
  const auto found = pods.find(action.name);
  if (found == pods.end() || found->second.pod.uid != action.uid ||
      found->second.pod.is_terminating || found->second.is_kept) {
    return false;
  }
  if (found->second.pod.role == "voter") {
    int healthy = 0;
    for (const auto& [name, pod] : pods) {
      healthy += pod.pod.role == "voter" && pod.pod.is_ready && !pod.pod.is_terminating ? 1 : 0;
    }
    if (healthy - 1 < applied_->voters_available_min) {
      return false;
    }
  }
  found->second.pod.is_terminating = true;
  return true;
}

bool World::reconfigure(const Reconfigure& action) {
  if (!leader || leader != action.leader) {
    violate("without a quorum: " + text_of(action));
    return false;
  }
  if (action.from_version != config_version) {
    return false;
  }
  std::vector<ensemble::ServerLine> next = config;
  std::erase_if(next, [&](const ensemble::ServerLine& server) {
    return std::ranges::find(action.leaving, server.myid) != action.leaving.end();
  });
  for (const resources::Server& server : action.joining) {
    std::erase_if(next, [&](const auto& each) { return each.myid == server.myid; });
    next.push_back({.myid = server.myid, .name = server.member, .is_voter = server.is_voter});
  }
  std::ranges::sort(next, {}, &ensemble::ServerLine::myid);
  int voting = 0;
  int synced = 0;
  for (const ensemble::ServerLine& server : next) {
    voting += server.is_voter ? 1 : 0;
    synced += server.is_voter && is_synced(server.name) ? 1 : 0;
  }
  if (synced < voting / 2 + 1) {
    return false;  // NewConfigNoQuorum.
  }
  const auto tolerant = [](const std::map<std::string, int>& spread) {
    std::vector<ZoneVoters> zones;
    for (const auto& [zone, count] : spread) {
      zones.push_back({.zone = zone, .voters = count});
    }
    return tolerance_of(zones).is_tolerant;
  };
  const bool was_tolerant = tolerant(voters_by_zone());
  const int voters_before = voters();
  config = std::move(next);
  ++config_version;
  const bool is_replacement = status.in_flight().kind() == "ReplacingMember";
  if (was_tolerant && !tolerant(voters_by_zone()) && voters() > 1 && cluster()->voters > 1 &&
      node_zones.size() >= 3 && !is_replacement && !cluster()->allow_zone_risk) {
    violate("a zone holds a majority after: " + text_of(action));
  }
  if (voters_before % 2 == 1 && voters() % 2 == 0 && !is_replacement) {
    violate("an even number of voters after: " + text_of(action));
  }
  if (!is_voter(*leader)) {
    elect();
  }
  return true;
}

void World::apply(const resources::Blueprint& blueprint) {
  if (!applied_ || applied_->recover_from != blueprint.recover_from) {
    applied_ms_ = now_ms;
  }
  applied_ = blueprint;
  if (is_formed && blueprint.mode == resources::Mode::kForm) {
    violate("an ensemble that was formed is told to form");
  }
  for (const resources::ZoneSet& zone : blueprint.zones) {
    const std::string name = api::set_name(kName, zone.zone);
    Set& set = sets[name];
    if (set.name.empty()) {
      set.name = name;
      set.uid = fresh_uid("s");
      set.data_size = zone.data_size.empty() ? blueprint.cluster.data.size : zone.data_size;
      set.ensemble_id = blueprint.ensemble_id;
    }
    set.replicas = zone.replicas;
    set.applied_hash = resources::applied_hash_of(resources::stateful_set(blueprint, zone));
    const nlohmann::json contents = resources::pod_template(blueprint, zone);
    set.revision = "r" + api::hex64(api::fnv1a(contents.dump())).substr(0, 6);
    const std::string image = contents["spec"]["containers"][0]["image"];
    const bool is_bad = image.find("bad") != std::string::npos;
    const bool crashes = blueprint.cluster.config.contains("crash");
    bad_images_[set.revision] = crashes ? "CrashLoopBackOff" : is_bad ? "ImagePullBackOff" : "";
  }
}

void World::add_pod(const Set& set, int ordinal) {
  const std::string name = set.name + "-" + std::to_string(ordinal);
  const std::string claim_name = "data-" + name;
  if (!claims.contains(claim_name)) {
    ToyClaim& made = claims[claim_name];
    made.claim.name = claim_name;
    made.claim.uid = fresh_uid("v");
    made.claim.ensemble_id = set.ensemble_id;
    made.claim.cluster_uid = "cluster";
    made.claim.zone = zone_of(set.name);
    for (const api::ZoneStatus& zone : status.zones()) {
      if (zone.name() == made.claim.zone) {
        made.claim.zone_index = zone.index();
        made.claim.node_zone = zone.node_zone();
      }
    }
    made.claim.size = set.data_size;
  } else if (claims.at(claim_name).claim.is_terminating) {
    return;
  }
  ToyPod& pod = pods[name];
  pod.pod.name = name;
  pod.pod.uid = fresh_uid("p");
  pod.pod.revision = set.revision;
  pod.pod.stuck = bad_images_[set.revision];
  if (unschedulable_zones.contains(zone_of(set.name))) {
    pod.pod.stuck = "Unschedulable";
  }
  pod.pod.created = WallMillis{now_ms};
  pod.pod.ready_changed = WallMillis{now_ms};
  pod.running_from_ms = now_ms + kStartDelayMs + static_cast<int64_t>(random(3)) * 1000;
  pod.synced_from_ms = pod.running_from_ms + 3000 + static_cast<int64_t>(random(5)) * 1000;
  claims.at(claim_name).claim.needs_restart = false;
  pod.is_resyncing = claims.at(claim_name).disk.ensemble_id.empty();
}

void World::run_sets() {
  for (auto& [name, pod] : pods) {
    const auto set = sets.find(set_of(name));
    if (set != sets.end() && ordinal_in(name) >= set->second.replicas) {
      pod.pod.is_terminating = true;
    }
  }
  for (const auto& [name, set] : sets) {
    for (int ordinal = 0; ordinal < set.replicas; ++ordinal) {
      if (!pods.contains(name + "-" + std::to_string(ordinal))) {
        add_pod(set, ordinal);
      }
    }
  }
}

void World::run_claims() {
  for (auto at = claims.begin(); at != claims.end();) {
    const bool is_used = pods.contains(at->first.substr(5));
    at = at->second.claim.is_terminating && !is_used ? claims.erase(at) : std::next(at);
  }
}

void World::run_pods() {
  for (auto at = pods.begin(); at != pods.end();) {
    at = at->second.pod.is_terminating ? pods.erase(at) : std::next(at);
  }
  if (leader && (!is_running(*leader) || !is_voter(*leader))) {
    leader.reset();
  }
  for (auto& [name, pod] : pods) {
    Disk* const own = disk(name);
    // In form mode the listed voters begin on empty disks; later nobody does.
    if (own != nullptr && own->ensemble_id.empty() && is_running(name) && applied_ &&
        applied_->mode == resources::Mode::kForm) {
      own->ensemble_id = status.ensemble_id();
      pod.is_resyncing = false;
      if (config.empty()) {
        for (const resources::Server& server : applied_->servers) {
          config.push_back(
              {.myid = server.myid, .name = server.member, .is_voter = server.is_voter});
        }
      }
    }
  }
}

void World::tick() {
  now_ms += 1000;
  run_pods();
  run_claims();
  run_sets();
  take_over();
  elect();
  replicate();
  for (auto& [name, pod] : pods) {
    const bool is_ready = is_synced(name);
    if (is_ready != pod.pod.is_ready) {
      pod.pod.is_ready = is_ready;
      pod.pod.ready_changed = WallMillis{now_ms};
    }
  }
}

bool World::settle(int ticks_max, std::vector<Plan>* plans) {
  int quiet = 0;
  for (int i = 0; i < ticks_max && quiet < 12; ++i) {
    Plan plan = pass();
    const bool is_quiet = plan.actions.empty() && plan.status.plan().empty();
    quiet = is_quiet ? quiet + 1 : 0;
    if (plans != nullptr) {
      plans->push_back(std::move(plan));
    }
    tick();
  }
  return quiet >= 12;
}

void World::kill(const std::string& pod) { pods.erase(pod); }

}  // namespace quorate::plan::testing
