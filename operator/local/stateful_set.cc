// One pass over a StatefulSet. Source: the order of steps of Kubernetes' stateful_set_control.go.
#include "operator/local/stateful_set.h"

#include <algorithm>
#include <map>

#include "operator/local/events.h"
#include "operator/local/pods.h"
#include "operator/local/selector.h"
#include "operator/local/stateful_set_parts.h"

namespace quorate::local {

namespace {

constexpr const char* kStatefulSetController = "statefulset-controller";

class Pass {
 public:
  /// `set` outlives the pass, as it was when that began.
  Pass(Objects& objects, const Json& set)
      : objects_(objects),
        set_(set),
        name_(name_of(set)),
        ns_(namespace_of(set)),
        start_(integer(set, "spec/ordinals/start")),
        replicas_(integer(set, "spec/replicas", 1)),
        is_parallel_(text(set, "spec/podManagementPolicy") == "Parallel"),
        ready_s_min_(integer(set, "spec/minReadySeconds")) {}

  void run() {
    revisions_ = sync_revisions(objects_, set_);
    adopt_and_release();
    gather();
    if (!is_deleting(set_)) {
      bring_up() && take_down() && roll();
    }
    write_status();
    if (!is_deleting(set_)) {
      trim_revisions(objects_, set_, revisions_, used_revisions());
    }
  }

 private:
  [[nodiscard]] Key pod_key(int64_t ordinal) const {
    return {"pods", ns_, name_ + "-" + std::to_string(ordinal)};
  }

  // Takes Pods that match and belong to nobody; lets go of those that do not match any more.
  void adopt_and_release() {
    const Selector selector = selector_of(at(set_, "spec/selector"));
    for (const ObjectPtr& pod : objects_.store().list("pods", ns_)) {
      const Json& controller = controller_of(*pod);
      const bool matches = selector.matches_labels(at(*pod, "metadata/labels")) &&
                           ordinal_of(name_, name_of(*pod)).has_value();
      const Key key{"pods", ns_, name_of(*pod)};
      if (controller.is_null() && matches && !is_deleting(*pod) && !is_deleting(set_)) {
        objects_.modify(key, [&](Json& adopted) {
          Json& owners = make_at(adopted, "metadata/ownerReferences");
          if (!owners.is_array()) {
            owners = Json::array();
          }
          owners.push_back(owner_reference(set_, true));
        });
      } else if (text(controller, "uid") == uid_of(set_) && !matches) {
        objects_.modify(key, [&](Json& released) { remove_owner(released, uid_of(set_)); });
      }
    }
  }

  void gather() {
    pods_.clear();
    for (const ObjectPtr& pod : objects_.store().list("pods", ns_)) {
      const auto ordinal = ordinal_of(name_, name_of(*pod));
      if (ordinal && text(controller_of(*pod), "uid") == uid_of(set_)) {
        pods_[*ordinal] = pod;
      }
    }
  }

  [[nodiscard]] ObjectPtr pod_at(int64_t ordinal) const {
    const auto found = pods_.find(ordinal);
    return found == pods_.end() ? nullptr : found->second;
  }

  [[nodiscard]] bool is_replica(int64_t ordinal) const {
    return ordinal >= start_ && ordinal < start_ + replicas_;
  }

  // Creates what is missing, in order. Returns whether the pass may go on.
  bool bring_up() {
    for (int64_t ordinal = start_; ordinal < start_ + replicas_; ++ordinal) {
      ObjectPtr pod = pod_at(ordinal);
      if (pod && pod_has_ended(*pod) && !is_deleting(*pod)) {
        record_event(objects_, set_,
                     {.is_warning = true,
                      .reason = "RecreatingFailedPod",
                      .message = "StatefulSet " + ns_ + "/" + name_ + " is recreating failed Pod " +
                                 name_of(*pod),
                      .component = kStatefulSetController});
        delete_pod(*pod);
        pod = objects_.find("pods", ns_, name_of(*pod));
        if (pod) {
          continue;  // It comes back once it has left.
        }
      }
      if (!pod) {
        if (!create_pod(ordinal) || !is_parallel_) {
          return false;
        }
        continue;
      }
      if (is_parallel_) {
        continue;
      }
      if (is_deleting(*pod) || !pod_is_available(*pod, ready_s_min_, objects_.now())) {
        return false;
      }
    }
    return true;
  }

  // Whether a Pod of an ordinal still comes from the revision before the update.
  [[nodiscard]] bool needs_current_revision(int64_t ordinal) const {
    if (text(set_, "spec/updateStrategy/type") != "RollingUpdate") {
      return false;
    }
    const Json& rolling = at(set_, "spec/updateStrategy/rollingUpdate");
    if (rolling.is_null()) {
      return ordinal < start_ + integer(set_, "status/currentReplicas");
    }
    return ordinal < start_ + integer(rolling, "partition");
  }

