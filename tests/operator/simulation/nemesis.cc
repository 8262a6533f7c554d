// When something breaks, and what a person changes.
#include "tests/operator/simulation/nemesis.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace quorate::opsim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kObject =
    "/apis/quorate.dev/v1alpha1/namespaces/prod/quorumclusters/zoo?fieldManager=person";

}  // namespace

Nemesis::Nemesis(Context& context, Kubernetes& kubernetes, Ensemble& ensemble, Judge& judge,
                 Operators& operators)
    : context_(context),
      kubernetes_(kubernetes),
      ensemble_(ensemble),
      judge_(judge),
      operators_(operators) {
  for (const Kind& kind : {Kind{Fault::kSlowCache, &Nemesis::slow_cache},
                           {Fault::kBrokenWatch, &Nemesis::break_watch},
                           {Fault::kOperatorKilled, &Nemesis::kill_operator},
                           {Fault::kOperatorKilled, &Nemesis::kill_operator},
                           {Fault::kOperatorFrozen, &Nemesis::freeze_operator},
                           {Fault::kPodKilled, &Nemesis::kill_pod},
                           {Fault::kPodEvicted, &Nemesis::evict_pod},
                           {Fault::kPodDeleted, &Nemesis::delete_pod},
                           {Fault::kCutOff, &Nemesis::cut_off},
                           {Fault::kUnschedulable, &Nemesis::make_unschedulable},
                           {Fault::kVolumeDeleted, &Nemesis::delete_volume},
                           {Fault::kVolumeLost, &Nemesis::lose_volume},
                           {Fault::kDiskEmptied, &Nemesis::empty_disk},
                           {Fault::kZoneLost, &Nemesis::lose_zone},
                           {Fault::kBadImage, &Nemesis::ask_for_bad_image},
                           {Fault::kBadConfig, &Nemesis::ask_for_bad_config},
                           {Fault::kPaused, &Nemesis::pause}}) {
    if (context_.has(kind.fault)) {
      kinds_.push_back(kind);
    }
  }
}

void Nemesis::start() {
  context_.queue.after(context_.settings.between_edits, [this] { edit_again(); });
  if (!kinds_.empty()) {
    context_.queue.after(context_.settings.between_faults, [this] { again(); });
  }
}

void Nemesis::again() {
  if (context_.is_calm) {
    return;
  }
  const Kind& kind = kinds_[context_.random.below(kinds_.size())];
  context_.note("!", name_of(kind.fault));
  ++faults_;
  (this->*kind.break_it)();
  const Duration usual = context_.settings.between_faults;
  context_.queue.after(context_.random.between(usual / 4, 2 * usual), [this] { again(); });
}

void Nemesis::stop() {
  context_.is_calm = true;
  ensemble_.heal();
  for (const auto& each : operators_) {
    for (size_t i = 0; each && i < each->cache().stream_count(); ++i) {
      each->cache().set_lag(i, milliseconds(5));
    }
  }
  for (const char* const zone : {"a", "b", "c", "d"}) {
    patch_nodes(zone, {{"metadata", {{"annotations", {{local::kPowerAnnotation, nullptr}}}}},
                       {"spec", {{"unschedulable", nullptr}}}});
  }
  patch_cluster({{"spec",
                  {{"image", "quorate:" + std::to_string(1 + context_.random.below(3))},
                   {"config", {{"simulation.crash", nullptr}}},
                   {"update", {{"paused", false}}}}}});
}

// ---- a person -------------------------------------------------------------------------------

void Nemesis::patch_cluster(const Json& patch) {
  context_.note("person", patch.dump());
  kubernetes_.person("PATCH", kObject, patch, true);
}

void Nemesis::edit_again() {
  if (context_.is_calm) {
    return;
  }
  ++edits_;
  edit();
  const Duration usual = context_.settings.between_edits;
  context_.queue.after(context_.random.between(usual / 4, 2 * usual), [this] { edit_again(); });
}

