// What members do together: elections, writes, syncs, reconfigurations.
#include <algorithm>
#include <chrono>
#include <utility>

#include "operator/kube/json_value.h"
#include "operator/plan/placement.h"
#include "tests/operator/simulation/ensemble.h"

namespace quorate::opsim {

namespace {

using std::chrono::milliseconds;

reconcile::MemberAnswer refused(const std::string& error) {
  const Json body = {{"error", error}, {"reason", error}};
  return {.code = 409, .body = body.dump(), .error = {}};
}

/// "a" of "zoo-a-0".
std::string zone_of(const std::string& member) {
  const size_t begin = std::string(kCluster).size() + 1;
  return member.substr(begin, member.rfind('-') - begin);
}

bool is_tolerant(const std::map<std::string, int>& spread) {
  std::vector<plan::ZoneVoters> zones;
  for (const auto& [zone, voters] : spread) {
    zones.push_back({.zone = zone, .voters = voters});
  }
  return plan::tolerance_of(zones).is_tolerant;
}

}  // namespace

bool Ensemble::is_connected(const Process& process) const {
  return !cut_off_.contains(process.name);
}

bool Ensemble::can_vote(const Process& process) const {
  if (!process.is_up || process.is_ending || !is_connected(process)) {
    return false;
  }
  const Disk& disk = disks_.at(process.disk);
  return disk.is_whole && disk.ensemble_id == ensemble_id_;
}

bool Ensemble::is_voter(const std::string& member) const {
  const auto found = std::ranges::find(config_, member, &ensemble::ServerLine::name);
  return found != config_.end() && found->is_voter;
}

int Ensemble::voters() const {
  return static_cast<int>(std::ranges::count_if(config_, &ensemble::ServerLine::is_voter));
}

std::set<std::string> Ensemble::electors() const {
  std::set<std::string> names;
  for (const auto& [id, process] : processes_) {
    if (can_vote(process) && is_voter(process.name)) {
      names.insert(process.name);
    }
  }
  return names;
}

bool Ensemble::is_synced(const std::string& member) const {
  const Process* const process = running(member);
  return leader_ && process != nullptr && process->is_synced && is_connected(*process);
}

std::set<std::string> Ensemble::synced_voters() const {
  std::set<std::string> names;
  for (const std::string& name : electors()) {
    if (is_synced(name) && !is_terminating(name)) {
      names.insert(name);
    }
  }
  return names;
}

std::map<std::string, int> Ensemble::voters_by_zone() const {
  std::map<std::string, int> spread;
  for (const ensemble::ServerLine& server : config_) {
    spread[zone_of(server.name)] += server.is_voter ? 1 : 0;
  }
  return spread;
}

void Ensemble::elect() {
  if (leader_) {
    return;
  }
  // The newest configuration that anybody has who may vote by it.
  for (const auto& [id, process] : processes_) {
    if (can_vote(process) && disks_.at(process.disk).config_version > config_version_) {
      config_version_ = disks_.at(process.disk).config_version;
      config_ = disks_.at(process.disk).config;
    }
  }
  const std::set<std::string> names = electors();
  if (config_.empty() || static_cast<int>(names.size()) < quorum()) {
    elects_at_ = std::max(elects_at_, context_.now() + milliseconds(300));
    return;
  }
  if (context_.now() < elects_at_) {
    return;
  }
  const std::string* best = nullptr;
  for (const std::string& name : names) {
    const auto zxid = [&](const std::string& each) { return disks_.at(running(each)->disk).zxid; };
    best = best == nullptr || zxid(name) >= zxid(*best) ? &name : best;
  }
  if (disks_.at(running(*best)->disk).zxid < committed_) {
    context_.violate(*best, "leads without what clients were told of");
    committed_ = disks_.at(running(*best)->disk).zxid;
  }
  lead(*best);
}

void Ensemble::lead(const std::string& member) {
  leader_ = member;
  ++epoch_;
  for (auto& [id, process] : processes_) {
    process.is_synced = process.name == member;
    process.synced_at.reset();
  }
  disks_.at(running(member)->disk).zxid = static_cast<uint64_t>(epoch_) << 32;
  context_.note(member, "leads epoch " + std::to_string(epoch_));
}

void Ensemble::copy_from_leader(Disk& disk) const {
  const Disk& source = disks_.at(running(*leader_)->disk);
  const int myid = disk.myid;
  disk = source;
  disk.myid = myid;
}

void Ensemble::sync(Process& process) {
  Disk& disk = disks_.at(process.disk);
  if (!disk.ensemble_id.empty() && disk.ensemble_id != ensemble_id_) {
    return;
  }
  if (!process.synced_at) {
    const bool is_slow = context_.has(Fault::kSlowMember) && context_.random.one_in(4);
    const int64_t longest = (disk.is_whole ? 1500 : 8000) * (is_slow ? 6 : 1);
    process.synced_at =
        context_.now() + context_.random.between(milliseconds(100), milliseconds(longest));
  }
  if (context_.now() < *process.synced_at) {
    return;
  }
  disk.myid = process.myid;
  copy_from_leader(disk);
  process.is_synced = true;
  context_.note(process.name, "is synced");
}

void Ensemble::replicate() {
  if (!leader_) {
    return;
  }
  disks_.at(running(*leader_)->disk).zxid += 1 + context_.random.below(20);
  int holders = 0;
  for (auto& [id, process] : processes_) {
    if (!process.is_up || process.is_ending || !is_connected(process)) {
      process.is_synced = false;
      process.synced_at.reset();
      continue;
    }
    if (process.name != *leader_ && process.is_synced) {
      copy_from_leader(disks_.at(process.disk));
    } else if (process.name != *leader_) {
      sync(process);
    }
    holders += process.is_synced && is_voter(process.name) ? 1 : 0;
  }
  if (holders >= quorum()) {
    committed_ = disks_.at(running(*leader_)->disk).zxid;
  }
}

reconcile::MemberAnswer Ensemble::reconfigure(const reconcile::MemberOrder& order) {
  const auto body = kube::parse_json(order.body);
  if (!body || !body->is_object()) {
    return {.code = 400, .body = "{}", .error = {}};
  }
  const auto expected = ensemble::parse_hex(kube::text_at(*body, {"expectedVersion"}));
  if (expected != config_version_) {
    return refused("BadVersion");
  }
  Servers next = config_;
  std::stringstream leaving(kube::text_at(*body, {"leaving"}));
  for (std::string id; std::getline(leaving, id, ',');) {
    std::erase_if(next, [&](const auto& each) { return std::to_string(each.myid) == id; });
  }
  std::string joining = kube::text_at(*body, {"joining"});
  std::ranges::replace(joining, ',', '\n');
  for (const ensemble::ServerLine& server : ensemble::parse_servers(joining)) {
    std::erase_if(next, [&](const auto& each) { return each.myid == server.myid; });
    if (server.is_voter && !is_synced(server.name)) {
      context_.violate(server.name, "is to vote and is not synced");
    }
    next.push_back(server);
  }
  std::ranges::sort(next, {}, &ensemble::ServerLine::myid);
  int voting = 0;
  int synced = 0;
  for (const ensemble::ServerLine& server : next) {
    voting += server.is_voter ? 1 : 0;
    synced += server.is_voter && is_synced(server.name) ? 1 : 0;
  }
  if (synced < voting / 2 + 1) {
    return refused("NewConfigNoQuorum");
  }
  const std::map<std::string, int> before = voters_by_zone();
  config_ = std::move(next);
  ++config_version_;
  Disk& disk = disks_.at(running(*leader_)->disk);
  disk.config = config_;
  disk.config_version = config_version_;
  ++disk.zxid;
  committed_ = disk.zxid;
  for (auto& [id, process] : processes_) {
    if (process.is_synced && is_connected(process) && process.name != *leader_) {
      copy_from_leader(disks_.at(process.disk));
    }
  }
  context_.note("ensemble", text());
  check_zones(before);
  judge_leader();
  return {.code = 200, .body = "{}", .error = {}};
}

reconcile::MemberAnswer Ensemble::hand_over(const reconcile::MemberOrder& order) {
  const auto body = kube::parse_json(order.body);
  const int target = body && body->is_object() ? body->value("target", 0) : 0;
  const auto found = std::ranges::find(config_, target, &ensemble::ServerLine::myid);
  if (found == config_.end() || !found->is_voter || !is_synced(found->name)) {
    return refused("NoSuchFollower");
  }
  // Followers go on with the new leader at once.
  std::set<std::string> synced;
  for (const auto& [id, process] : processes_) {
    if (process.is_synced) {
      synced.insert(process.name);
    }
  }
  lead(found->name);
  for (auto& [id, process] : processes_) {
    process.is_synced = synced.contains(process.name);
  }
  return {.code = 200, .body = "{}", .error = {}};
}

std::string Ensemble::text() const {
  std::string words = "configuration";
  for (const ensemble::ServerLine& server : config_) {
    words += " " + server.name + (server.is_voter ? "" : "(observer)");
  }
  return words + ", leader " + leader_.value_or("none");
}

void Ensemble::check_zones(const std::map<std::string, int>& before) {
  const std::map<std::string, int> after = voters_by_zone();
  const local::ObjectPtr cluster = kubernetes_->find("quorumclusters.quorate.dev", kCluster);
  const bool is_replacement =
      cluster && local::text(*cluster, "status/inFlight/kind") == "ReplacingMember";
  if (before.size() >= 3 && is_tolerant(before) && !is_tolerant(after) && voters() > 1 &&
      !is_replacement) {
    context_.violate("ensemble", "a zone holds a majority: " + text());
  }
  int sum = 0;
  for (const auto& [zone, count] : before) {
    sum += count;
  }
  if (sum % 2 == 1 && voters() % 2 == 0 && !is_replacement) {
    context_.violate("ensemble", "an even number of voters: " + text());
  }
}

}  // namespace quorate::opsim
