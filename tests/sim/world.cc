// One run: safety first, then liveness.
#include "tests/sim/world.h"

#include <algorithm>

#include "tests/sim/planted.h"

namespace quorate::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

quorum::Configuration configuration_of(const Settings& settings) {
  quorum::Configuration configuration;
  for (size_t index = 0; index < settings.voters + settings.observers; ++index) {
    quorum::ServerSpec spec;
    spec.addresses.push_back(
        {.host = "m" + std::to_string(index + 1), .quorum_port = 2888, .election_port = 3888});
    spec.role =
        index < settings.voters ? quorum::ServerRole::kParticipant : quorum::ServerRole::kObserver;
    spec.client = quorum::ClientAddress{.host = "m" + std::to_string(index + 1), .port = 2181};
    configuration.servers[ServerId{static_cast<int64_t>(index) + 1}] = spec;
  }
  return configuration;
}

}  // namespace

World::World(const Settings& settings, bool prints)
    : context_(settings, prints),
      network_(context_),
      history_(context_, members_of(configuration_of(settings))),
      memberships_(context_, history_),
      commits_(context_, memberships_) {
  plant(settings.bug);
  const quorum::Configuration configuration = configuration_of(settings);
  const size_t machines = configuration.servers.size() + settings.spares;
  for (size_t index = 0; index < machines; ++index) {
    members_.push_back(std::make_unique<Member>(context_, network_, commits_, memberships_,
                                                ServerId{static_cast<int64_t>(index) + 1},
                                                configuration));
    if (index < configuration.servers.size()) {
      context_.servers.push_back(index);
    }
  }
  for (size_t index = 0; index < settings.clients; ++index) {
    clients_.push_back(
        std::make_unique<Client>(context_, network_, history_, index, members_.size()));
  }
  clients_.front()->make_super();
  nemesis_ = std::make_unique<Nemesis>(context_, network_, memberships_, members_, clients_);
}

void World::run_until(TimePoint end) {
  while (!is_broken() && context_.queue.run_one(end)) {
  }
}

RunResult World::run() {
  context_.note("-", text("seed %llu: %zu voters, %zu observers, %zu clients",
                          static_cast<unsigned long long>(context_.settings.seed),
                          context_.settings.voters, context_.settings.observers, clients_.size()));
  for (const size_t index : context_.servers) {
    members_[index]->start();
  }
  for (const auto& client : clients_) {
    client->start();
  }
  run_safety();
  if (!is_broken()) {
    run_liveness();
  }
  RunResult result;
  result.violations = context_.violations;
  result.operations = history_.answered_count();
  result.asked = history_.invoked_count();
  result.transactions = commits_.count();
  result.faults = nemesis_->count();
  result.leaders = commits_.leader_count();
  result.reconfigs = memberships_.count();
  result.events = context_.queue.done_count();
  result.virtual_seconds = static_cast<double>(context_.now().time_since_epoch().count()) / 1e6;
  context_.trace.mix(result.events);
  context_.trace.mix(result.operations);
  result.trace_hash = context_.trace.hash();
  return result;
}

void World::run_safety() {
  const Settings& settings = context_.settings;
  if (settings.has_faults) {
    nemesis_->start();
  }
  const TimePoint end{settings.safety_max};
  TimePoint until{settings.safety};
  run_until(until);
  while (!is_broken() && until < end &&
         (history_.answered_count() < settings.operations_min ||
          (settings.has_faults && nemesis_->count() < settings.faults_min))) {
    until += milliseconds(500);
    run_until(until);
  }
}

/// All faults end: a leader, equal trees, every client answered, sessions without a client gone.
void World::run_liveness() {
  nemesis_->repair();
  const TimePoint end = context_.now() + context_.settings.liveness_max;
  const TimePoint quiet = context_.now() + seconds(2);
  run_until(quiet);
  for (const auto& client : clients_) {
    client->stop_asking();
  }
  TimePoint until = context_.now();
  while (!is_broken() && !what_is_missing().empty() && until < end) {
    until += milliseconds(200);
    run_until(until);
  }
  if (is_broken()) {
    return;
  }
  if (const std::string missing = what_is_missing(); !missing.empty()) {
    context_.violate("-", "does not converge: " + missing);
    return;
  }
  audit();
  if (!is_broken()) {
    check_disks();
  }
}

std::string World::what_is_missing() const {
  for (const size_t index : context_.servers) {
    const auto& member = members_[index];
    if (!member->is_serving()) {
      return member->name() + " does not serve";
    }
    if (member->node().last_zxid() < commits_.last()) {
      return member->name() + " is behind";
    }
    if (member->status().session_count > static_cast<int64_t>(clients_.size())) {
      return member->name() + " has sessions of which no client has heard";
    }
  }
  for (const auto& client : clients_) {
    if (!client->is_connected() || client->open_count() > 0) {
      return text("a client has no %s", client->is_connected() ? "answer" : "connection");
    }
  }
  if (history_.abandoned_count() > 0) {
    return text("%zu sessions without a client are still there", history_.abandoned_count());
  }
  return {};
}

/// Everything is read once more, of each member.
void World::audit() {
  std::vector<std::unique_ptr<Client>> auditors;
  for (const size_t index : context_.servers) {
    const auto& member = members_[index];
    auditors.push_back(std::make_unique<Client>(context_, network_, history_, 100 + auditors.size(),
                                                members_.size()));
    auditors.back()->pin(member->host());
    auditors.back()->stop_asking();
    auditors.back()->start();
  }
  const auto await = [&](auto is_done) {
    const TimePoint end = context_.now() + seconds(10);
    TimePoint until = context_.now();
    while (!is_broken() && !std::ranges::all_of(auditors, is_done) && until < end) {
      until += milliseconds(20);
      run_until(until);
    }
    if (!is_broken() && !std::ranges::all_of(auditors, is_done)) {
      context_.violate("-", "an auditor is not served");
    }
  };
  await([](const auto& each) { return each->is_connected(); });
  for (const auto& auditor : auditors) {
    auditor->ask(OpKind::kSync, "/");
    for (const std::string& path : history_.model().paths()) {
      if (path != "/") {
        auditor->ask(OpKind::kGet, path);
        auditor->ask(OpKind::kChildren, path);
      }
    }
  }
  await([](const auto& each) { return each->open_count() == 0; });
  // Nothing is left of what the network has for them.
  for (auto& auditor : auditors) {
    auditor->pin(0);
    clients_.push_back(std::move(auditor));
  }
}

/// What each member would find if it started now is what it has; the digests are equal.
void World::check_disks() {
  run_until(context_.now() + milliseconds(500));
  if (is_broken()) {
    return;
  }
  const node::Status first = members_[context_.servers.front()]->status();
  for (const size_t index : context_.servers) {
    const auto& member = members_[index];
    const node::Status status = member->status();
    if (status.last_zxid != first.last_zxid || status.tree_digest != first.tree_digest) {
      context_.violate(member->name(), "ends with another tree");
    }
    if (member->disk().is_rotten()) {
      continue;  // It would be found, and the member would resync.
    }
    const RecoveredDisk recovered = recover(member->disk(), 1);
    const tree::Database& database = recovered.recovered.database;
    if (recovered.end.counter() != 0 && status.last_zxid.counter() != 0 &&
        (recovered.end != status.last_zxid || database.tree().digest() != status.tree_digest)) {
      context_.violate(member->name(), text("has %llx on its disk",
                                            static_cast<unsigned long long>(recovered.end.value)));
    }
  }
}

}  // namespace quorate::sim
