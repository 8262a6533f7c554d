// Members of an ensemble with a fake network.
#include "tests/server/election/world.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/wire/election_message.h"

namespace quorate::election::testing {
namespace {

using wire::PeerState;

std::pair<ServerId, ServerId> unordered(ServerId a, ServerId b) {
  return {std::min(a, b), std::max(a, b)};
}

std::string id_text(ServerId id) { return std::to_string(id.value); }

/// What a member takes for the configuration.
quorum::Configuration as_seen(const quorum::Configuration& truth, ServerId by, PlantedBug bug) {
  quorum::Configuration seen = truth;
  if (bug == PlantedBug::kObserversVote) {
    for (auto& [id, spec] : seen.servers) {
      spec.role = quorum::ServerRole::kParticipant;
    }
  }
  if (bug == PlantedBug::kSmallQuorum) {
    size_t kept = 0;
    for (auto& [id, spec] : seen.servers) {
      kept += id == by || kept > 0 ? 1 : 0;
      if (id != by && kept != 2) {
        spec.role = quorum::ServerRole::kObserver;
      }
    }
  }
  return seen;
}

}  // namespace

std::string state_name(PeerState state) {
  switch (state) {
    case PeerState::kLooking:
      return "looking";
    case PeerState::kFollowing:
      return "following";
    case PeerState::kLeading:
      return "leading";
    case PeerState::kObserving:
      return "observing";
  }
  return "?";
}

quorum::Configuration make_configuration(const std::vector<ServerId>& voters,
                                         const std::vector<ServerId>& observers) {
  quorum::Configuration configuration;
  const auto add = [&configuration](ServerId id, quorum::ServerRole role) {
    configuration.servers[id] = {.addresses = {{"h" + id_text(id), 2888, 3888}},
                                 .role = role,
                                 .client = std::nullopt,
                                 .secure_client = std::nullopt};
  };
  for (const ServerId id : voters) {
    add(id, quorum::ServerRole::kParticipant);
  }
  for (const ServerId id : observers) {
    add(id, quorum::ServerRole::kObserver);
  }
  return configuration;
}

World::World(quorum::Configuration configuration, uint64_t seed, PlantedBug bug)
    : configuration_(std::move(configuration)),
      bug_(bug),
      random_(seed),
      checker_(configuration_) {}

World::~World() = default;

void World::note(const std::string& line) {
  const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch());
  trace_ += std::to_string(at.count()) + "ms " + line + "\n";
}

std::string World::take_trace() { return std::exchange(trace_, {}); }

std::vector<ServerId> World::ids() const {
  std::vector<ServerId> result;
  for (const auto& [id, spec] : configuration_.servers) {
    result.push_back(id);
  }
  return result;
}

bool World::is_running(ServerId id) const {
  const auto at = members_.find(id);
  return at != members_.end() && at->second.is_running;
}

const Election& World::election(ServerId id) const { return *members_.at(id).election; }

// ---- Faults -------------------------------------------------------------------------------------

void World::boot(ServerId id) { boot(id, members_[id].disk); }

void World::boot(ServerId id, Disk disk) {
  Member& member = members_[id];
  QR_ASSERT(!member.is_running);
  member =
      Member{.id = id, .disk = disk, .is_running = true, .incarnation = member.incarnation + 1};
  const quorum::Configuration seen = as_seen(configuration_, id, bug_);
  Options options;
  options.self = id;
  member.election = std::make_unique<Election>(std::move(options), seen, seen);
  for (const auto& [other, there] : members_) {
    if (other != id) {
      ++generation(id, other);
      if (is_open(id, other)) {
        announce(id, other, Kind::kConnected);
      } else if (!there.crashed_quietly) {
        announce(id, other, Kind::kSuspected);
      }
    }
  }
  start_looking(member);
}

void World::crash(ServerId id, bool is_quiet) {
  Member& member = members_.at(id);
  checker_.restarted();
  member.is_running = false;
  member.crashed_quietly = is_quiet;
  member.election.reset();
  for (const auto& [other, there] : members_) {
    if (other != id) {
      ++generation(id, other);
      if (!is_quiet) {
        announce(id, other, Kind::kSuspected);
      }
    }
  }
}

void World::wipe(ServerId id) {
  Member& member = members_[id];
  QR_ASSERT(!member.is_running);
  member.id = id;
  member.disk = Disk{.is_fit = false};
}

