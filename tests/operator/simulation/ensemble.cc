// Processes of members: their life, and what they answer to the operator.
#include "tests/operator/simulation/ensemble.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "operator/kube/json_value.h"
#include "server/base/text.h"

namespace quorate::opsim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTick = milliseconds(250);
/// How long one that led and is cut off believes that it still does.
constexpr Duration kClaim = seconds(2);

/// The value of a line "key=value"; empty: there is none.
std::string setting(const std::string& text, const std::string& key) {
  for (const std::string_view line : split(text, '\n')) {
    if (line.starts_with(key + "=")) {
      return std::string(trim(line.substr(key.size() + 1)));
    }
  }
  return {};
}

const local::PodVolume* volume_of(const local::StartContainer& action, const std::string& name) {
  const auto found = std::ranges::find(action.volumes, name, &local::PodVolume::name);
  return found == action.volumes.end() ? nullptr : &*found;
}

std::string file_of(const local::StartContainer& action, const std::string& volume,
                    const std::string& file) {
  const local::PodVolume* const found = volume_of(action, volume);
  const auto at = found == nullptr ? decltype(found->files.end()){} : found->files.find(file);
  return found == nullptr || at == found->files.end() ? std::string() : at->second.content;
}

}  // namespace

Ensemble::Ensemble(Context& context) : context_(context) {
  context_.queue.after(kTick, [this] { tick(); });
}

void Ensemble::tick() {
  judge_leader();
  elect();
  replicate();
  context_.queue.after(kTick, [this] { tick(); });
}

