// The scheduler: filters nodes, then takes the one with the fewest Pods.
#include "operator/local/scheduler.h"

#include <algorithm>
#include <map>
#include <optional>

#include "operator/local/events.h"
#include "operator/local/pods.h"
#include "operator/local/selector.h"

namespace quorate::local {

namespace {

bool tolerates(const Json& pod, const Json& taint) {
  for (const Json& toleration : list_at(pod, "spec/tolerations")) {
    const std::string key = text(toleration, "key");
    const std::string effect = text(toleration, "effect");
    const bool exists = text(toleration, "operator") == "Exists";
    const bool key_matches = key == text(taint, "key") || (key.empty() && exists);
    const bool value_matches = exists || text(toleration, "value") == text(taint, "value");
    if (key_matches && value_matches && (effect.empty() || effect == text(taint, "effect"))) {
      return true;
    }
  }
  return false;
}

int64_t requested_milli(const Json& pod, const std::string& resource) {
  int64_t sum = 0;
  for (const Json& container : list_at(pod, "spec/containers")) {
    const auto found = map_at(container, "resources/requests").find(resource);
    if (found != map_at(container, "resources/requests").end()) {
      sum += parse_quantity_milli(*found).value_or(0);
    }
  }
  return sum;
}

struct Node {
  ObjectPtr object;
  std::vector<ObjectPtr> pods;
};

class Scheduler {
 public:
  explicit Scheduler(Objects& objects) : objects_(objects) {
    for (const ObjectPtr& node : objects.store().list("nodes")) {
      nodes_.push_back({.object = node, .pods = {}});
    }
    for (const ObjectPtr& pod : objects.store().list("pods")) {
      if (!pod_has_ended(*pod)) {
        place(pod);
      }
    }
  }

  void schedule(const ObjectPtr& pod) {
    std::map<std::string, int> reasons;
    Node* best = nullptr;
    std::pair<size_t, size_t> best_score;
    for (Node& node : nodes_) {
      const std::string reason = why_not(*pod, node);
      if (!reason.empty()) {
        ++reasons[reason];
        continue;
      }
      const std::pair<size_t, size_t> score{siblings(*pod, node), node.pods.size()};
      if (best == nullptr || score < best_score) {
        best = &node;
        best_score = score;
      }
    }
    if (best == nullptr) {
      report(*pod, reasons);
      return;
    }
    bind(pod, *best);
  }

 private:
  void place(const ObjectPtr& pod) {
    const std::string name = text(*pod, "spec/nodeName");
    for (Node& node : nodes_) {
      if (!name.empty() && name_of(*node.object) == name) {
        node.pods.push_back(pod);
      }
    }
  }

  // Pods of the same owner, which are spread.
  static size_t siblings(const Json& pod, const Node& node) {
    const std::string owner = text(controller_of(pod), "uid");
    return static_cast<size_t>(
        std::count_if(node.pods.begin(), node.pods.end(), [&](const ObjectPtr& other) {
          return !owner.empty() && text(controller_of(*other), "uid") == owner;
        }));
  }

  // Empty when the Pod fits.
  std::string why_not(const Json& pod, const Node& node) const {
    if (boolean(*node.object, "spec/unschedulable")) {
      return "were unschedulable";
    }
    for (const Json& taint : list_at(*node.object, "spec/taints")) {
      const std::string effect = text(taint, "effect");
      if ((effect == "NoSchedule" || effect == "NoExecute") && !tolerates(pod, taint)) {
        return "had untolerated taint {" + text(taint, "key") + ": " + text(taint, "value") + "}";
      }
    }
    if (!allows_node(at(pod, "spec"), *node.object)) {
      return "didn't match Pod's node affinity/selector";
    }
    if (!volumes_allow(pod, *node.object)) {
      return "had volume node affinity conflict";
    }
    if (!anti_affinity_allows(pod, node)) {
      return "didn't match pod anti-affinity rules";
    }
    for (const char* resource : {"cpu", "memory"}) {
      const std::string path = std::string("status/allocatable/") + resource;
      int64_t used = requested_milli(pod, resource);
      for (const ObjectPtr& other : node.pods) {
        used += requested_milli(*other, resource);
      }
      const auto limit = parse_quantity_milli(at(*node.object, path));
      if (limit && used > *limit) {
        return std::string("Insufficient ") + resource;
      }
    }
    return "";
  }

  bool volumes_allow(const Json& pod, const Json& node) const {
    for (const Json& volume : list_at(pod, "spec/volumes")) {
      const std::string claim_name = text(volume, "persistentVolumeClaim/claimName");
      const ObjectPtr claim = claim_name.empty() ? nullptr
                                                 : objects_.find("persistentvolumeclaims",
                                                                 namespace_of(pod), claim_name);
      const std::string bound = claim ? text(*claim, "spec/volumeName") : "";
      const ObjectPtr bound_volume =
          bound.empty() ? nullptr : objects_.find("persistentvolumes", "", bound);
      if (bound_volume &&
          !matches_node_selector(at(*bound_volume, "spec/nodeAffinity/required"), node)) {
        return false;
      }
    }
    return true;
  }