void World::cut(ServerId a, ServerId b, bool is_quiet) {
  if (is_quiet) {
    cut_one_way(a, b);
    cut_one_way(b, a);
    return;
  }
  reset_links_.insert(unordered(a, b));
  ++generation(a, b);
  announce(a, b, Kind::kSuspected);
}

void World::cut_one_way(ServerId from, ServerId to) { silent_links_.insert({from, to}); }

void World::heal(ServerId a, ServerId b) {
  const bool was_cut = reset_links_.erase(unordered(a, b)) + silent_links_.erase({a, b}) +
                           silent_links_.erase({b, a}) >
                       0;
  if (was_cut) {
    ++generation(a, b);
    if (is_running(a) && is_running(b)) {
      announce(a, b, Kind::kConnected);
    }
  }
}

void World::heal_all() {
  for (const auto& [a, first] : members_) {
    for (const auto& [b, second] : members_) {
      if (a < b) {
        heal(a, b);
      }
    }
  }
}

uint64_t& World::generation(ServerId a, ServerId b) { return generations_[unordered(a, b)]; }

bool World::is_open(ServerId a, ServerId b) const {
  return is_running(a) && is_running(b) && !reset_links_.contains(unordered(a, b));
}

bool World::is_usable(ServerId a, ServerId b) const {
  return is_open(a, b) && !silent_links_.contains({a, b}) && !silent_links_.contains({b, a});
}

void World::announce(ServerId a, ServerId b, Kind kind) {
  arrive(kind, a, b);
  arrive(kind, b, a);
}

// ---- Network ------------------------------------------------------------------------------------

void World::arrive(Kind kind, ServerId from, ServerId to, std::string frame) {
  std::uniform_int_distribution<int64_t> latency(network_.latency_min.count(),
                                                 network_.latency_max.count());
  TimePoint& last = last_arrival_[{from, to}];
  last = std::max(last, now_ + Duration(latency(random_)));
  arrivals_.push({last, next_order_++, kind, from, to, generation(from, to), std::move(frame)});
}

void World::send(Member& from, ServerId to, const wire::Notification& notification) {
  wire::Notification said = notification;
  if (bug_ == PlantedBug::kRoundsMixed) {
    said.round = wire::Round{1};
  }
  if (bug_ == PlantedBug::kTwoFaces && to.value % 2 == 0 && said.state == PeerState::kLooking) {
    said.vote = wire::Vote{from.disk.current_epoch, from.disk.zxid, from.id};
  }
  if (bug_ == PlantedBug::kNothingRepeated && is_repeating_) {
    return;
  }
  if (bug_ == PlantedBug::kLookersIgnored && said.state != PeerState::kLooking) {
    return;
  }
  checker_.hear(from.id, from.incarnation, said, {from.disk.current_epoch, from.disk.zxid, from.id},
                from.disk.is_fit);
  if (traces_messages_) {
    note(id_text(from.id) + " > " + id_text(to) + " " + state_name(said.state) + " " +
         vote_text(said.vote) + " round " + std::to_string(said.round.value));
  }
  const auto peer = members_.find(to);
  const bool is_refused = peer == members_.end() || reset_links_.contains(unordered(from.id, to)) ||
                          (!peer->second.is_running && !peer->second.crashed_quietly);
  if (is_refused) {
    arrive(Kind::kSuspected, to, from.id);
    return;
  }
  std::bernoulli_distribution lost(network_.loss);
  if (silent_links_.contains({from.id, to}) || lost(random_)) {
    return;
  }
  std::string frame;
  wire::encode_frame(said, frame);
  arrive(Kind::kFrame, from.id, to, std::move(frame));
}

void World::say(ServerId from, ServerId to, const wire::Notification& notification) {
  Member& speaker = members_[from];
  speaker.id = from;
  speaker.is_running = true;
  checker_.believe(from, notification);
  std::string frame;
  wire::encode_frame(notification, frame);
  arrive(Kind::kFrame, from, to, std::move(frame));
}

