// A vote of a leader election, and the states and rounds that notifications carry beside it.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

#include "server/base/ids.h"

namespace quorate::wire {

/// What a member says that it is doing; the numbers are those of the wire.
enum class PeerState : int32_t { kLooking = 0, kFollowing = 1, kLeading = 2, kObserving = 3 };

/// Number of an election as one member counts them; `electionEpoch` or `logicalclock` in Apache. It
/// is not durable: a member that restarts begins at 1.
struct Round {
  int64_t value = 0;
  friend constexpr auto operator<=>(const Round&, const Round&) = default;
};

/// A candidate and what makes it fit to lead. The order of the fields is the order of votes: the
/// greater one wins, by epoch, then zxid, then server id.
/// Source: ZooKeeper 3.9 FastLeaderElection.totalOrderPredicate.
struct Vote {
  Epoch epoch;  ///< The candidate's current epoch; of a running ensemble, the leader's.
  Zxid zxid;    ///< The last that the candidate has logged.
  ServerId leader;
  friend constexpr auto operator<=>(const Vote&, const Vote&) = default;
};

/// The vote of a member that does not vote; it names no candidate and loses to every other.
inline constexpr int64_t kNoVoteValue = std::numeric_limits<int64_t>::min();
inline constexpr Vote kNoVote{Epoch{kNoVoteValue}, Zxid{kNoVoteValue}, ServerId{kNoVoteValue}};

}  // namespace quorate::wire
