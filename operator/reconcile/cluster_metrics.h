// ClusterMetrics: numbers of each cluster, from its status.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <prometheus/registry.h>

#include "operator/api/quorumcluster.pb.h"
#include "operator/kube/resource_kind.h"
#include "server/base/time.h"

namespace quorate::reconcile {

/// Any thread.
class ClusterMetrics {
 public:
  explicit ClusterMetrics(prometheus::Registry& registry);
  ~ClusterMetrics();

  /// What a status says from now on. The interruption of a roll is set when it ends: see RollClock.
  void set(const kube::ObjectKey& key, const api::QuorumClusterStatus& status, TimePoint now);
  void forget(const kube::ObjectKey& key);
  void count_action(const kube::ObjectKey& key, const std::string& action);

 private:
  struct Families;
  struct Series;

  const std::unique_ptr<Families> families_;
  std::mutex mutex_;
  std::map<kube::ObjectKey, Series> clusters_;  ///< Guarded by mutex_.
};

}  // namespace quorate::reconcile
