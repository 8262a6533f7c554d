// The small model of ZAB in the world of the election tests: epochs, followers, broken links.
#include "server/base/assert.h"
#include "tests/server/election/world.h"

namespace quorate::election::testing {
namespace {

using wire::PeerState;

constexpr Duration kTick = std::chrono::milliseconds(5);
/// Time without a byte after which a link is taken for dead.
constexpr Duration kDetection = std::chrono::milliseconds(300);
/// Time for a quorum to connect, and for a follower to be accepted. Long, so that a test sees when
/// only this ends a wrong decision.
constexpr Duration kInitLimit = std::chrono::seconds(20);
/// A follower gives up when its leader has refused connections for so long: five attempts.
constexpr Duration kRefusedLimit = std::chrono::seconds(2);

std::string id_text(ServerId id) { return std::to_string(id.value); }

}  // namespace

void World::decided(Member& member, const Decision& decision) {
  constexpr const char* kBy[] = {"every voter", "waiting", "joining"};
  checker_.decided(member.id, decision);
  ++decision_count_;
  member.leader = decision.vote.leader;
  member.give_up_at = now_ + (member.leader == member.id ? kInitLimit : kRefusedLimit);
  member.silent_since = now_;
  member.followers.clear();
  member.is_connected = member.is_established = false;
  note(id_text(member.id) + " " + state_name(decision.role) + " " + vote_text(decision.vote) +
       " round " + std::to_string(decision.round.value) + " by " +
       kBy[static_cast<size_t>(decision.by)]);
}

bool World::has_quorum(const Member& leader) const {
  const quorum::Majority majority(configuration_.voters());
  quorum::VoterSet set;
  for (const ServerId voter : majority.voters()) {
    const bool counts = voter == leader.id ||
                        (leader.followers.contains(voter) && !members_.at(voter).is_resyncing);
    if (counts) {
      set.add(*majority.index_of(voter));
    }
  }
  return majority.is_quorum(set);
}

void World::tick() {
  next_tick_ = now_ + kTick;
  for (auto& [id, member] : members_) {
    if (!member.is_running || !member.leader) {
      continue;
    }
    if (*member.leader == id) {
      tick_leader(member);
    } else {
      tick_follower(member);
    }
  }
}

void World::tick_follower(Member& member) {
  Member& leader = members_[*member.leader];
  if (is_usable(member.id, leader.id)) {
    member.silent_since = now_;
  }
  const bool leads = leader.is_running && leader.leader == leader.id;
  if (!member.is_connected) {
    if (leads && is_usable(member.id, leader.id)) {
      connect(member, leader);
    } else if (now_ >= member.give_up_at) {
      start_looking(member);
    }
    return;
  }
  const bool is_known = leads && leader.followers.contains(member.id);
  const bool is_lost =
      !is_open(member.id, leader.id) || !is_known || now_ - member.silent_since >= kDetection;
  if (is_lost) {
    start_looking(member);
  }
}

/// The epoch exchange: a follower that is ahead is turned away.
void World::connect(Member& follower, Member& leader) {
  const bool is_ahead = std::pair(follower.disk.current_epoch, follower.disk.zxid) >
                        std::pair(leader.disk.current_epoch, leader.disk.zxid);
  if (is_ahead || (leader.is_established && follower.disk.accepted_epoch > leader.epoch)) {
    start_looking(follower);
    return;
  }
  follower.is_connected = true;
  follower.is_resyncing = !follower.disk.is_fit;
  follower.silent_since = now_;
  leader.followers.insert(follower.id);
  if (leader.is_established) {
    follower.disk.accepted_epoch = leader.epoch;
  }
  if (!leader.is_established && has_quorum(leader)) {
    establish(leader);
  }
}

void World::establish(Member& leader) {
  Epoch accepted = leader.disk.accepted_epoch;
  for (const ServerId follower : leader.followers) {
    accepted = std::max(accepted, members_.at(follower).disk.accepted_epoch);
  }
  leader.is_established = true;
  leader.epoch = Epoch{accepted.value + 1};
  leader.disk.accepted_epoch = leader.disk.current_epoch = leader.epoch;
  for (const ServerId follower : leader.followers) {
    members_.at(follower).disk.accepted_epoch = leader.epoch;
  }
  checker_.established(leader.id, leader.election->round(), leader.epoch, leader.disk.zxid);
  note(id_text(leader.id) + " established in epoch " + std::to_string(leader.epoch.value));
  tell_established(leader, leader.epoch);
}

/// Planted bugs make leaders of members that still look.
void World::tell_established(Member& member, Epoch epoch) {
  if (member.election->state() != PeerState::kLooking) {
    step(member.id, LeaderEstablished{epoch});
  }
}

void World::tick_leader(Member& member) {
  std::erase_if(member.followers, [&](ServerId id) {
    const Member& follower = members_.at(id);
    return follower.leader != member.id || !follower.is_connected || !is_open(id, member.id);
  });
  if (!member.is_established && has_quorum(member)) {
    establish(member);
  }
  if (!member.is_established) {
    if (now_ >= member.give_up_at) {
      start_looking(member);
    }
    return;
  }
  for (const ServerId id : member.followers) {
    Member& follower = members_.at(id);
    if (follower.is_established || !is_usable(id, member.id)) {
      continue;
    }
    // Synchronised: the disk is the leader's, whatever it was. Who could not vote joins anew.
    follower.disk = member.disk;
    if (follower.is_resyncing && bug_ != PlantedBug::kEmptyDiskVotes) {
      start_looking(follower);
      continue;
    }
    follower.is_established = true;
    tell_established(follower, member.epoch);
  }
  const std::set<ServerId> known = member.followers;
  std::erase_if(member.followers,
                [&](ServerId id) { return now_ - members_.at(id).silent_since >= kDetection; });
  if (!has_quorum(member)) {
    start_looking(member);
  }
}

std::optional<ServerId> World::leader() const {
  for (const auto& [id, member] : members_) {
    if (member.is_running && member.leader == id && member.is_established && has_quorum(member)) {
      return id;
    }
  }
  return std::nullopt;
}

bool World::has_converged() const {
  const std::optional<ServerId> leading = leader();
  if (!leading) {
    return false;
  }
  for (const auto& [id, member] : members_) {
    const bool follows = id == *leading || (member.leader == *leading && member.is_established);
    if (member.is_running && member.election != nullptr && !follows) {
      return false;
    }
  }
  return true;
}

void World::commit() {
  const std::optional<ServerId> leading = leader();
  if (!leading) {
    return;
  }
  Member& member = members_.at(*leading);
  const Zxid zxid{std::max(member.disk.zxid.value + 1, member.epoch.value << 32)};
  member.disk.zxid = zxid;
  std::set<ServerId> holders = {*leading};
  for (const ServerId id : member.followers) {
    Member& follower = members_.at(id);
    if (follower.is_established && is_usable(id, *leading)) {
      follower.disk.zxid = zxid;
      holders.insert(id);
    }
  }
  const quorum::Majority majority(configuration_.voters());
  quorum::VoterSet set;
  for (const ServerId id : holders) {
    if (const auto index = majority.index_of(id)) {
      set.add(*index);
    }
  }
  if (majority.is_quorum(set)) {
    checker_.committed(zxid);
  }
}

}  // namespace quorate::election::testing
