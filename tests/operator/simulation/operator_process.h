// OperatorProcess: one instance of the operator: production's passes, queue and lease, in virtual
// time.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <prometheus/registry.h>

#include "operator/controller/reconciler.h"
#include "operator/kube/expectations.h"
#include "operator/kube/lease_election.h"
#include "operator/kube/work_queue.h"
#include "operator/reconcile/cluster_reconciler.h"
#include "tests/operator/simulation/judge.h"
#include "tests/operator/simulation/lagging_cache.h"
#include "tests/operator/simulation/wire.h"

namespace quorate::opsim {

/// Made anew for each start. The stack may still hold one that is dead: it does nothing any more.
class OperatorProcess : public std::enable_shared_from_this<OperatorProcess> {
 public:
  OperatorProcess(Context& context, Kubernetes& kubernetes, Ensemble& ensemble, Judge& judge,
                  std::string name);
  ~OperatorProcess();

  void start();
  void kill();
  /// So many steps from now; requests and answers are steps.
  void kill_after(size_t steps) { kill_in_ = steps; }
  /// Then nothing of it goes on for so long; what it has sent is on its way.
  void freeze_after(size_t steps, Duration duration) {
    freeze_in_ = steps;
    freeze_for_ = duration;
  }
  [[nodiscard]] bool is_dead() const { return is_dead_; }
  [[nodiscard]] bool is_leading() const { return is_leading_ && !is_dead_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] LaggingCache& cache() { return *cache_; }
  [[nodiscard]] size_t passes() const { return passes_; }

 private:
  class SimPass;
  class Members;
  class FixedRandom;

  void seen(const kube::ResourceKind& kind, const local::ObjectPtr& before,
            const local::ObjectPtr& after);
  void step_lease(kube::LeaseEvent event);
  void perform(kube::LeaseAction& action);
  [[nodiscard]] Caller caller();
  template <typename Event>
  void send_lease(kube::LeaseRequest number, kube::Request request);
  void wake(const kube::ObjectKey& key);
  void schedule();
  void work();
  void run(const kube::ObjectKey& key);
  /// Time passes for whoever waits, and stands still while frozen.
  void advance(Duration duration);
  Answer send(const kube::Request& request);
  [[nodiscard]] bool may_write() const;

  Context& context_;
  Kubernetes& kubernetes_;
  Ensemble& ensemble_;
  Judge& judge_;
  const std::string name_;
  bool is_dead_ = false;
  bool is_leading_ = false;
  bool is_busy_ = false;
  std::optional<size_t> kill_in_;
  std::optional<size_t> freeze_in_;
  Duration freeze_for_{};
  TimePoint frozen_until_{};
  TimePoint writes_until_{};
  std::optional<TimePoint> work_at_;
  std::optional<TimePoint> lease_at_;
  size_t passes_ = 0;
  std::map<std::string, ensemble::MemberReport> stale_reports_;  ///< For a planted bug.
  TimePoint stale_since_{};
  bool reads_live_ = false;  ///< The pass under way has read Pods live, and waits for members.

  std::unique_ptr<LaggingCache> cache_;
  kube::WorkQueue queue_;
  kube::Expectations expectations_;
  kube::LeaseElection lease_;
  prometheus::Registry registry_;
  std::unique_ptr<FixedRandom> random_;
  std::unique_ptr<Members> members_;
  std::unique_ptr<reconcile::ClusterMetrics> metrics_;
  std::unique_ptr<reconcile::ClusterReconciler> reconciler_;
};

}  // namespace quorate::opsim
