// LeaseElection: one of several operators acts, by a Lease object, as a deterministic machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/api_error.h"
#include "operator/kube/dice.h"
#include "operator/kube/resource_kind.h"
#include "server/base/time.h"

namespace quorate::kube {

struct LeaseOptions {
  ObjectKey lease;
  std::string identity;  ///< Unique among all processes, now and ever: pod name and a uuid.
  Duration lease_duration = std::chrono::seconds(15);
  Duration renew_deadline = std::chrono::seconds(10);
  Duration retry_period = std::chrono::seconds(2);
  double jitter = 0.2;
  /// An answer that takes longer is not waited for.
  Duration request_timeout = std::chrono::seconds(5);

  /// Why these numbers cannot work; empty: they can.
  [[nodiscard]] std::string complaint() const;
};

/// Names one request; answers to others are ignored.
using LeaseRequest = uint64_t;

struct LeaseStart {};
/// The answer to a ReadLease; kNotFound: there is none.
struct LeaseRead {
  LeaseRequest request = 0;
  ApiResult<nlohmann::json> result;
};
/// The answer to a WriteLease: the object as it is now.
struct LeaseWritten {
  LeaseRequest request = 0;
  ApiResult<nlohmann::json> result;
};
struct LeaseDeadline {};
/// Everything that writes has stopped: let go.
struct LeaseStop {};
using LeaseEvent = std::variant<LeaseStart, LeaseRead, LeaseWritten, LeaseDeadline, LeaseStop>;

struct ReadLease {
  LeaseRequest request = 0;
};
struct WriteLease {
  LeaseRequest request = 0;
  nlohmann::json object;
  bool is_create = false;  ///< Else an update, with the version that was read as precondition.
};
struct CancelLeaseRequest {
  LeaseRequest request = 0;
};
/// This process leads from now on, until `until` unless told otherwise.
struct LeaderStarted {
  TimePoint until;
};
/// The lease was renewed.
struct LeaderRenewed {
  TimePoint until;
};
/// Writing has to stop at once: the process exits without tidying up.
struct LeaderLost {
  std::string reason;
};
/// Somebody else leads, for logs; empty: nobody.
struct LeaderSeen {
  std::string identity;
};
/// Nothing more will happen.
struct LeaseReleased {};
using LeaseAction = std::variant<ReadLease, WriteLease, CancelLeaseRequest, LeaderStarted,
                                 LeaderRenewed, LeaderLost, LeaderSeen, LeaseReleased>;
using LeaseActions = std::vector<LeaseAction>;

/// A leader writes the lease every `retry_period`; another takes it when it has seen no change for
/// `lease_duration`. Times in the record are never compared with any clock: expiry is judged by the
/// local monotonic time since the last change that was seen. A leader counts its time from when the
/// request was *sent* and stops after `renew_deadline`, so that it has stopped before anybody else
/// can start, as long as clocks run equally fast to a factor of 15/10.
///
/// It does not fence: what a request on its way does after the loss is kept apart by preconditions.
/// Source: client-go tools/leaderelection, except where said.
///
/// Not thread-safe: owned by one loop.
class LeaseElection {
 public:
  LeaseElection(LeaseOptions options, Dice dice);

  void step(LeaseEvent event, Now now, LeaseActions& actions);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] bool is_leader() const { return state_ == State::kLeading; }
  /// Leading only: when it has to stop, unless it renews.
  [[nodiscard]] TimePoint leads_until() const { return sent_at_of_last_ + options_.renew_deadline; }

 private:
  enum class State { kIdle, kFollowing, kLeading, kReleasing, kOver };

  void handle(LeaseStart event, Now now, LeaseActions& actions);
  void handle(LeaseRead event, Now now, LeaseActions& actions);
  void handle(LeaseWritten event, Now now, LeaseActions& actions);
  void handle(LeaseDeadline event, Now now, LeaseActions& actions);
  void handle(LeaseStop event, Now now, LeaseActions& actions);

  void observe(nlohmann::json object, Now now, LeaseActions& actions);
  void read(Now now, LeaseActions& actions);
  void write(Now now, LeaseActions& actions);
  void try_to_take(Now now, LeaseActions& actions);
  void release(Now now, LeaseActions& actions);
  void lose(std::string reason, LeaseActions& actions);
  void wait(Now now);
  [[nodiscard]] std::string holder() const;
  [[nodiscard]] Duration observed_duration() const;
  [[nodiscard]] nlohmann::json record(Now now) const;

  LeaseOptions options_;
  Dice dice_;
  State state_ = State::kIdle;
  LeaseRequest last_request_ = 0;
  LeaseRequest current_ = 0;  ///< What is waited for; 0: nothing.
  TimePoint request_deadline_;
  TimePoint sent_at_;          ///< Of the request under way.
  TimePoint sent_at_of_last_;  ///< Leading: of the last successful write.
  TimePoint next_try_at_;      ///< When nothing is under way.
  nlohmann::json observed_;    ///< The object as last seen; null: there is none, as far as known.
  TimePoint observed_at_;      ///< When it was first seen like that.
  std::optional<std::string> reported_;  ///< The holder that LeaderSeen named last.
};

}  // namespace quorate::kube
