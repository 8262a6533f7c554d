// Counting of voters, for the files of the leader alone.
#pragma once

#include "server/zab/leader.h"

namespace quorate::zab {

template <typename Condition>
bool Leader::is_quorum_of(Condition condition) const {
  const quorum::Majority& majority = acks_.majority();
  quorum::VoterSet set;
  set.add(*majority.index_of(options_.self));
  for (const Learner& learner : learners_) {
    if (counts(learner) && condition(learner)) {
      set.add(*majority.index_of(learner.server));
    }
  }
  return majority.is_quorum(set);
}

}  // namespace quorate::zab