void Nemesis::edit() {
  constexpr std::array<int, 6> kVoters{3, 3, 5, 5, 7, 7};
  constexpr std::array<const char*, 3> kBatches{"Minority", "One", "Zone"};
  switch (context_.random.below(9)) {
    case 0:
    case 1:
      patch_cluster({{"spec", {{"voters", kVoters[context_.random.below(kVoters.size())]}}}});
      break;
    case 2:
      patch_cluster({{"spec", {{"observers", context_.random.below(4)}}}});
      break;
    case 3:
      patch_cluster(
          {{"spec", {{"image", "quorate:" + std::to_string(1 + context_.random.below(3))}}}});
      break;
    case 4:
      patch_cluster(
          {{"spec",
            {{"config", {{"tickTime", std::to_string(1000 + 100 * context_.random.below(5))}}}}}});
      break;
    case 5:
      patch_cluster(
          {{"metadata",
            {{"annotations", {{"quorate.dev/restartedAt", std::to_string(++restarts_)}}}}}});
      break;
    case 6:
      patch_cluster(
          {{"spec",
            {{"storage", {{"size", std::to_string(1 + context_.random.below(4)) + "Gi"}}}}}});
      break;
    case 7:
      patch_cluster({{"spec", {{"update", {{"batch", kBatches[context_.random.below(3)]}}}}}});
      break;
    default:
      edit_zones();
      break;
  }
}

/// A fourth zone comes, or goes.
void Nemesis::edit_zones() {
  if (!context_.settings.names_zones) {
    return;
  }
  Json zones = Json::array({{{"name", "a"}}, {{"name", "b"}}, {{"name", "c"}}});
  if (context_.random.one_in(2)) {
    zones.push_back({{"name", "d"}});
  }
  patch_cluster({{"spec", {{"zones", std::move(zones)}}}});
}

void Nemesis::ask_for_bad_image() {
  patch_cluster({{"spec", {{"image", "quorate:none"}}}});
  context_.queue.after(context_.random.between(seconds(15), seconds(60)), [this] {
    if (!context_.is_calm) {
      patch_cluster({{"spec", {{"image", "quorate:2"}}}});
    }
  });
}

void Nemesis::ask_for_bad_config() {
  patch_cluster({{"spec", {{"config", {{"simulation.crash", "1"}}}}}});
  context_.queue.after(context_.random.between(seconds(15), seconds(60)), [this] {
    patch_cluster({{"spec", {{"config", {{"simulation.crash", nullptr}}}}}});
  });
}

void Nemesis::pause() {
  patch_cluster({{"spec", {{"update", {{"paused", true}}}}}});
  context_.queue.after(context_.random.between(seconds(5), seconds(40)), [this] {
    patch_cluster({{"spec", {{"update", {{"paused", false}}}}}});
  });
}

// ---- what breaks ----------------------------------------------------------------------------

std::string Nemesis::any_zone() {
  const size_t zones = context_.settings.names_zones ? 4 : 3;
  return std::string(1, static_cast<char>('a' + context_.random.below(zones)));
}

std::string Nemesis::any_member() {
  const std::vector<local::ObjectPtr> pods = kubernetes_.list("pods");
  if (pods.empty()) {
    return {};
  }
  if (ensemble_.leader() && context_.random.one_in(4)) {
    return *ensemble_.leader();
  }
  return local::name_of(*pods[context_.random.below(pods.size())]);
}

OperatorProcess* Nemesis::any_operator() {
  OperatorProcess* const found = operators_[context_.random.below(operators_.size())].get();
  return found != nullptr && !found->is_dead() ? found : nullptr;
}

void Nemesis::patch_nodes(const std::string& zone, const Json& patch) {
  for (const local::ObjectPtr& node : kubernetes_.list("nodes", "")) {
    if (local::label(*node, "topology.kubernetes.io/zone") == zone) {
      kubernetes_.person("PATCH", "/api/v1/nodes/" + local::name_of(*node), patch);
    }
  }
}

void Nemesis::slow_cache() {
  OperatorProcess* const process = any_operator();
  if (process == nullptr) {
    return;
  }
  LaggingCache& cache = process->cache();
  const bool is_all = context_.random.one_in(3);
  const size_t chosen = context_.random.below(cache.stream_count());
  const Duration lag = context_.random.between(milliseconds(300), seconds(8));
  for (size_t i = 0; i < cache.stream_count(); ++i) {
    if (is_all || i == chosen) {
      cache.set_lag(i, lag);
    }
  }
  std::weak_ptr<OperatorProcess> weak = process->weak_from_this();
  context_.queue.after(context_.random.between(seconds(5), seconds(40)), [weak] {
    const auto alive = weak.lock();
    for (size_t i = 0; alive && i < alive->cache().stream_count(); ++i) {
      alive->cache().set_lag(i, milliseconds(5));
    }
  });
}

