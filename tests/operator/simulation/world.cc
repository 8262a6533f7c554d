// Phases of a run.
#include "tests/operator/simulation/world.h"

#include <algorithm>
#include <chrono>

#include "operator/api/names.h"

namespace quorate::opsim {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kCollection = "/apis/quorate.dev/v1alpha1/namespaces/prod/quorumclusters";
/// Within this time everything is as asked once nothing breaks any more, and stays so.
constexpr Duration kLiveness = minutes(20);
constexpr Duration kRest = seconds(40);
constexpr Duration kDeletion = minutes(3);

std::vector<std::string> zones_of(const Settings& settings) {
  // A zone that a spec without zones cannot find, to be added later.
  return settings.names_zones ? std::vector<std::string>{"a", "b", "c", "d"}
                              : std::vector<std::string>{"a", "b", "c"};
}

}  // namespace

World::World(const Settings& settings, bool prints)
    : context_(settings, prints),
      ensemble_(context_),
      kubernetes_(context_, ensemble_, zones_of(settings)),
      judge_(context_, kubernetes_, ensemble_),
      nemesis_(context_, kubernetes_, ensemble_, judge_, operators_) {
  ensemble_.attach(kubernetes_);
}

void World::create_cluster() {
  const Settings& settings = context_.settings;
  Json spec = {{"voters", settings.voters},
               {"observers", settings.observers},
               {"image", "quorate:1"},
               {"storage", {{"size", "1Gi"}, {"reclaimPolicy", settings.reclaim}}},
               {"update", {{"batch", settings.batch}}}};
  if (settings.names_zones) {
    spec["zones"] = Json::array({{{"name", "a"}}, {{"name", "b"}}, {{"name", "c"}}});
  }
  kubernetes_.person("POST", kCollection,
                     {{"apiVersion", "quorate.dev/v1alpha1"},
                      {"kind", "QuorumCluster"},
                      {"metadata", {{"name", kCluster}}},
                      {"spec", std::move(spec)}});
}

/// Starts operators anew that have died, each under a name of its own.
void World::supervise() {
  for (size_t i = 0; i < operators_.size(); ++i) {
    if (operators_[i] && !operators_[i]->is_dead()) {
      continue;
    }
    if (restarts_at_[i] > context_.now()) {
      continue;
    }
    if (operators_[i]) {
      passes_ += operators_[i]->passes();
    }
    operators_[i] = std::make_shared<OperatorProcess>(context_, kubernetes_, ensemble_, judge_,
                                                      "operator-" + std::to_string(++starts_));
    operators_[i]->start();
    restarts_at_[i] =
        context_.now() + context_.random.between(milliseconds(200), milliseconds(8000));
  }
  context_.queue.after(seconds(1), [this] { supervise(); });
}

bool World::run_until(Duration limit, const std::function<bool()>& is_reached) {
  const TimePoint end = context_.now() + limit;
  TimePoint next_look = context_.now();
  while (context_.violations.empty()) {
    if (context_.now() >= next_look) {
      if (is_reached()) {
        return true;
      }
      next_look = context_.now() + seconds(1);
    }
    if (!context_.queue.run_one(end)) {
      return is_reached();
    }
  }
  return false;
}

RunResult World::run() {
  const size_t instances = context_.settings.has(Fault::kSecondOperator) ? 2 : 1;
  operators_.resize(instances);
  restarts_at_.resize(instances);
  create_cluster();
  supervise();
  nemesis_.start();
  run_until(context_.settings.safety, [] { return false; });
  if (context_.violations.empty()) {
    end_well();
  }
  if (context_.violations.empty() && context_.settings.deletes_in_the_end) {
    delete_cluster();
  }
  for (const auto& each : operators_) {
    passes_ += each ? each->passes() : 0;
  }
  return {.violations = context_.violations,
          .faults = nemesis_.faults(),
          .edits = nemesis_.edits(),
          .writes = judge_.writes(),
          .passes = passes_,
          .virtual_seconds = static_cast<double>(context_.now().time_since_epoch().count()) / 1e6,
          .trace_hash = context_.trace.hash()};
}

