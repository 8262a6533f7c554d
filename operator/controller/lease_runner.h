// LeaseRunner: the lease election with its requests and deadlines.
#pragma once

#include <functional>
#include <memory>

#include "operator/controller/event_loop.h"
#include "operator/kube/lease_election.h"
#include "operator/transport/http_transport.h"

namespace quorate::controller {

/// What the election means for the process. Loop's thread.
struct LeaseHandlers {
  /// Leads from now on, or still: until then at least.
  std::function<void(TimePoint until, bool is_new)> on_leading;
  /// Writing stops now; nothing else is tidied up.
  std::function<void(const std::string& reason)> on_lost;
  std::function<void()> on_released;
};

/// Loop's thread only.
class LeaseRunner {
 public:
  LeaseRunner(EventLoop& loop, transport::HttpTransport& transport, kube::LeaseOptions options,
              kube::Dice dice, LeaseHandlers handlers);
  ~LeaseRunner();

  void start() { step(kube::LeaseStart{}); }
  /// Lets go; on_released follows, within a few seconds.
  void stop() { step(kube::LeaseStop{}); }
  [[nodiscard]] bool is_leader() const { return election_.is_leader(); }

 private:
  void step(kube::LeaseEvent event);
  void perform(kube::ReadLease& action);
  void perform(kube::WriteLease& action);
  void perform(kube::CancelLeaseRequest& action);
  void perform(kube::LeaderStarted& action);
  void perform(kube::LeaderRenewed& action);
  void perform(kube::LeaderLost& action);
  void perform(kube::LeaderSeen& action);
  void perform(kube::LeaseReleased& action);
  template <typename Event>
  void send(kube::LeaseRequest request, const kube::Request& to_send);

  EventLoop& loop_;
  transport::HttpTransport& transport_;
  const kube::LeaseOptions options_;
  const LeaseHandlers handlers_;
  kube::LeaseElection election_;
  LoopTimer timer_;
  transport::CallId call_ = 0;
  std::shared_ptr<LeaseRunner*> self_;  ///< Null inside once this is gone.
};

}  // namespace quorate::controller
