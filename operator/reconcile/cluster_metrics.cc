// Families and the series of each cluster.
#include "operator/reconcile/cluster_metrics.h"

#include <chrono>
#include <set>

#include "operator/api/conditions.h"
#include "operator/controller/families.h"
#include "operator/plan/draft.h"
#include "operator/reconcile/roll_clock.h"

namespace quorate::reconcile {

namespace {

using controller::counters;
using controller::gauges;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Labels;

Labels labels_of(const kube::ObjectKey& key) {
  return {{"namespace", key.space}, {"name", key.name}};
}

double number_of(const api::Condition& condition) {
  return condition.status() == "True" ? 1 : condition.status() == "False" ? 0 : -1;
}

}  // namespace

/// Gauges of one family and one cluster, by the value of one more label.
class GaugeSet {
 public:
  void set(Family<Gauge>& family, const kube::ObjectKey& key, const std::string& label,
           const std::map<std::string, double>& values) {
    for (auto each = gauges_.begin(); each != gauges_.end();) {
      if (values.contains(each->first)) {
        ++each;
      } else {
        family.Remove(each->second);
        each = gauges_.erase(each);
      }
    }
    for (const auto& [value, number] : values) {
      auto found = gauges_.find(value);
      if (found == gauges_.end()) {
        Labels labels = labels_of(key);
        labels.emplace(label, value);
        found = gauges_.emplace(value, &family.Add(labels)).first;
      }
      found->second->Set(number);
    }
  }

 private:
  std::map<std::string, Gauge*> gauges_;
};

struct ClusterMetrics::Families {
  explicit Families(prometheus::Registry& registry)
      : members(gauges(registry, "quorate_cluster_members",
                       "Members by what they are: voters, observers, ready, synced.")),
        conditions(gauges(registry, "quorate_cluster_condition",
                          "Conditions: 1 true, 0 false, -1 unknown.")),
        steps(gauges(registry, "quorate_cluster_plan_steps",
                     "Steps of the plan by state: Now, Waiting, Blocked, Later.")),
        blocked(gauges(registry, "quorate_cluster_blocked_steps",
                       "Steps that something holds back, by its reason.")),
        in_flight(gauges(registry, "quorate_cluster_in_flight",
                         "1 while a change of that kind is in progress.")),
        interruption(
            gauges(registry, "quorate_cluster_roll_interruption_seconds",
                   "Longest time without a leader or without a ready member during the last roll, "
                   "to the interval between two passes (0.2 to 2 s).")),
        actions(counters(registry, "quorate_cluster_actions_total",
                         "What the operator did to the cluster.")) {}

  Family<Gauge>& members;
  Family<Gauge>& conditions;
  Family<Gauge>& steps;
  Family<Gauge>& blocked;
  Family<Gauge>& in_flight;
  Family<Gauge>& interruption;
  Family<Counter>& actions;
};

/// What the status of a cluster says in numbers.
struct StatusNumbers {
  using Values = std::map<std::string, double>;
  Values members;
  Values conditions;
  Values steps;
  Values blocked;
  Values in_flight;
};

struct ClusterMetrics::Series {
  GaugeSet members;
  GaugeSet conditions;
  GaugeSet steps;
  GaugeSet blocked;
  GaugeSet in_flight;
  RollClock roll;
  Gauge* interruption = nullptr;  ///< Null until a roll has ended.
  std::map<std::string, Counter*> actions;

  /// Without numbers no series is left.
  void set(Families& families, const kube::ObjectKey& key, const StatusNumbers& numbers) {
    members.set(families.members, key, "is", numbers.members);
    conditions.set(families.conditions, key, "type", numbers.conditions);
    steps.set(families.steps, key, "state", numbers.steps);
    blocked.set(families.blocked, key, "reason", numbers.blocked);
    in_flight.set(families.in_flight, key, "kind", numbers.in_flight);
  }
};

namespace {

/// Between two batches nothing is in flight, and the roll goes on all the same.
bool is_rolling(const api::QuorumClusterStatus& status) {
  const api::Condition* const progressing =
      api::find_condition(status, api::condition::kProgressing);
  return (status.has_in_flight() && status.in_flight().kind() == plan::change::kRoll) ||
         (progressing != nullptr && progressing->status() == "True" &&
          progressing->reason() == plan::change::kRoll);
}

StatusNumbers numbers_of(const api::QuorumClusterStatus& status) {
  StatusNumbers numbers;
  numbers.members = {
      {"voters", status.voters()}, {"observers", status.observers()}, {"ready", status.ready()}};
  for (const api::Condition& each : status.conditions()) {
    numbers.conditions[each.type()] = number_of(each);
  }
  numbers.steps = {{"Now", 0}, {"Waiting", 0}, {"Blocked", 0}, {"Later", 0}};
  for (const api::PlanStep& each : status.plan()) {
    ++numbers.steps[each.state()];
    if (!each.reason().empty()) {
      ++numbers.blocked[each.reason()];
    }
  }
  if (status.has_in_flight()) {
    numbers.in_flight[status.in_flight().kind()] = 1;
  }
  return numbers;
}

}  // namespace

ClusterMetrics::ClusterMetrics(prometheus::Registry& registry)
    : families_(std::make_unique<Families>(registry)) {}
ClusterMetrics::~ClusterMetrics() = default;

void ClusterMetrics::set(const kube::ObjectKey& key, const api::QuorumClusterStatus& status,
                         TimePoint now) {
  const StatusNumbers numbers = numbers_of(status);
  const std::lock_guard lock(mutex_);
  Series& series = clusters_[key];
  series.set(*families_, key, numbers);
  const bool is_serving = !status.leader().empty() && status.ready() > 0;
  if (const auto longest = series.roll.look(is_rolling(status), is_serving, now)) {
    if (series.interruption == nullptr) {
      series.interruption = &families_->interruption.Add(labels_of(key));
    }
    series.interruption->Set(std::chrono::duration<double>(*longest).count());
  }
}

void ClusterMetrics::forget(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = clusters_.find(key);
  if (found == clusters_.end()) {
    return;
  }
  Series& series = found->second;
  series.set(*families_, key, {});
  if (series.interruption != nullptr) {
    families_->interruption.Remove(series.interruption);
  }
  for (const auto& [action, counter] : series.actions) {
    families_->actions.Remove(counter);
  }
  clusters_.erase(found);
}

void ClusterMetrics::count_action(const kube::ObjectKey& key, const std::string& action) {
  const std::lock_guard lock(mutex_);
  Counter*& counter = clusters_[key].actions[action];
  if (counter == nullptr) {
    Labels labels = labels_of(key);
    labels.emplace("action", action);
    counter = &families_->actions.Add(labels);
  }
  counter->Increment();
}

}  // namespace quorate::reconcile
