// Metrics of members of an ensemble: the quorum, and what a leader knows of its learners.
#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "server/report/catalogue.h"
#include "server/report/views.h"

namespace quorate::report {
namespace {

template <typename Condition>
int64_t count_of(const node::EnsembleStatus& ensemble, Condition condition) {
  return std::ranges::count_if(ensemble.learners, condition);
}

}  // namespace

void Catalogue::gauge(std::string_view name, std::string_view help, int64_t value) {
  metrics_.push_back({.name = name, .kind = MetricKind::kGauge, .help = help, .value = value});
}

void Catalogue::add_ensemble(const Inputs& inputs) {
  if (!inputs.status.ensemble) {
    return;
  }
  const node::EnsembleStatus& ensemble = *inputs.status.ensemble;
  gauge("quorum_size", "Voters.", static_cast<int64_t>(ensemble.voter_count));
  gauge("quorate_epoch", "Epoch of the member's history.", ensemble.current.value);
  gauge("quorate_config_version", "Version of the configuration.", ensemble.config_version.value);
  gauge("quorate_may_vote", "0 while the disk has to be filled first.", ensemble.may_vote ? 1 : 0);
  const auto histogram = [&](std::string_view name, std::string_view help,
                             const Histogram& samples) {
    metrics_.push_back({.name = name,
                        .kind = MetricKind::kHistogram,
                        .help = help,
                        .samples = &samples,
                        .divisor = 1'000'000,
                        .prometheus_only = true});
  };
  const node::Counters& counters = inputs.status.counters;
  histogram("quorate_election_seconds", "Elections, from looking to a decision.",
            counters.election_time);
  histogram("quorate_detection_seconds",
            "From the last sign of life of a leader that was lost to looking for another.",
            counters.detection_time);
  histogram("quorate_unavailable_seconds", "From not serving to serving again.",
            counters.unavailable_time);
  histogram("quorate_commit_seconds", "From a proposal of this leader to its commit.",
            counters.quorum_ack_latency);
  begin_set("quorate_syncs", MetricKind::kCounter, "Learners brought up to date, by how.");
  member("diff").value = static_cast<int64_t>(counters.diff_syncs);
  member("trunc").value = static_cast<int64_t>(counters.trunc_syncs);
  member("snap").value = static_cast<int64_t>(counters.snapshot_syncs);
  metrics_.push_back({.name = "quorate_log_syncs",
                      .kind = MetricKind::kCounter,
                      .help = "Those of them that took the log on disk.",
                      .value = static_cast<int64_t>(counters.log_syncs)});
  if (inputs.status.role == node::Role::kLeading) {
    add_leader(inputs);
  }
}

void Catalogue::add_leader(const Inputs& inputs) {
  using zab::LearnerStatus;
  const node::EnsembleStatus& ensemble = *inputs.status.ensemble;
  gauge("leader_uptime", "Time as the leader, milliseconds.",
        std::chrono::duration_cast<std::chrono::milliseconds>(ensemble.leading_for).count());
  gauge("learners", "Connected learners.", static_cast<int64_t>(ensemble.learners.size()));
  gauge("synced_followers", "Voters that follow.",
        count_of(ensemble, [](const LearnerStatus& each) {
          return each.is_synced && each.is_voter && !each.is_observer;
        }));
  gauge("synced_non_voting_followers", "Others that follow.",
        count_of(ensemble, [](const LearnerStatus& each) {
          return each.is_synced && !each.is_voter && !each.is_observer;
        }));
  gauge("synced_observers", "Observers that have the history.",
        count_of(ensemble,
                 [](const LearnerStatus& each) { return each.is_synced && each.is_observer; }));
  gauge("pending_syncs", "Learners that do not have the history yet.",
        count_of(ensemble, [](const LearnerStatus& each) { return !each.is_synced; }));
  const node::Counters& counters = inputs.status.counters;
  gauge("last_proposal_size", "Bytes of the last proposal; -1: none.",
        counters.proposal_bytes_last);
  gauge("max_proposal_size", "Bytes of the largest proposal; -1: none.",
        counters.proposal_bytes_max);
  gauge("min_proposal_size", "Bytes of the smallest proposal; -1: none.",
        counters.proposal_bytes_min);
  // One of each server: one that came again may still have its former connection, too.
  std::map<ServerId, const LearnerStatus*> learners;
  for (const LearnerStatus& learner : ensemble.learners) {
    learners[learner.server] = &learner;
  }
  begin_set("quorate_learner_lag", MetricKind::kGauge,
            "Transactions that a learner has not acknowledged (an observer: was not sent); across "
            "epochs a bound.");
  for (const auto& [server, learner] : learners) {
    member(text(std::to_string(server.value))).value = lag_of(inputs.status, *learner);
  }
  begin_set("quorate_learner_queued_bytes", MetricKind::kGauge, "Bytes on their way to a learner.");
  for (const auto& [server, learner] : learners) {
    member(text(std::to_string(server.value))).value =
        static_cast<int64_t>(learner->unflushed_bytes);
  }
}

std::string_view Catalogue::text(std::string text) { return texts_.emplace_back(std::move(text)); }

}  // namespace quorate::report