  bool create_pod(int64_t ordinal) {
    const bool is_current = needs_current_revision(ordinal);
    const Json& revision = is_current ? *revisions_.current : *revisions_.update;
    const std::string pod_name = name_ + "-" + std::to_string(ordinal);
    if (objects_.find("pods", ns_, pod_name)) {
      return false;  // Somebody else's Pod has the name.
    }
    if (!create_claims(objects_, set_, ordinal)) {
      return false;
    }
    std::string refusal;
    const Json pod = pod_of(set_, revision, ordinal);
    const ObjectPtr made = objects_.make("pods", ns_, pod, &refusal);
    const std::string what = " Pod " + pod_name + " in StatefulSet " + name_;
    if (!made) {
      record_event(objects_, set_,
                   {.is_warning = true,
                    .reason = "FailedCreate",
                    .message = "create" + what + " failed error: " + refusal,
                    .component = kStatefulSetController});
      return false;
    }
    pods_[ordinal] = made;
    record_event(objects_, set_,
                 {.reason = "SuccessfulCreate",
                  .message = "create" + what + " successful",
                  .component = kStatefulSetController});
    return true;
  }

  void delete_pod(const Json& pod) {
    objects_.drop({"pods", ns_, name_of(pod)});
    record_event(
        objects_, set_,
        {.reason = "SuccessfulDelete",
         .message = "delete Pod " + name_of(pod) + " in StatefulSet " + name_ + " successful",
         .component = kStatefulSetController});
  }

  // Deletes Pods beyond the replicas, the highest first.
  bool take_down() {
    for (auto it = pods_.rbegin(); it != pods_.rend(); ++it) {
      const auto& [ordinal, pod] = *it;
      if (is_replica(ordinal)) {
        continue;
      }
      if (is_deleting(*pod)) {
        if (!is_parallel_) {
          return false;
        }
        continue;
      }
      // One at a time, and never while one before it is not ready.
      if (!is_parallel_ && !pod_is_ready(*pod) && has_unready_before(ordinal)) {
        return false;
      }
      own_claims_of_scaled(objects_, set_, *pod, ordinal);
      delete_pod(*pod);
      if (!is_parallel_) {
        return false;
      }
    }
    return true;
  }

  [[nodiscard]] bool has_unready_before(int64_t ordinal) const {
    return std::any_of(pods_.begin(), pods_.end(), [&](const auto& entry) {
      return entry.first < ordinal && !pod_is_ready(*entry.second);
    });
  }

  // Replaces Pods of older revisions, the highest first, one at a time.
  bool roll() {
    if (text(set_, "spec/updateStrategy/type") == "OnDelete") {
      return true;
    }
    const int64_t partition = integer(set_, "spec/updateStrategy/rollingUpdate/partition");
    for (int64_t ordinal = start_ + replicas_ - 1; ordinal >= start_ + partition; --ordinal) {
      const ObjectPtr pod = pod_at(ordinal);
      if (!pod) {
        return false;
      }
      if (revision_of_pod(*pod) != name_of(*revisions_.update) && !is_deleting(*pod)) {
        delete_pod(*pod);
        return false;
      }
      if (!pod_is_available(*pod, ready_s_min_, objects_.now()) || is_deleting(*pod)) {
        return false;
      }
    }
    return true;
  }

  static std::string revision_of_pod(const Json& pod) {
    return label(pod, "controller-revision-hash");
  }

  [[nodiscard]] std::vector<std::string> used_revisions() const {
    std::vector<std::string> used;
    for (const auto& [ordinal, pod] : pods_) {
      used.push_back(revision_of_pod(*pod));
    }
    return used;
  }

  void write_status() {
    gather();
    Json status = {{"observedGeneration", integer(set_, "metadata/generation")},
                   {"collisionCount", 0},
                   {"replicas", static_cast<int64_t>(pods_.size())}};
    int64_t ready = 0;
    int64_t available = 0;
    int64_t current = 0;
    int64_t updated = 0;
    const std::string update_name = name_of(*revisions_.update);
    std::string current_name = name_of(*revisions_.current);
    for (const auto& [ordinal, pod] : pods_) {
      ready += pod_is_ready(*pod) ? 1 : 0;
      available += pod_is_available(*pod, ready_s_min_, objects_.now()) ? 1 : 0;
      if (!is_deleting(*pod)) {
        current += revision_of_pod(*pod) == current_name ? 1 : 0;
        updated += revision_of_pod(*pod) == update_name ? 1 : 0;
      }
    }
    const bool is_rolling = text(set_, "spec/updateStrategy/type") == "RollingUpdate";
    if (is_rolling && updated == replicas_ && ready == replicas_ &&
        static_cast<int64_t>(pods_.size()) == replicas_) {
      current_name = update_name;
      current = updated;
    }
    const auto put = [&](const char* field, int64_t count) {
      if (count > 0) {
        status[field] = count;
      }
    };
    put("readyReplicas", ready);
    put("currentReplicas", current);
    put("updatedReplicas", updated);
    status["availableReplicas"] = available;
    status["currentRevision"] = current_name;
    status["updateRevision"] = update_name;
    objects_.modify_status({"statefulsets.apps", ns_, name_},
                           [&](Json& set) { set["status"] = std::move(status); });
  }

  Objects& objects_;
  const Json& set_;
  std::string name_;
  std::string ns_;
  int64_t start_;
  int64_t replicas_;
  bool is_parallel_;
  int64_t ready_s_min_;
  Revisions revisions_;
  std::map<int64_t, ObjectPtr> pods_;
};

}  // namespace

void sync_stateful_set(Objects& objects, const Key& key) {
  const ObjectPtr set = objects.store().find(key);
  if (set) {
    Pass(objects, *set).run();
  }
}

}  // namespace quorate::local