void Ensemble::start(const local::StartContainer& action) {
  const bool is_slow = context_.has(Fault::kSlowMember) && context_.random.one_in(4);
  const Duration delay =
      context_.random.between(milliseconds(50), milliseconds(is_slow ? 20'000 : 1500));
  Process& process = processes_[action.id];
  process.name = action.pod_name;
  process.address = action.address;
  context_.queue.after(delay, [this, action] { begin(action.id, action); });
}

void Ensemble::begin(const Id& id, const local::StartContainer& action) {
  const auto found = processes_.find(id);
  if (found == processes_.end() || found->second.is_ending) {
    return;
  }
  Process& process = found->second;
  const std::string settings = file_of(action, "config", "zoo.cfg");
  const local::PodVolume* const data = volume_of(action, "data");
  process.token = std::string(trim(file_of(action, "admin", "token")));
  process.image = action.plan.image;
  const Servers servers = ensemble::parse_servers(settings);
  const auto own = std::ranges::find(servers, process.name, &ensemble::ServerLine::name);
  const bool crashes = !setting(settings, "simulation.crash").empty();
  kubernetes_->tell(local::ContainerStarted{id});
  if (data == nullptr || own == servers.end() || crashes) {
    end(id, 1);
    return;
  }
  process.disk = data->path;
  process.myid = own->myid;
  Disk& disk = disks_[process.disk];
  const std::string ensemble_id = setting(settings, "quorate.ensembleId");
  const bool is_empty = disk.ensemble_id.empty() && !disk.is_whole;
  if (is_empty && setting(settings, "quorate.bootstrap") == "form") {
    if (is_formed_) {
      context_.violate(process.name, "forms an ensemble that was formed before");
    }
    disk = {.ensemble_id = ensemble_id,
            .myid = own->myid,
            .zxid = 0,
            .config = servers,
            .config_version = 0x100000000,
            .is_whole = true};
    ensemble_id_ = ensemble_id_.empty() ? ensemble_id : ensemble_id_;
  }
  check_identity(process, disk);
  process.is_up = true;
  context_.note(process.name, "runs with id " + std::to_string(process.myid) +
                                  (disk.is_whole ? "" : " on an empty disk"));
}

void Ensemble::check_identity(const Process& process, const Disk& disk) {
  const auto [known, is_new] = ids_.emplace(process.name, process.myid);
  const bool is_other = !disk.ensemble_id.empty() && disk.myid != process.myid;
  if (known->second != process.myid || is_other) {
    context_.violate(process.name, "was number " + std::to_string(known->second) +
                                       ", is told that it is " + std::to_string(process.myid));
  }
  for (const auto& [name, myid] : ids_) {
    if (name != process.name && myid == process.myid) {
      context_.violate(process.name, "has the number of " + name);
    }
  }
}

void Ensemble::stop(const local::StopContainer& action) {
  const auto found = processes_.find(action.id);
  if (found == processes_.end()) {
    return;
  }
  found->second.is_ending = true;
  const Duration delay =
      action.kill ? Duration(0) : context_.random.between(milliseconds(100), milliseconds(1500));
  context_.queue.after(delay, [this, id = action.id] { end(id, 0); });
}

void Ensemble::end(const Id& id, int exit_code) {
  const auto found = processes_.find(id);
  if (found == processes_.end()) {
    return;
  }
  context_.note(found->second.name, "ends with " + std::to_string(exit_code));
  processes_.erase(found);
  judge_leader();
  kubernetes_->tell(local::ContainerExited{.id = id, .exit_code = exit_code});
}

bool Ensemble::probe(const local::RunProbe& action) {
  const auto found = processes_.find(action.id);
  if (found == processes_.end() || !found->second.is_up) {
    return false;
  }
  return action.kind != local::ProbeKind::kReadiness ||
         (found->second.is_synced && is_connected(found->second));
}

void Ensemble::kill(const std::string& member) {
  for (auto& [id, process] : processes_) {
    if (process.name == member && !process.is_ending) {
      process.is_ending = true;
      context_.queue.after(milliseconds(1), [this, id = id] { end(id, 137); });
    }
  }
}

void Ensemble::empty_disk(const std::string& member) {
  if (const Process* const process = running(member)) {
    disks_[process->disk] = {};
  }
  kill(member);
}

bool Ensemble::is_held_elsewhere(const std::string& member) const {
  return std::ranges::any_of(processes_, [&](const auto& each) {
    const Process& process = each.second;
    return process.name != member && can_vote(process) && is_voter(process.name) &&
           disks_.at(process.disk).zxid >= committed_;
  });
}

const Process* Ensemble::running(const std::string& member) const {
  for (const auto& [id, process] : processes_) {
    if (process.name == member && process.is_up && !process.is_ending) {
      return &process;
    }
  }
  return nullptr;
}

ensemble::MemberReport Ensemble::report(const reconcile::MemberTarget& target,
                                        const std::string& token) const {
  const auto found = std::ranges::find_if(processes_, [&](const auto& each) {
    return each.second.address == target.address && each.second.is_up;
  });
  if (found == processes_.end()) {
    return ensemble::unreachable("connection refused");
  }
  const Process& process = found->second;
  if (process.token != token) {
    return ensemble::unreachable(reconcile::kTokenRefused);
  }
  const Disk& disk = disks_.at(process.disk);
  ensemble::MemberReport report;
  report.role = ensemble::Role::kLooking;
  report.myid = process.myid;
  report.ensemble_id = disk.ensemble_id;
  report.zxid = disk.zxid;
  report.config = disk.config;
  report.config_version = disk.config_version;
  report.is_formed = disk.is_formed;
  report.disk = disk.is_whole ? ensemble::Disk::kOk : ensemble::Disk::kResyncing;
  report.version = process.image;
  if (!is_connected(process)) {
    const bool claims = context_.now() < process.claims_until;
    report.role = claims ? ensemble::Role::kLeader : ensemble::Role::kLooking;
    report.epoch = claims ? process.claimed_epoch : 0;
    report.is_serving = claims;
    return report;
  }
  if (!leader_) {
    return report;
  }
  const Process* const leader = running(*leader_);
  report.epoch = epoch_;
  report.leader = leader == nullptr ? 0 : leader->myid;
  report.is_serving = process.is_synced;
  report.role = process.name == *leader_                  ? ensemble::Role::kLeader
                : is_voter(process.name) && disk.is_whole ? ensemble::Role::kFollower
                                                          : ensemble::Role::kObserver;
  if (report.role == ensemble::Role::kLeader) {
    for (const auto& [id, each] : processes_) {
      if (each.is_up && is_connected(each) && each.name != *leader_) {
        const uint64_t behind = disk.zxid - std::min(disk.zxid, disks_.at(each.disk).zxid);
        report.learners.push_back(
            {.myid = each.myid, .lag = static_cast<int64_t>(behind), .is_synced = each.is_synced});
      }
    }
  }
  return report;
}

reconcile::MemberAnswer Ensemble::order(const reconcile::MemberTarget& target,
                                        const std::string& token,
                                        const reconcile::MemberOrder& order) {
  const auto found = std::ranges::find_if(processes_, [&](const auto& each) {
    return each.second.address == target.address && each.second.is_up;
  });
  if (found == processes_.end() || !is_connected(found->second)) {
    return {.code = 0, .body = {}, .error = "connection refused"};
  }
  if (found->second.token != token) {
    return {.code = 401, .body = "{}", .error = {}};
  }
  if (leader_ != found->second.name) {
    return {.code = 409, .body = R"({"error":"NotLeader","reason":"another leads"})", .error = {}};
  }
  if (order.path == "/v1/formed") {
    is_formed_ = true;
    disks_.at(found->second.disk).is_formed = true;
    return {.code = 200, .body = "{}", .error = {}};
  }
  return order.path == "/v1/reconfig" ? reconfigure(order) : hand_over(order);
}

bool Ensemble::is_terminating(const std::string& member) const {
  const local::ObjectPtr pod = kubernetes_->find("pods", member);
  return !pod || local::is_deleting(*pod);
}

void Ensemble::judge_leader() {
  const Process* const leader = leader_ ? running(*leader_) : nullptr;
  const bool stays = leader != nullptr && is_connected(*leader) && is_voter(*leader_) &&
                     static_cast<int>(electors().size()) >= quorum();
  if (!leader_ || stays) {
    return;
  }
  context_.note(*leader_, "leads no more");
  for (auto& [id, process] : processes_) {
    if (process.name == *leader_) {
      process.claims_until = context_.now() + kClaim;
      process.claimed_epoch = epoch_;
    }
    process.is_synced = false;
    process.synced_at.reset();
  }
  leader_.reset();
  elects_at_ = context_.now() + context_.random.between(milliseconds(300), milliseconds(2000));
}

}  // namespace quorate::opsim
