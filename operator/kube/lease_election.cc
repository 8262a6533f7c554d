// Taking, renewing, losing and releasing the lease.
#include "operator/kube/lease_election.h"

#include <algorithm>
#include <utility>

#include "operator/kube/backoff.h"
#include "operator/kube/json_value.h"
#include "operator/kube/micro_time.h"
#include "operator/kube/object.h"

namespace quorate::kube {

std::string LeaseOptions::complaint() const {
  const double stretch = 1.0 + jitter;
  const auto retry =
      Duration(static_cast<Duration::rep>(static_cast<double>(retry_period.count()) * stretch));
  if (retry_period <= Duration::zero()) {
    return "the retry period has to be longer than 0";
  }
  if (lease_duration < std::chrono::seconds(1)) {
    return "the lease has to last a second at least";
  }
  if (lease_duration <= renew_deadline) {
    return "the lease has to last longer than the renew deadline";
  }
  if (renew_deadline <= retry) {
    return "the renew deadline has to be longer than 1.2 retry periods";
  }
  return {};
}

LeaseElection::LeaseElection(LeaseOptions options, Dice dice)
    : options_(std::move(options)), dice_(dice) {
  // A renewal that hangs must leave time for another.
  options_.request_timeout = std::min(options_.request_timeout, options_.renew_deadline / 2);
}

void LeaseElection::step(LeaseEvent event, Now now, LeaseActions& actions) {
  // Whatever it is that comes late: time is looked at first.
  if (state_ == State::kLeading && now.monotonic >= leads_until()) {
    lose("the lease was not renewed in time", actions);
    return;
  }
  std::visit([&](auto& each) { handle(std::move(each), now, actions); }, event);
}

std::optional<TimePoint> LeaseElection::next_deadline() const {
  if (state_ == State::kIdle || state_ == State::kOver) {
    return std::nullopt;
  }
  const TimePoint next = current_ != 0 ? request_deadline_ : next_try_at_;
  return state_ == State::kLeading ? std::min(next, leads_until()) : next;
}

void LeaseElection::handle(LeaseStart, Now now, LeaseActions& actions) {
  if (state_ == State::kIdle) {
    state_ = State::kFollowing;
    read(now, actions);
  }
}

void LeaseElection::read(Now now, LeaseActions& actions) {
  current_ = ++last_request_;
  sent_at_ = now.monotonic;
  request_deadline_ = now.monotonic + options_.request_timeout;
  actions.push_back(ReadLease{.request = current_});
}

void LeaseElection::write(Now now, LeaseActions& actions) {
  current_ = ++last_request_;
  sent_at_ = now.monotonic;
  request_deadline_ = now.monotonic + options_.request_timeout;
  actions.push_back(
      WriteLease{.request = current_, .object = record(now), .is_create = observed_.is_null()});
}

void LeaseElection::wait(Now now) {
  current_ = 0;
  next_try_at_ = now.monotonic + jittered(options_.retry_period, options_.jitter, dice_);
}

// ---- answers ----------------------------------------------------------------------------------

void LeaseElection::handle(LeaseRead event, Now now, LeaseActions& actions) {
  if (event.request != current_ || current_ == 0) {
    return;
  }
  if (event.result.ok()) {
    observe(std::move(*event.result), now, actions);
    try_to_take(now, actions);
  } else if (event.result.error().kind == ApiErrorKind::kNotFound) {
    observe(nullptr, now, actions);
    try_to_take(now, actions);
  } else {
    wait(now);
  }
}

void LeaseElection::observe(nlohmann::json object, Now now, LeaseActions& actions) {
  if (object != observed_) {
    observed_ = std::move(object);
    observed_at_ = now.monotonic;
  }
  std::string holder = this->holder();
  if (holder != reported_.value_or("") || !reported_) {
    reported_ = holder;
    actions.push_back(LeaderSeen{.identity = std::move(holder)});
  }
}

void LeaseElection::try_to_take(Now now, LeaseActions& actions) {
  const std::string holder = this->holder();
  if (state_ == State::kReleasing) {
    release(now, actions);
    return;
  }
  if (state_ == State::kLeading && holder != options_.identity) {
    lose("the lease is held by `" + holder + "`", actions);
    return;
  }
  const bool is_free = holder.empty() || holder == options_.identity ||
                       now.monotonic >= observed_at_ + observed_duration();
  if (is_free) {
    write(now, actions);
  } else {
    wait(now);
  }
}

void LeaseElection::handle(LeaseWritten event, Now now, LeaseActions& actions) {
  if (event.request != current_ || current_ == 0) {
    return;
  }
  if (state_ == State::kReleasing) {
    if (!event.result.ok() && event.result.error().kind == ApiErrorKind::kConflict) {
      read(now, actions);
      return;
    }
    state_ = State::kOver;
    current_ = 0;
    actions.push_back(LeaseReleased{});
    return;
  }
  if (!event.result.ok()) {
    const ApiErrorKind kind = event.result.error().kind;
    const bool is_outdated = kind == ApiErrorKind::kConflict || kind == ApiErrorKind::kNotFound ||
                             kind == ApiErrorKind::kAlreadyExists;
    if (is_outdated) {
      // Somebody else wrote, or a write of ours whose answer was lost.
      read(now, actions);
    } else {
      wait(now);
    }
    return;
  }
  const TimePoint sent_at = sent_at_;
  observe(std::move(*event.result), now, actions);
  wait(now);
  sent_at_of_last_ = sent_at;
  if (now.monotonic >= leads_until()) {
    // The answer took too long to be of use.
    if (state_ == State::kLeading) {
      lose("the lease was not renewed in time", actions);
    }
    return;
  }
  if (state_ == State::kLeading) {
    actions.push_back(LeaderRenewed{.until = leads_until()});
  } else {
    state_ = State::kLeading;
    actions.push_back(LeaderStarted{.until = leads_until()});
  }
}

void LeaseElection::handle(LeaseDeadline, Now now, LeaseActions& actions) {
  if (state_ == State::kIdle || state_ == State::kOver) {
    return;
  }
  if (current_ != 0) {
    if (now.monotonic < request_deadline_) {
      return;
    }
    actions.push_back(CancelLeaseRequest{.request = current_});
    if (state_ == State::kReleasing) {
      // It expires by itself.
      state_ = State::kOver;
      current_ = 0;
      actions.push_back(LeaseReleased{});
    } else {
      // The write may have come through: its version is not known.
      read(now, actions);
    }
    return;
  }
  if (now.monotonic < next_try_at_) {
    return;
  }
  if (state_ == State::kLeading) {
    write(now, actions);
  } else {
    read(now, actions);
  }
}

// ---- the end ----------------------------------------------------------------------------------

void LeaseElection::handle(LeaseStop, Now now, LeaseActions& actions) {
  if (state_ == State::kOver || state_ == State::kReleasing) {
    return;
  }
  const bool was_leading = state_ == State::kLeading;
  if (current_ != 0) {
    actions.push_back(CancelLeaseRequest{.request = current_});
    current_ = 0;
  }
  if (!was_leading) {
    state_ = State::kOver;
    actions.push_back(LeaseReleased{});
    return;
  }
  state_ = State::kReleasing;
  release(now, actions);
}

void LeaseElection::release(Now now, LeaseActions& actions) {
  if (holder() != options_.identity) {
    state_ = State::kOver;
    current_ = 0;
    actions.push_back(LeaseReleased{});
    return;
  }
  write(now, actions);
}

void LeaseElection::lose(std::string reason, LeaseActions& actions) {
  if (current_ != 0) {
    actions.push_back(CancelLeaseRequest{.request = current_});
    current_ = 0;
  }
  state_ = State::kOver;
  actions.push_back(LeaderLost{.reason = std::move(reason)});
}

// ---- the record -------------------------------------------------------------------------------

std::string LeaseElection::holder() const { return text_at(observed_, {"spec", "holderIdentity"}); }

Duration LeaseElection::observed_duration() const {
  const int64_t seconds = integer_at(observed_, {"spec", "leaseDurationSeconds"}).value_or(0);
  if (seconds <= 0) {
    return options_.lease_duration;
  }
  return std::chrono::seconds(std::min<int64_t>(seconds, 3600));
}

nlohmann::json LeaseElection::record(Now now) const {
  nlohmann::json object = observed_;
  if (object.is_null()) {
    object = {{"apiVersion", kLease.api_version()},
              {"kind", kLease.kind},
              {"metadata", {{"name", options_.lease.name}, {"namespace", options_.lease.space}}}};
  }
  nlohmann::json& spec = object["spec"];
  if (!spec.is_object()) {
    spec = nlohmann::json::object();
  }
  const std::string time = micro_time(now.wall);
  const bool was_ours = holder() == options_.identity;
  spec["renewTime"] = time;
  if (state_ == State::kReleasing) {
    spec["holderIdentity"] = "";
    spec["leaseDurationSeconds"] = 1;
    spec["acquireTime"] = time;
    return object;
  }
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] =
      std::chrono::duration_cast<std::chrono::seconds>(options_.lease_duration).count();
  if (!was_ours) {
    spec["acquireTime"] = time;
    spec["leaseTransitions"] = integer_at(observed_, {"spec", "leaseTransitions"}).value_or(-1) + 1;
  }
  return object;
}

}  // namespace quorate::kube
