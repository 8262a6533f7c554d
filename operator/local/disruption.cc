// Disruption budgets and eviction.
#include <algorithm>
#include <map>

#include "operator/local/controllers.h"
#include "operator/local/pods.h"
#include "operator/local/selector.h"

namespace quorate::local {

namespace {

constexpr const char* kBudgets = "poddisruptionbudgets.policy";
constexpr int64_t kDisruptedLife_ms = 120'000;

// A number, or a percentage of `whole` rounded up.
int64_t scaled(const Json& value, int64_t whole) {
  if (value.is_number_integer()) {
    return value.get<int64_t>();
  }
  std::string number = value.is_string() ? value.get<std::string>() : "0";
  if (number.ends_with('%')) {
    number.pop_back();
    constexpr int64_t kPercentMax = 1'000'000;
    const int64_t percent = std::clamp<int64_t>(parse_integer(number).value_or(0), 0, kPercentMax);
    return (percent * whole + 99) / 100;
  }
  return parse_integer(number).value_or(0);
}

// The Pods that the owners of these Pods want together.
int64_t wanted_by_owners(const Objects& objects, const std::vector<ObjectPtr>& pods) {
  std::map<std::string, int64_t> wanted;
  for (const ObjectPtr& pod : pods) {
    const Json& owner = controller_of(*pod);
    const ObjectPtr set =
        objects.find("statefulsets.apps", namespace_of(*pod), text(owner, "name"));
    if (set && uid_of(*set) == text(owner, "uid")) {
      wanted[uid_of(*set)] = integer(*set, "spec/replicas", 1);
    }
  }
  int64_t sum = 0;
  for (const auto& [uid, count] : wanted) {
    sum += count;
  }
  return sum;
}

std::vector<ObjectPtr> pods_of(const Objects& objects, const Json& budget) {
  std::vector<ObjectPtr> found;
  const Selector selector = selector_of(at(budget, "spec/selector"));
  for (const ObjectPtr& pod : objects.store().list("pods", namespace_of(budget))) {
    if (selector.matches_labels(at(*pod, "metadata/labels")) && !pod_has_ended(*pod)) {
      found.push_back(pod);
    }
  }
  return found;
}

// Evicted Pods that have not begun to end, and whose eviction is not long ago.
Json disrupted_of(const Objects& objects, const Json& budget) {
  Json kept = Json::object();
  for (const auto& [name, since] : map_at(budget, "status/disruptedPods").items()) {
    const ObjectPtr pod = objects.find("pods", namespace_of(budget), name);
    const auto time = since.is_string() ? parse_time(since.get<std::string>()) : std::nullopt;
    if (pod && !is_deleting(*pod) && time &&
        objects.now().value - time->value < kDisruptedLife_ms) {
      kept[name] = since;
    }
  }
  return kept;
}

struct Counts {
  int64_t expected = 0;
  int64_t desired = 0;
};

Counts counts_of(const Objects& objects, const Json& budget, const std::vector<ObjectPtr>& pods) {
  Counts counts;
  if (has(budget, "spec/maxUnavailable")) {
    counts.expected = wanted_by_owners(objects, pods);
    const int64_t unavailable = scaled(at(budget, "spec/maxUnavailable"), counts.expected);
    counts.desired = std::max<int64_t>(counts.expected - unavailable, 0);
    return counts;
  }
  const Json& least = at(budget, "spec/minAvailable");
  const bool is_number = least.is_number_integer();
  counts.expected = is_number ? static_cast<int64_t>(pods.size()) : wanted_by_owners(objects, pods);
  counts.desired = least.is_null() ? 1 : scaled(least, counts.expected);
  return counts;
}

void write_budget(Objects& objects, const Json& budget) {
  const std::vector<ObjectPtr> pods = pods_of(objects, budget);
  Json disrupted = disrupted_of(objects, budget);
  const auto healthy = std::count_if(pods.begin(), pods.end(), [&](const ObjectPtr& pod) {
    return pod_is_ready(*pod) && !is_deleting(*pod) && !disrupted.contains(name_of(*pod));
  });
  const Counts counts = counts_of(objects, budget, pods);
  const int64_t allowed = counts.expected <= 0 ? 0 : std::max<int64_t>(healthy - counts.desired, 0);
  objects.modify_status({kBudgets, namespace_of(budget), name_of(budget)}, [&](Json& updated) {
    Json& status = updated["status"];
    status["observedGeneration"] = integer(budget, "metadata/generation");
    status["expectedPods"] = counts.expected;
    status["desiredHealthy"] = counts.desired;
    status["currentHealthy"] = healthy;
    status["disruptionsAllowed"] = allowed;
    if (disrupted.empty()) {
      status.erase("disruptedPods");
    } else {
      status["disruptedPods"] = std::move(disrupted);
    }
    set_condition(updated,
                  {.type = "DisruptionAllowed",
                   .is_true = allowed > 0,
                   .reason = allowed > 0 ? "SufficientPods" : "InsufficientPods",
                   .message = {}},
                  objects.now());
  });
}

// Clients wait as long as they are told to, so that only what passes by itself has a time.
ApiError too_many(const std::string& cause, int retry_after_s) {
  return {
      .code = 429,
      .reason = "TooManyRequests",
      .message = "Cannot evict pod as it would violate the pod's disruption budget.",
      .details = {{"causes", Json::array({{{"reason", "DisruptionBudget"}, {"message", cause}}})}},
      .retry_after_s = retry_after_s};
}

// Takes one disruption from the budget. Nothing: it was allowed.
std::optional<ApiError> spend(Objects& objects, const Json& budget, const Json& pod, bool dry_run) {
  const std::string name = name_of(budget);
  if (integer(budget, "status/observedGeneration") < integer(budget, "metadata/generation")) {
    return too_many("The disruption budget " + name + " is still being processed by the server.",
                    10);
  }
  if (integer(budget, "status/disruptionsAllowed") <= 0) {
    return too_many("The disruption budget " + name + " needs " +
                        std::to_string(integer(budget, "status/desiredHealthy")) +
                        " healthy pods and has " +
                        std::to_string(integer(budget, "status/currentHealthy")) + " currently",
                    0);
  }
  if (!dry_run) {
    objects.modify({kBudgets, namespace_of(budget), name}, [&](Json& spent) {
      spent["status"]["disruptionsAllowed"] = integer(spent, "status/disruptionsAllowed") - 1;
      spent["status"]["disruptedPods"][name_of(pod)] = format_time(objects.now());
    });
  }
  return std::nullopt;
}

// Whether the budget has nothing to say about a Pod that is not ready.
bool is_free(const Json& budget, const Json& pod) {
  if (pod_is_ready(pod)) {
    return false;
  }
  if (text(budget, "spec/unhealthyPodEvictionPolicy") == "AlwaysAllow") {
    return true;
  }
  const int64_t desired = integer(budget, "status/desiredHealthy");
  return desired > 0 && integer(budget, "status/currentHealthy") >= desired;
}

std::optional<ApiError> ask_budgets(Objects& objects, const Json& pod, bool dry_run) {
  const std::string phase = text(pod, "status/phase");
  if (is_deleting(pod) || phase == "Pending" || pod_has_ended(pod)) {
    return std::nullopt;
  }
  std::vector<ObjectPtr> matching;
  for (const ObjectPtr& budget : objects.store().list(kBudgets, namespace_of(pod))) {
    if (selector_of(at(*budget, "spec/selector")).matches_labels(at(pod, "metadata/labels"))) {
      matching.push_back(budget);
    }
  }
  if (matching.size() > 1) {
    return plain_error(500, "InternalError",
                       "This pod has more than one PodDisruptionBudget, which the eviction "
                       "subresource does not support.");
  }
  if (matching.empty() || is_free(*matching.front(), pod)) {
    return std::nullopt;
  }
  return spend(objects, *matching.front(), pod, dry_run);
}

}  // namespace

void sync_budget(Objects& objects, const Key& key) {
  const ObjectPtr budget = objects.store().find(key);
  if (budget && !is_deleting(*budget)) {
    write_budget(objects, *budget);
  }
}

Outcome<Json> evict(Objects& objects, const std::string& ns, const std::string& name,
                    const Json& body) {
  const KindPtr kind = objects.kinds().find_resource("pods");
  const ObjectPtr pod = objects.find("pods", ns, name);
  if (!pod) {
    return not_found(kind->subject(name));
  }
  DeleteOptions options;
  const Json& wanted = at(body, "deleteOptions");
  options.uid = text(wanted, "preconditions/uid");
  options.resource_version = text(wanted, "preconditions/resourceVersion");
  options.dry_run = !list_at(wanted, "dryRun").empty();
  if (has(wanted, "gracePeriodSeconds")) {
    options.grace_s = integer(wanted, "gracePeriodSeconds");
  }
  if (!options.uid.empty() && options.uid != uid_of(*pod)) {
    return conflict(kind->subject(name), "Precondition failed: UID in precondition: " +
                                             options.uid + ", UID in object meta: " + uid_of(*pod));
  }
  if (auto refusal = ask_budgets(objects, *pod, options.dry_run)) {
    return *refusal;
  }
  // The budget's own write has left the Pod alone, so that its revision still holds.
  auto removed = objects.remove(*kind, ns, name, options);
  if (!removed) {
    return removed.error();
  }
  return Json{{"kind", "Status"},
              {"apiVersion", "v1"},
              {"metadata", Json::object()},
              {"status", "Success"},
              {"code", 201}};
}

}  // namespace quorate::local