void World::end_well() {
  nemesis_.stop();
  context_.note("world", "is calm from now on");
  const auto is_at_rest = [this] {
    return context_.now() - judge_.last_write() >= kRest && unfinished().empty();
  };
  if (!run_until(kLiveness, is_at_rest) && context_.violations.empty()) {
    const std::string what = unfinished();
    const local::ObjectPtr cluster = kubernetes_.find(kClusters, kCluster);
    context_.violate("world", "it does not come to rest: " +
                                  (what.empty() ? std::string("it goes on writing") : what) + "; " +
                                  ensemble_.text() + "; plan " +
                                  (cluster ? local::at(*cluster, "status/plan").dump() : ""));
  }
}

std::string World::unfinished() const {
  const local::ObjectPtr found = kubernetes_.find(kClusters, kCluster);
  if (!found) {
    return "the cluster is gone";
  }
  const Json& cluster = *found;
  for (const char* const condition : {"Ready", "ConfigInSync", "MembersSynced"}) {
    if (!local::condition_is_true(cluster, condition)) {
      return std::string(condition) +
             " is not True: " + local::text(local::condition_of(cluster, condition), "message");
    }
  }
  if (local::integer(cluster, "status/observedGeneration") !=
      local::integer(cluster, "metadata/generation")) {
    return "the newest spec was not observed";
  }
  if (!local::list_at(cluster, "status/plan").empty()) {
    return "the plan is not empty";
  }
  if (local::has(cluster, "status/inFlight")) {
    return "something is in flight";
  }
  return unfinished_members(cluster);
}

std::string World::unfinished_members(const Json& cluster) const {
  const int64_t voters = local::integer(cluster, "spec/voters");
  const int64_t members = voters + local::integer(cluster, "spec/observers");
  if (ensemble_.voters() != voters || static_cast<int64_t>(ensemble_.config().size()) != members) {
    return "voters " + std::to_string(ensemble_.voters()) + " of " + std::to_string(voters) +
           ", members " + std::to_string(ensemble_.config().size()) + " of " +
           std::to_string(members);
  }
  const std::vector<local::ObjectPtr> pods = kubernetes_.list("pods");
  if (static_cast<int64_t>(pods.size()) != members) {
    return std::to_string(pods.size()) + " Pods";
  }
  for (const local::ObjectPtr& pod : pods) {
    const std::string name = local::name_of(*pod);
    const local::ObjectPtr set =
        kubernetes_.find("statefulsets.apps", name.substr(0, name.rfind('-')));
    if (!set || local::label(*pod, "controller-revision-hash") !=
                    local::text(*set, "status/updateRevision")) {
      return "Pod " + name + " is of an old revision";
    }
    if (!ensemble_.is_synced(name)) {
      return "member " + name + " is not synced";
    }
    const std::string role = ensemble_.is_voter(name) ? "voter" : "observer";
    if (local::label(*pod, std::string(api::labels::kRole)) != role) {
      return "Pod " + name + " is not labelled " + role;
    }
    if (local::text(*pod, "spec/containers/0/image") != local::text(cluster, "spec/image") &&
        local::list_at(*pod, "spec/containers")[0]["image"] != cluster["spec"]["image"]) {
      return "Pod " + name + " has another image";
    }
  }
  return {};
}

void World::delete_cluster() {
  context_.note("person", "deletes the cluster");
  kubernetes_.person("DELETE", std::string(kCollection) + "/" + kCluster, {});
  const auto is_gone = [this] {
    return !kubernetes_.find(kClusters, kCluster) && kubernetes_.list("pods").empty() &&
           kubernetes_.list("statefulsets.apps").empty();
  };
  if (!run_until(kDeletion, is_gone) && context_.violations.empty()) {
    context_.violate("world", "the cluster does not go");
    return;
  }
  const bool is_kept = context_.settings.reclaim == "Retain";
  if (!is_kept && !run_until(seconds(30), [this] {
        return kubernetes_.list("persistentvolumeclaims").empty();
      })) {
    context_.violate("world", "volumes are left behind");
  }
}

}  // namespace quorate::opsim
