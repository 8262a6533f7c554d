// The whole control plane as one machine: requests, controllers, kubelet.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/local/api.h"
#include "operator/local/controllers.h"
#include "operator/local/kubelet.h"
#include "operator/local/objects.h"

namespace quorate::local {

struct WorldOptions {
  Surroundings surroundings;
  KubeletOptions kubelet;
  NodeLayout nodes;
  size_t history_count_max = 20000;
};

/// One world, driven from one thread: every call is given the time, which never goes back, and
/// leaves the controllers at rest.
class World {
 public:
  explicit World(WorldOptions options);

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Fills an empty store with what a new cluster has.
  void create(WallMillis now);
  /// Goes on with what was restored into store(); `alive` are containers that still run.
  void resume(WallMillis now, const std::set<ContainerId>& alive);

  [[nodiscard]] ApiResponse handle(const ApiRequest& request, WallMillis now);
  void on_event(const RuntimeEvent& event, WallMillis now);
  /// Lets time pass: back-offs, probes, deadlines. Returns what the runtime has to do.
  [[nodiscard]] std::vector<RuntimeAction> step(WallMillis now);
  [[nodiscard]] std::optional<WallMillis> next_deadline() const;

  /// Forgets history beyond its limit; called once the last changes have been read by whoever
  /// persists them.
  void trim_history() { store_.trim(); }

  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] const Store& store() const { return store_; }
  [[nodiscard]] Objects& objects() { return objects_; }

 private:
  void settle();
  void read_changes();
  void mark(const Change& change);
  void mark_pod(const Change& change);
  void mark_selecting(const std::string& resource, const Change& change, std::set<Key>& into);
  void run_controllers();
  void tick();

  /// What changed since the controllers last ran.
  struct Dirty {
    std::set<Key> sets;
    std::set<std::string> set_namespaces;
    std::set<Key> services;
    std::set<Key> budgets;
    bool definitions = false;
    bool namespaces = false;
    bool nodes = false;
    bool volumes = false;
    bool schedule = false;
    bool kubelet = false;
    std::vector<Change> changes;
  };

  Store store_;
  Kinds kinds_;
  WorldOptions options_;
  Objects objects_;
  Api api_;
  Kubelet kubelet_;
  Dirty dirty_;
  int64_t seen_revision_ = 0;
  int64_t tick_ms_ = 0;
  std::optional<WallMillis> kubelet_deadline_;
  bool any_terminating_namespace_ = false;
  std::vector<RuntimeAction> actions_;
};

}  // namespace quorate::local