  bool anti_affinity_allows(const Json& pod, const Node& node) const {
    const Json& terms = list_at(
        pod, "spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution");
    return std::none_of(terms.begin(), terms.end(), [&](const Json& term) {
      const std::string domain = label(*node.object, text(term, "topologyKey"));
      const Selector selector = selector_of(at(term, "labelSelector"));
      return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& other) {
        return label(*other.object, text(term, "topologyKey")) == domain &&
               std::any_of(other.pods.begin(), other.pods.end(), [&](const ObjectPtr& placed) {
                 return namespace_of(*placed) == namespace_of(pod) &&
                        selector.matches_labels(at(*placed, "metadata/labels"));
               });
      });
    });
  }

  // `claims` that are missing keep a Pod waiting.
  void report(const Json& pod, const std::map<std::string, int>& reasons) {
    std::string message = "0/" + std::to_string(nodes_.size()) + " nodes are available: ";
    bool is_first = true;
    for (const auto& [reason, count] : reasons) {
      const bool is_shortage = reason.starts_with("Insufficient");
      message += (is_first ? "" : ", ") + std::to_string(count) +
                 (is_shortage ? " " : " node(s) ") + reason;
      is_first = false;
    }
    set_unschedulable(pod, message + ".");
  }

 public:
  void set_unschedulable(const Json& pod, const std::string& message) {
    const bool changed =
        objects_.modify({"pods", namespace_of(pod), name_of(pod)}, [&](Json& updated) {
          set_condition(updated,
                        {.type = "PodScheduled",
                         .is_true = false,
                         .reason = "Unschedulable",
                         .message = message},
                        objects_.now());
        });
    if (changed) {
      record_event(objects_, pod,
                   {.is_warning = true,
                    .reason = "FailedScheduling",
                    .message = message,
                    .component = "default-scheduler"});
    }
  }

 private:
  void bind(const ObjectPtr& pod, Node& node) {
    const Key key{"pods", namespace_of(*pod), name_of(*pod)};
    const std::string node_name = name_of(*node.object);
    objects_.modify(key, [&](Json& updated) {
      updated["spec"]["nodeName"] = node_name;
      set_condition(updated, {.type = "PodScheduled", .is_true = true, .reason = {}, .message = {}},
                    objects_.now());
    });
    node.pods.push_back(objects_.store().find(key));
    record_event(objects_, *pod,
                 {.reason = "Scheduled",
                  .message = "Successfully assigned " + namespace_of(*pod) + "/" + name_of(*pod) +
                             " to " + node_name,
                  .component = "default-scheduler"});
  }

  Objects& objects_;
  std::vector<Node> nodes_;
};

// The first claim of a Pod that is not there, or that waits for a volume on its own.
std::optional<std::string> missing_claim(const Objects& objects, const Json& pod) {
  for (const Json& volume : list_at(pod, "spec/volumes")) {
    const std::string name = text(volume, "persistentVolumeClaim/claimName");
    if (name.empty()) {
      continue;
    }
    const ObjectPtr claim = objects.find("persistentvolumeclaims", namespace_of(pod), name);
    if (!claim) {
      return "persistentvolumeclaim \"" + name + "\" not found";
    }
    if (is_deleting(*claim)) {
      return "persistentvolumeclaim \"" + name + "\" is being deleted";
    }
    if (text(*claim, "status/phase") == "Lost") {
      return "persistentvolumeclaim \"" + name + "\" bound to non-existent persistentvolume \"" +
             text(*claim, "spec/volumeName") + "\"";
    }
    const ObjectPtr storage =
        objects.find("storageclasses.storage.k8s.io", "", text(*claim, "spec/storageClassName"));
    const bool waits = storage && text(*storage, "volumeBindingMode") == "WaitForFirstConsumer";
    if (text(*claim, "status/phase") != "Bound" && !waits) {
      return "pod has unbound immediate PersistentVolumeClaims";
    }
  }
  return std::nullopt;
}

}  // namespace

bool matches_node_selector(const Json& selector, const Json& node) {
  if (!selector.is_object()) {
    return true;
  }
  const Json& terms = list_at(selector, "nodeSelectorTerms");
  return std::any_of(terms.begin(), terms.end(), [&](const Json& term) {
    const Selector labels = selector_of({{"matchExpressions", list_at(term, "matchExpressions")}});
    return labels.matches_labels(map_at(node, "metadata/labels"));
  });
}

bool allows_node(const Json& pod_spec, const Json& node) {
  const Selector wanted = selector_of_labels(map_at(pod_spec, "nodeSelector"));
  return wanted.matches_labels(map_at(node, "metadata/labels")) &&
         matches_node_selector(at(pod_spec,
                                  "affinity/nodeAffinity/"
                                  "requiredDuringSchedulingIgnoredDuringExecution"),
                               node);
}

void schedule_pods(Objects& objects) {
  std::optional<Scheduler> scheduler;
  for (const ObjectPtr& pod : objects.store().list("pods")) {
    if (!text(*pod, "spec/nodeName").empty() || is_deleting(*pod) || pod_has_ended(*pod)) {
      continue;
    }
    if (!scheduler) {
      scheduler.emplace(objects);
    }
    if (const auto missing = missing_claim(objects, *pod)) {
      scheduler->set_unschedulable(*pod, "0/" +
                                             std::to_string(objects.store().list("nodes").size()) +
                                             " nodes are available: " + *missing + ".");
    } else {
      scheduler->schedule(pod);
    }
  }
}

}  // namespace quorate::local