void Nemesis::break_watch() {
  if (OperatorProcess* const process = any_operator()) {
    LaggingCache& cache = process->cache();
    cache.break_stream(context_.random.below(cache.stream_count()),
                       context_.random.between(milliseconds(500), seconds(15)));
  }
}

void Nemesis::kill_operator() {
  if (OperatorProcess* const process = any_operator()) {
    process->kill_after(context_.random.below(40));
  }
}

void Nemesis::freeze_operator() {
  if (OperatorProcess* const process = any_operator()) {
    process->freeze_after(context_.random.below(40),
                          context_.random.between(seconds(3), seconds(40)));
  }
}

void Nemesis::kill_pod() { ensemble_.kill(any_member()); }

void Nemesis::evict_pod() {
  const std::string name = any_member();
  kubernetes_.person("POST", "/api/v1/namespaces/prod/pods/" + name + "/eviction",
                     {{"apiVersion", "policy/v1"},
                      {"kind", "Eviction"},
                      {"metadata", {{"name", name}, {"namespace", kSpace}}}},
                     true);
}

void Nemesis::delete_pod() {
  kubernetes_.person("DELETE", "/api/v1/namespaces/prod/pods/" + any_member(), {}, true);
}

void Nemesis::cut_off() {
  const std::string name = any_member();
  ensemble_.cut_off(name);
  context_.note(name, "is cut off");
  context_.queue.after(context_.random.between(seconds(2), seconds(40)),
                       [this, name] { ensemble_.heal(name); });
}

void Nemesis::make_unschedulable() {
  const std::string zone = any_zone();
  patch_nodes(zone, {{"spec", {{"unschedulable", true}}}});
  context_.queue.after(context_.random.between(seconds(10), seconds(60)), [this, zone] {
    patch_nodes(zone, {{"spec", {{"unschedulable", nullptr}}}});
  });
}

void Nemesis::lose_zone() {
  const std::string zone = any_zone();
  patch_nodes(zone, {{"metadata", {{"annotations", {{local::kPowerAnnotation, "off"}}}}}});
  context_.queue.after(context_.random.between(seconds(5), seconds(60)), [this, zone] {
    patch_nodes(zone, {{"metadata", {{"annotations", {{local::kPowerAnnotation, nullptr}}}}}});
  });
}

/// A volume goes only while all others are whole: what is lost beyond that nobody could bring back.
std::string Nemesis::member_with_spare_disk() {
  const std::string name = any_member();
  const bool are_all_whole =
      ensemble_.is_formed() &&
      static_cast<int>(ensemble_.synced_voters().size()) == ensemble_.voters() &&
      context_.now() >= next_loss_at_;
  const bool is_quorum_left =
      !ensemble_.is_voter(name) || ensemble_.voters() - 1 >= ensemble_.quorum();
  if (!are_all_whole || !is_quorum_left || !ensemble_.is_held_elsewhere(name)) {
    return {};
  }
  next_loss_at_ = context_.now() + seconds(20);
  return name;
}

void Nemesis::delete_volume() {
  const std::string name = member_with_spare_disk();
  const local::ObjectPtr claim = kubernetes_.find("persistentvolumeclaims", "data-" + name);
  if (name.empty() || !claim) {
    return;
  }
  context_.note(name, "its claim and Pod are deleted");
  judge_.excuse_claim(local::uid_of(*claim));
  const std::string space = "/api/v1/namespaces/prod/";
  kubernetes_.person("DELETE", space + "persistentvolumeclaims/data-" + name, {}, true);
  kubernetes_.person("DELETE", space + "pods/" + name, {}, true);
}

void Nemesis::lose_volume() {
  const std::string name = member_with_spare_disk();
  const local::ObjectPtr claim = kubernetes_.find("persistentvolumeclaims", "data-" + name);
  if (name.empty() || !claim) {
    return;
  }
  context_.note(name, "what its claim is bound to is gone");
  const std::string volume = "/api/v1/persistentvolumes/" + local::text(*claim, "spec/volumeName");
  kubernetes_.person("PATCH", volume, {{"metadata", {{"finalizers", nullptr}}}}, true);
  kubernetes_.person("DELETE", volume, {}, true);
  ensemble_.empty_disk(name);
}

void Nemesis::empty_disk() {
  const std::string name = member_with_spare_disk();
  if (!name.empty()) {
    context_.note(name, "its disk is emptied");
    ensemble_.empty_disk(name);
  }
}

}  // namespace quorate::opsim
