// Families and their labels. Source: controller-runtime's metrics, so that its dashboards fit.
#include "operator/controller/metrics.h"

#include <chrono>
#include <map>

#include <prometheus/text_serializer.h>

#include "operator/controller/families.h"

namespace quorate::controller {

namespace {

using prometheus::Histogram;
template <typename T>
using Family = prometheus::Family<T>;

const Histogram::BucketBoundaries kPassBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                  1,     2.5,  5,     10,   30,  60,   120};
const Histogram::BucketBoundaries kQueueBuckets = {0.00001, 0.0001, 0.001, 0.01, 0.1,
                                                   1,       10,     100,   1000};
const Histogram::BucketBoundaries kRequestBuckets = {0.005, 0.025, 0.1, 0.25, 0.5, 1,
                                                     2,     4,     8,   15,   30,  60};

double seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

std::string_view text_of(PassOutcome outcome) {
  switch (outcome) {
    case PassOutcome::kSuccess:
      return "success";
    case PassOutcome::kRequeue:
      return "requeue";
    case PassOutcome::kRequeueAfter:
      return "requeue_after";
    case PassOutcome::kError:
    case PassOutcome::kTerminalError:
      return "error";
  }
  return "error";
}

}  // namespace

struct Metrics::Families {
  Families(prometheus::Registry& registry, const std::string& controller)
      : of_controller{{"controller", controller}},
        of_queue{{"controller", controller}, {"name", controller}},
        passes(counters(registry, "controller_runtime_reconcile_total", "Passes by result.")),
        errors(counters(registry, "controller_runtime_reconcile_errors_total",
                        "Passes that ended with an error.")
                   .Add(of_controller)),
        terminal_errors(counters(registry, "controller_runtime_terminal_reconcile_errors_total",
                                 "Passes whose error only a change of the object can end.")
                            .Add(of_controller)),
        panics(counters(registry, "controller_runtime_reconcile_panics_total",
                        "Passes that ended with an exception.")
                   .Add(of_controller)),
        timeouts(counters(registry, "controller_runtime_reconcile_timeouts_total",
                          "Passes that ran out of time.")
                     .Add(of_controller)),
        pass_time(
            histograms(registry, "controller_runtime_reconcile_time_seconds", "Duration of passes.")
                .Add(of_controller, kPassBuckets)),
        workers_max(
            gauges(registry, "controller_runtime_max_concurrent_reconciles", "Worker threads.")
                .Add(of_controller)),
        active_workers(gauges(registry, "controller_runtime_active_workers", "Workers in a pass.")
                           .Add(of_controller)),
        depth(gauges(registry, "workqueue_depth", "Objects that wait for a worker.").Add(of_queue)),
        adds(counters(registry, "workqueue_adds_total", "Objects put into the queue.")
                 .Add(of_queue)),
        retries(counters(registry, "workqueue_retries_total",
                         "Objects put into the queue after a failure.")
                    .Add(of_queue)),
        queue_time(histograms(registry, "workqueue_queue_duration_seconds",
                              "How long objects were ready before a worker took them.")
                       .Add(of_queue, kQueueBuckets)),
        work_time(
            histograms(registry, "workqueue_work_duration_seconds", "How long workers had objects.")
                .Add(of_queue, kPassBuckets)),
        unfinished(
            gauges(registry, "workqueue_unfinished_work_seconds", "Age of all passes under way.")
                .Add(of_queue)),
        longest(gauges(registry, "workqueue_longest_running_processor_seconds",
                       "Age of the oldest pass under way.")
                    .Add(of_queue)),
        requests(counters(registry, "rest_client_requests_total",
                          "Requests to the API by code, method and resource.")),
        request_time(histograms(registry, "rest_client_request_duration_seconds",
                                "Duration of requests but watches.")),
        leader(gauges(registry, "leader_election_master_status",
                      "1 while this process holds the lease.")),
        informer_failures(counters(registry, "quorate_operator_informer_failures_total",
                                   "Lists and watches that failed and were repeated.")) {}

  const prometheus::Labels of_controller;
  const prometheus::Labels of_queue;
  Family<prometheus::Counter>& passes;
  prometheus::Counter& errors;
  prometheus::Counter& terminal_errors;
  prometheus::Counter& panics;
  prometheus::Counter& timeouts;
  Histogram& pass_time;
  prometheus::Gauge& workers_max;
  prometheus::Gauge& active_workers;
  prometheus::Gauge& depth;
  prometheus::Counter& adds;
  prometheus::Counter& retries;
  Histogram& queue_time;
  Histogram& work_time;
  prometheus::Gauge& unfinished;
  prometheus::Gauge& longest;
  Family<prometheus::Counter>& requests;
  Family<Histogram>& request_time;
  Family<prometheus::Gauge>& leader;
  Family<prometheus::Counter>& informer_failures;
};

Metrics::Metrics(std::string_view controller)
    : registry_(std::make_shared<prometheus::Registry>()),
      controller_(controller),
      families_(std::make_unique<Families>(*registry_, controller_)) {
  // Series exist from the start, so that rates are right from the first event.
  for (const PassOutcome each : {PassOutcome::kSuccess, PassOutcome::kRequeue,
                                 PassOutcome::kRequeueAfter, PassOutcome::kError}) {
    families_->passes.Add({{"controller", controller_}, {"result", std::string(text_of(each))}});
  }
}
Metrics::~Metrics() = default;

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

void Metrics::count_request(const transport::RequestReport& report) {
  const std::string code = report.code == 0 ? "<error>" : std::to_string(report.code);
  families_->requests
      .Add({{"code", code},
            {"method", std::string(report.method)},
            {"resource", std::string(report.plural)}})
      .Increment();
  if (report.verb != kube::Verb::kWatch) {
    families_->request_time.Add({{"verb", std::string(report.method)}}, kRequestBuckets)
        .Observe(seconds(report.duration));
  }
}

void Metrics::count_add() { families_->adds.Increment(); }
void Metrics::count_retry() { families_->retries.Increment(); }
void Metrics::count_taken(Duration waited) { families_->queue_time.Observe(seconds(waited)); }

void Metrics::count_pass(PassOutcome outcome, Duration worked) {
  families_->passes.Add({{"controller", controller_}, {"result", std::string(text_of(outcome))}})
      .Increment();
  if (outcome == PassOutcome::kError || outcome == PassOutcome::kTerminalError) {
    families_->errors.Increment();
  }
  if (outcome == PassOutcome::kTerminalError) {
    families_->terminal_errors.Increment();
  }
  families_->pass_time.Observe(seconds(worked));
  families_->work_time.Observe(seconds(worked));
}

void Metrics::count_panic() { families_->panics.Increment(); }
void Metrics::count_timeout() { families_->timeouts.Increment(); }

void Metrics::set_queue(const QueueGauges& gauges) {
  families_->depth.Set(static_cast<double>(gauges.depth));
  families_->active_workers.Set(static_cast<double>(gauges.active_workers));
  families_->workers_max.Set(static_cast<double>(gauges.workers_max));
  families_->unfinished.Set(seconds(gauges.unfinished));
  families_->longest.Set(seconds(gauges.longest_running));
}

void Metrics::set_leader(const std::string& lease, bool is_leader) {
  families_->leader.Add({{"name", lease}}).Set(is_leader ? 1 : 0);
}

void Metrics::count_informer_failure(std::string_view plural, bool is_list) {
  families_->informer_failures
      .Add({{"resource", std::string(plural)}, {"request", is_list ? "list" : "watch"}})
      .Increment();
}

}  // namespace quorate::controller
