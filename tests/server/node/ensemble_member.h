// One member of an ensemble, whose peers and disk are the test itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "server/node/node.h"

namespace quorate::node::testing {

/// The participants m1, m2, ... with ZooKeeper's usual ports.
inline quorum::Configuration participants(std::initializer_list<int64_t> ids, int64_t version = 0) {
  quorum::Configuration configuration;
  configuration.version = ConfigVersion{version};
  for (const int64_t id : ids) {
    configuration.servers[ServerId{id}].addresses = {
        {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
  }
  return configuration;
}

/// Member 1 of three. Invariants are checked after every step.
class EnsembleMember {
 public:
  EnsembleMember(EnsembleOptions ensemble, Recovered recovered) {
    Options options;
    ensemble.configuration = participants({1, 2, 3});
    options.ensemble = std::move(ensemble);
    node_ = std::make_unique<Node>(std::move(options), std::move(recovered), now_);
    node_->begin(now_, actions_);
  }

  /// Returns what that step wants.
  Actions step(const Event& event) {
    actions_.clear();
    node_->step(event, now_, actions_);
    node_->check_invariants();
    return actions_;
  }
  Actions hear_vote(int64_t from, wire::PeerState state, const wire::Vote& vote, int64_t round) {
    return step(PeerNotified{ServerId{from},
                             {.state = state,
                              .vote = vote,
                              .round = wire::Round{round},
                              .version = wire::kNotificationVersion,
                              .config = wire::NullableBytes()}});
  }
  void wait(Duration time) { now_.monotonic += time; }
  [[nodiscard]] Status status() const { return node_->status(now_); }

 private:
  Now now_;
  std::unique_ptr<Node> node_;
  Actions actions_;
};

}  // namespace quorate::node::testing
