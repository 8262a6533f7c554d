// Workers: the threads that reconcile, and the queue that feeds them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "operator/controller/cache.h"
#include "operator/controller/metrics.h"
#include "operator/controller/reconciler.h"
#include "operator/kube/dice.h"
#include "operator/kube/expectations.h"
#include "operator/kube/work_queue.h"
#include "operator/transport/kube_client.h"

namespace quorate::controller {

struct WorkersOptions {
  kube::WorkQueueOptions queue;  ///< in_flight_max is the number of threads.
  /// A pass that takes longer is told to end; its requests are cancelled.
  Duration pass_timeout = std::chrono::seconds(60);
  std::string controller = "quorumcluster";
};

/// What passes are made of; all of it outlives the workers.
struct PassParts {
  transport::KubeClient& client;
  const Cache& cache;
  Metrics& metrics;
  std::function<void(kube::EventNote)> record;
  /// Adds an object to the queue. Any thread, also when there are no workers any more.
  std::function<void(const kube::ObjectKey&)> wake;
};

/// Ends the work on a key and says by the result of its pass when it is worked on again. Returns
/// whether it is tried again after a failure.
bool requeue(kube::WorkQueue& queue, const kube::ObjectKey& key, const ReconcileResult& result,
             TimePoint now);

/// Keys may be added at any time; they are worked on between start() and drain(). Any thread.
class Workers {
 public:
  Workers(WorkersOptions options, Reconciler& reconciler, PassParts parts, kube::Dice dice);
  /// drain() and cancel() first, if they were not called; waits for the threads.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void add(const kube::ObjectKey& key, int priority);
  /// A version of an object has come into the cache.
  void observe(const std::string& version);

  /// `on_exit` is called by each thread when it ends.
  void start(std::function<void()> on_exit);
  /// Begins no more passes.
  void drain();
  /// Tells passes under way to end now.
  void cancel();

  [[nodiscard]] size_t thread_count() const { return options_.queue.in_flight_max; }
  [[nodiscard]] QueueGauges gauges() const;

 private:
  class PassImpl;

  void work(kube::Dice dice);
  void run(const kube::ObjectKey& key, std::string id);
  [[nodiscard]] ReconcileResult guarded(PassImpl& pass);
  void settle(const kube::ObjectKey& key, const ReconcileResult& result);
  void expect(const kube::ObjectKey& key, std::string version);

  const WorkersOptions options_;
  Reconciler& reconciler_;
  const PassParts parts_;
  kube::Dice dice_;
  std::stop_source stop_;

  mutable std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  bool is_draining_ = false;
  kube::WorkQueue queue_;
  kube::Expectations expectations_;
  std::map<kube::ObjectKey, TimePoint> running_;  ///< Passes under way, since when.
  std::vector<std::thread> threads_;
};

}  // namespace quorate::controller
