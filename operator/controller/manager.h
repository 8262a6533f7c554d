// Manager: informers, lease, workers and probes of one process, from start to stop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operator/controller/reconciler.h"
#include "operator/kube/informer.h"
#include "operator/kube/lease_election.h"
#include "operator/kube/work_queue.h"
#include "operator/transport/http_transport.h"
#include "server/base/result.h"
#include "server/base/time.h"

namespace quorate::controller {

class Metrics;

/// A kind to watch, and which objects of the reconciled kind a change concerns.
struct WatchSpec {
  kube::ResourceKind kind;
  std::string label_selector = {};
  std::vector<std::string> indexed_labels = {};
  std::function<std::vector<kube::ObjectKey>(const kube::Delta&)> concerns;
};

/// For the reconciled kind itself: its own key, unless only the status changed (our own echo).
[[nodiscard]] std::vector<kube::ObjectKey> concerns_itself(const kube::Delta& delta);
/// For children: the key of the controlling owner of `kind`. Every change counts, for the status of
/// children is what they are watched for.
[[nodiscard]] std::function<std::vector<kube::ObjectKey>(const kube::Delta&)> concerns_owner(
    const kube::ResourceKind& kind);
/// For objects that others own: the name that a label holds, in the same namespace.
[[nodiscard]] std::function<std::vector<kube::ObjectKey>(const kube::Delta&)> concerns_label(
    const std::string& label);

struct ManagerOptions {
  /// Empty: all namespaces.
  std::vector<std::string> spaces;
  std::vector<WatchSpec> watches;
  kube::WorkQueueOptions queue;
  Duration pass_timeout = std::chrono::seconds(60);
  kube::BackoffOptions backoff;
  Duration resync_interval = std::chrono::hours(10);
  /// Nothing: this process acts without asking others.
  std::optional<kube::LeaseOptions> lease;
  std::string instance;  ///< Of this process, in Events.
  /// `address:port`; empty: not served. The same text for both: one port.
  std::string probe_address;
  std::string metrics_address;
  /// The first lists have to be complete within this time.
  Duration sync_timeout = std::chrono::minutes(2);
  /// Passes may end by themselves for so long, then they are cancelled.
  Duration drain_timeout = std::chrono::seconds(15);
  /// SIGTERM to exit, whatever hangs.
  Duration stop_timeout = std::chrono::seconds(30);
  bool handles_signals = true;  ///< SIGTERM and SIGINT stop it.
  uint64_t seed = 0;            ///< Of all dice.
};

/// Why run() returned.
enum class ManagerEnd {
  kStopped,      ///< As asked; the lease is released.
  kSyncFailed,   ///< The caches were not complete in time.
  kLeaseLost,    ///< The process has to exit now, without tidying up.
  kStopTimeout,  ///< Something did not end in time: exit now.
};

/// Order of the start: probes, informers (also while another process leads, so that the caches are
/// warm), lease, workers. Order of the stop: no new passes, workers, events, informers, lease,
/// probes.
class Manager {
 public:
  /// `transport`, `reconciler` and `metrics` outlive the manager.
  Manager(ManagerOptions options, transport::HttpTransport& transport, Reconciler& reconciler,
          Metrics& metrics);
  /// Waits for the workers unless run() returned because something hangs; then the process exits
  /// without destroying it.
  ~Manager();
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Binds the ports. Errors: as admin::HttpServer::listen().
  [[nodiscard]] Status listen();
  /// Runs on this thread until the end.
  [[nodiscard]] ManagerEnd run();
  /// Any thread.
  void stop();

  /// Where it listens, after listen(): `address:port`; empty: nowhere.
  [[nodiscard]] std::string probe_address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::controller