void World::take(const Arrival& arrival) {
  Member& member = members_[arrival.to];
  const bool is_stale = arrival.generation != generation(arrival.from, arrival.to);
  if (!member.is_running || is_stale || member.election == nullptr) {
    return;
  }
  switch (arrival.kind) {
    case Kind::kConnected:
      if (bug_ != PlantedBug::kSuspicionForEver) {
        step(member.id, PeerConnected{arrival.from});
      }
      return;
    case Kind::kSuspected:
      step(member.id, PeerSuspected{arrival.from});
      return;
    case Kind::kFrame:
      break;
  }
  const wire::ElectionFrameRead frame = wire::read_election_frame(arrival.frame);
  QR_ASSERT(frame.outcome == wire::ReadOutcome::kWhole);
  const auto notification = wire::decode_notification(frame.payload);
  QR_ASSERT(notification.has_value());
  if (bug_ == PlantedBug::kSuspicionForEver) {
    const auto statuses = member.election->voter_statuses();
    const auto from = std::ranges::find(statuses, arrival.from, &VoterStatus::voter);
    if (from != statuses.end() && from->is_suspected) {
      return;
    }
  }
  const bool is_hearsay = bug_ == PlantedBug::kFollowsHearsay &&
                          member.election->state() == PeerState::kLooking &&
                          notification->state == PeerState::kFollowing && !member.leader;
  step(member.id, NotificationReceived{arrival.from, *notification});
  if (is_hearsay && !member.leader && notification->vote.leader != member.id) {
    decided(member, {.role = PeerState::kFollowing,
                     .vote = notification->vote,
                     .round = notification->round,
                     .by = DecidedBy::kJoining});
  }
}

// ---- Steps --------------------------------------------------------------------------------------

void World::start_looking(Member& member) {
  member.leader.reset();
  member.is_connected = false;
  member.is_established = false;
  member.followers.clear();
  const bool may_vote = member.disk.is_fit || bug_ == PlantedBug::kEmptyDiskVotes;
  const Zxid zxid = bug_ == PlantedBug::kZxidIgnored ? Zxid{0} : member.disk.zxid;
  const Epoch epoch = bug_ == PlantedBug::kEpochIgnored ? Epoch{0} : member.disk.current_epoch;
  step(member.id, StartLooking{zxid, epoch, may_vote});
  if (bug_ == PlantedBug::kLeadsAtOnce && may_vote && !member.leader) {
    decided(member, {.role = PeerState::kLeading,
                     .vote = member.election->vote(),
                     .round = member.election->round()});
  }
}

void World::step(ServerId id, const Event& event) {
  Member& member = members_.at(id);
  Actions actions;
  member.election->step(event, now_, actions);
  perform(member, actions);
}

void World::perform(Member& member, Actions& actions) {
  for (const Actions::Send& each : actions.sends) {
    send(member, each.to, each.notification);
  }
  if (actions.decision) {
    // The decision itself is a statement, whether or not anybody is told.
    const Decision& decision = *actions.decision;
    checker_.hear(member.id, member.incarnation,
                  {.state = decision.role, .vote = decision.vote, .round = decision.round}, {},
                  true);
    decided(member, decision);
  }
  if (actions.revoked && bug_ != PlantedBug::kRevocationIgnored) {
    constexpr const char* kReasons[] = {"no quorum left", "leader moved on", "leader suspected"};
    note(id_text(member.id) + " revokes: " + kReasons[static_cast<size_t>(*actions.revoked)]);
    start_looking(member);
  }
}

void World::run_for(Duration duration) {
  const TimePoint end = now_ + duration;
  while (true) {
    TimePoint next = std::min(end, next_tick_);
    if (!arrivals_.empty()) {
      next = std::min(next, arrivals_.top().at);
    }
    for (const auto& [id, member] : members_) {
      if (member.election != nullptr) {
        next = std::min(next, member.election->next_deadline().value_or(end));
      }
    }
    now_ = std::max(now_, next);
    if (!arrivals_.empty() && arrivals_.top().at <= now_) {
      const Arrival arrival = arrivals_.top();
      arrivals_.pop();
      take(arrival);
      continue;
    }
    bool was_deadline = false;
    for (auto& [id, member] : members_) {
      const auto deadline =
          member.election != nullptr ? member.election->next_deadline() : std::nullopt;
      if (deadline && *deadline <= now_) {
        was_deadline = true;
        is_repeating_ = true;
        step(id, DeadlineReached{});
        is_repeating_ = false;
      }
    }
    if (next_tick_ <= now_) {
      tick();
    } else if (!was_deadline && now_ >= end) {
      return;
    }
  }
}

}  // namespace quorate::election::testing
