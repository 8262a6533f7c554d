// Bugs that the tests plant around the machine, to see that the checker finds them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quorate::election::testing {

enum class PlantedBug : uint8_t {
  kNone,
  kSmallQuorum,        ///< A member counts fewer voters than there are.
  kObserversVote,      ///< Observers count as voters.
  kLeadsAtOnce,        ///< A looker takes itself for elected.
  kFollowsHearsay,     ///< One follower's word is enough to join a leader.
  kZxidIgnored,        ///< Candidates stand with a zxid of zero.
  kEpochIgnored,       ///< Candidates stand with an epoch of zero.
  kRoundsMixed,        ///< Every vote is sent as one of round 1.
  kTwoFaces,           ///< Some voters are told another vote than the rest.
  kEmptyDiskVotes,     ///< A wiped member votes.
  kLookersIgnored,     ///< Members with a leader do not answer.
  kNothingRepeated,    ///< Lost messages are never sent again.
  kSuspicionForEver,   ///< Who was suspected once stays so.
  kRevocationIgnored,  ///< A decision that cannot come true is waited for.
  kCount,
};

[[nodiscard]] inline const char* name_of(PlantedBug bug) {
  constexpr const char* kNames[] = {
      "None",           "SmallQuorum",     "ObserversVote",    "LeadsAtOnce",      "FollowsHearsay",
      "ZxidIgnored",    "EpochIgnored",    "RoundsMixed",      "TwoFaces",         "EmptyDiskVotes",
      "LookersIgnored", "NothingRepeated", "SuspicionForEver", "RevocationIgnored"};
  return kNames[static_cast<size_t>(bug)];
}

}  // namespace quorate::election::testing
