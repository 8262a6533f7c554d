// The loop of the controllers: changes mark what is to be looked at again, until nothing changes.
#include "operator/local/world.h"

#include <algorithm>
#include <iterator>

#include "operator/local/events.h"
#include "operator/local/scheduler.h"
#include "operator/local/stateful_set.h"
#include "operator/local/stateful_set_parts.h"
#include "server/base/assert.h"

namespace quorate::local {

namespace {

constexpr int64_t kTick_ms = 1000;
constexpr const char* kBudgets = "poddisruptionbudgets.policy";
constexpr const char* kDefinitions = "customresourcedefinitions.apiextensions.k8s.io";

}  // namespace

World::World(WorldOptions options)
    : store_(options.history_count_max),
      options_(std::move(options)),
      objects_(store_, kinds_, options_.surroundings),
      api_(objects_),
      kubelet_(objects_, options_.kubelet) {}

void World::create(WallMillis now) {
  objects_.set_now(now);
  create_cluster(objects_, options_.nodes);
  settle();
}

void World::resume(WallMillis now, const std::set<ContainerId>& alive) {
  objects_.set_now(now);
  seen_revision_ = store_.revision();
  for (const ObjectPtr& definition : store_.list(kDefinitions)) {
    kinds_.set_definition(*definition);
  }
  kubelet_.restore(alive);
  // Everything is looked at once.
  for (const ObjectPtr& set : store_.list("statefulsets.apps")) {
    dirty_.sets.insert({"statefulsets.apps", namespace_of(*set), name_of(*set)});
  }
  for (const ObjectPtr& space : store_.list("namespaces")) {
    any_terminating_namespace_ = any_terminating_namespace_ || is_deleting(*space);
  }
  for (const Key& key : store_.keys()) {
    if (key.resource == "services") {
      dirty_.services.insert(key);
    } else if (key.resource == kBudgets) {
      dirty_.budgets.insert(key);
    }
    dirty_.changes.push_back({.revision = 0,
                              .type = ChangeType::kModified,
                              .key = key,
                              .object = store_.find(key),
                              .previous = {}});
  }
  dirty_.definitions = dirty_.namespaces = dirty_.nodes = dirty_.volumes = true;
  dirty_.schedule = dirty_.kubelet = true;
  settle();
}

ApiResponse World::handle(const ApiRequest& request, WallMillis now) {
  objects_.set_now(now);
  const int64_t before = store_.revision();
  ApiResponse response = api_.handle(request);
  if (store_.revision() != before) {
    settle();
  }
  return response;
}

void World::on_event(const RuntimeEvent& event, WallMillis now) {
  objects_.set_now(now);
  kubelet_.on_event(event);
  dirty_.kubelet = true;
  settle();
}

std::vector<RuntimeAction> World::step(WallMillis now) {
  objects_.set_now(now);
  if (now.value >= tick_ms_) {
    tick_ms_ = now.value + kTick_ms;
    tick();
  }
  if (kubelet_deadline_ && *kubelet_deadline_ <= now) {
    dirty_.kubelet = true;
  }
  settle();
  return std::exchange(actions_, {});
}

std::optional<WallMillis> World::next_deadline() const {
  const bool is_sooner = kubelet_deadline_ && kubelet_deadline_->value < tick_ms_;
  return is_sooner ? kubelet_deadline_ : WallMillis{tick_ms_};
}

// What depends on time alone.
void World::tick() {
  for (const ObjectPtr& set : store_.list("statefulsets.apps")) {
    if (integer(*set, "spec/minReadySeconds") > 0) {
      dirty_.sets.insert({"statefulsets.apps", namespace_of(*set), name_of(*set)});
    }
  }
  for (const ObjectPtr& budget : store_.list(kBudgets)) {
    if (has(*budget, "status/disruptedPods")) {
      dirty_.budgets.insert({kBudgets, namespace_of(*budget), name_of(*budget)});
    }
  }
  expire_events(objects_);
  dirty_.schedule = true;
}

void World::settle() {
  constexpr int kRoundCountMax = 1000;
  for (int round = 0; round < kRoundCountMax; ++round) {
    read_changes();
    const int64_t before = store_.revision();
    run_controllers();
    if (store_.revision() == before) {
      break;
    }
  }
  read_changes();
}

void World::read_changes() {
  const auto changes = store_.changes_after(seen_revision_);
  QR_ASSERT(changes.has_value());
  for (auto it = changes->begin; it != changes->end; ++it) {
    dirty_.changes.push_back(*it);
    seen_revision_ = it->revision;
  }
  for (const Change& change : dirty_.changes) {
    mark(change);
  }
}

// Services or budgets whose selector matches a Pod as it is or as it was.
void World::mark_selecting(const std::string& resource, const Change& change, std::set<Key>& into) {
  for (const ObjectPtr& selecting : store_.list(resource, change.key.ns)) {
    const Json& wanted = at(*selecting, "spec/selector");
    const Selector selector =
        resource == "services" ? selector_of_labels(wanted) : selector_of(wanted);
    const bool matches =
        selector.matches_labels(map_at(*change.object, "metadata/labels")) ||
        (change.previous && selector.matches_labels(map_at(*change.previous, "metadata/labels")));
    if (matches) {
      into.insert({resource, change.key.ns, name_of(*selecting)});
    }
  }
}

void World::mark_pod(const Change& change) {
  const std::string& ns = change.key.ns;
  const Json& owner = controller_of(*change.object);
  if (text(owner, "kind") == "StatefulSet") {
    dirty_.sets.insert({"statefulsets.apps", ns, text(owner, "name")});
  } else {
    dirty_.set_namespaces.insert(ns);
  }
  mark_selecting("services", change, dirty_.services);
  mark_selecting(kBudgets, change, dirty_.budgets);
  dirty_.volumes = dirty_.schedule = dirty_.kubelet = true;
}

void World::mark(const Change& change) {
  const std::string& resource = change.key.resource;
  const std::string& ns = change.key.ns;
  const bool is_deleted = change.type == ChangeType::kDeleted;
  if (resource == "pods") {
    mark_pod(change);
  } else if (resource == "statefulsets.apps") {
    dirty_.sets.insert(change.key);
    for (const ObjectPtr& budget : store_.list(kBudgets, ns)) {
      dirty_.budgets.insert({kBudgets, ns, name_of(*budget)});
    }
  } else if (resource == "persistentvolumeclaims") {
    dirty_.volumes = dirty_.schedule = dirty_.kubelet = true;
    kubelet_.on_content_change();
    if (is_deleted) {
      dirty_.set_namespaces.insert(ns);
    }
  } else if (resource == "persistentvolumes" || resource.starts_with("storageclasses.")) {
    dirty_.volumes = dirty_.schedule = true;
  } else if (resource == "services") {
    dirty_.services.insert(change.key);
  } else if (resource == kBudgets) {
    dirty_.budgets.insert(change.key);
  } else if (resource == "nodes") {
    dirty_.nodes = dirty_.schedule = dirty_.kubelet = true;
    kubelet_.on_content_change();
  } else if (resource == "configmaps" || resource == "secrets") {
    dirty_.kubelet = true;
    kubelet_.on_content_change();
  } else if (resource == kDefinitions) {
    dirty_.definitions = true;
    if (is_deleted) {
      kinds_.remove_definition(change.key.name);
    } else {
      kinds_.set_definition(*change.object);
    }
  } else if (resource == "namespaces") {
    dirty_.namespaces = true;
  }
  if (is_deleted && is_deleting(*change.object)) {
    // The last of something that a definition or a namespace waits for.
    dirty_.definitions = true;
  }
  dirty_.namespaces = dirty_.namespaces || any_terminating_namespace_;
}

void World::run_controllers() {
  const Dirty now = std::exchange(dirty_, {});
  for (const Change& change : now.changes) {
    collect_garbage(objects_, change);
  }
  if (now.definitions) {
    sync_definitions(objects_);
  }
  if (now.namespaces) {
    sync_namespaces(objects_);
    const auto spaces = store_.list("namespaces");
    any_terminating_namespace_ = std::any_of(
        spaces.begin(), spaces.end(), [](const ObjectPtr& space) { return is_deleting(*space); });
  }
  std::set<Key> sets = now.sets;
  for (const std::string& ns : now.set_namespaces) {
    for (const ObjectPtr& set : store_.list("statefulsets.apps", ns)) {
      sets.insert({"statefulsets.apps", ns, name_of(*set)});
    }
  }
  for (const Key& key : sets) {
    sync_stateful_set(objects_, key);
  }
  if (now.schedule) {
    schedule_pods(objects_);
  }
  if (now.volumes) {
    bind_volumes(objects_);
  }
  if (now.kubelet) {
    std::vector<RuntimeAction> actions = kubelet_.step();
    std::move(actions.begin(), actions.end(), std::back_inserter(actions_));
    kubelet_deadline_ = kubelet_.next_deadline();
  }
  if (now.nodes) {
    sync_nodes(objects_);
  }
  for (const Key& key : now.services) {
    sync_endpoints(objects_, key);
  }
  for (const Key& key : now.budgets) {
    sync_budget(objects_, key);
  }
}

}  // namespace quorate::local
