// The faults of a run.
#include "tests/sim/nemesis.h"

#include <algorithm>
#include <utility>

namespace quorate::sim {

using std::chrono::milliseconds;

Nemesis::Nemesis(Context& context, Network& network, MembershipChecker& memberships,
                 std::vector<std::unique_ptr<Member>>& members,
                 std::vector<std::unique_ptr<Client>>& clients)
    : context_(context),
      network_(network),
      memberships_(memberships),
      members_(members),
      clients_(clients) {
  if (context.settings.is_quiet) {
    kinds_ = {Fault::kHandOver, Fault::kHandOver, Fault::kStopLeader, Fault::kRollingStop};
    return;
  }
  // Each run has some kinds of faults and not others, so that each kind meets quiet company too.
  const std::vector<Fault> favoured = faults_for(context.settings.bug);
  kinds_.insert(kinds_.end(), favoured.begin(), favoured.end());
  const uint64_t others_percent = favoured.empty() ? 60 : 20;
  for (size_t kind = 0; kind < static_cast<size_t>(Fault::kCount); ++kind) {
    if (context.random.percent(others_percent)) {
      kinds_.push_back(static_cast<Fault>(kind));
    }
  }
  // There is more to these than to others.
  for (size_t more = 0; context.settings.may_reconfigure && more < 3; ++more) {
    kinds_.push_back(Fault::kReconfigure);
  }
  if (kinds_.empty()) {
    kinds_.push_back(Fault::kCrash);
  }
}

void Nemesis::next() {
  const Duration mean = context_.settings.fault_interval;
  context_.queue.after(context_.random.between(mean / 8, mean * 2), [this] {
    if (is_over_) {
      return;
    }
    make(kinds_[context_.random.below(kinds_.size())]);
    next();
  });
}

Duration Nemesis::a_while() {
  return context_.random.one_in(3) ? context_.random.between(milliseconds(1500), milliseconds(6000))
                                   : context_.random.between(milliseconds(5), milliseconds(1500));
}

Member& Nemesis::any_member() {
  while (true) {
    Member& member = *members_[context_.random.below(members_.size())];
    if (member.is_installed()) {
      return member;
    }
  }
}

Member* Nemesis::running_member() {
  Member& member = any_member();
  return member.is_running() && !member.is_paused() ? &member : nullptr;
}

Member* Nemesis::leader() {
  for (const auto& member : members_) {
    if (member->leads() && !member->is_paused() && context_.random.one_in(2)) {
      return member.get();
    }
  }
  return running_member();
}

size_t Nemesis::unfit_count(const Members& members) const {
  return static_cast<size_t>(std::ranges::count_if(members_, [&](const auto& member) {
    return members.is_voter(member->id()) && !member->is_fit();
  }));
}

bool Nemesis::may_lose_disk() const {
  return std::ranges::all_of(memberships_.at_stake(), [&](const Members& stake) {
    return unfit_count(stake) + 1 <= (stake.voter_count() - 1) / 2;
  });
}

/// Whoever might make up a quorum with it knows of more on its disk. (What others do not know yet
/// is lost with it, as the last second is.)
bool Nemesis::is_witnessed_by_all(const Member& member, const Disk& older) const {
  return std::ranges::all_of(members_, [&](const auto& other) {
    const bool votes = std::ranges::any_of(
        memberships_.at_stake(), [&](const Members& stake) { return stake.is_voter(other->id()); });
    return other.get() == &member || !votes ||
           other->disk().witness.contradicts(member.id(), older.accepted, older.last_logged());
  });
}

bool Nemesis::is_contradicted(const Member& member, const Disk& disk) const {
  return std::ranges::any_of(members_, [&](const auto& other) {
    return other.get() != &member &&
           other->disk().witness.contradicts(member.id(), disk.accepted, disk.last_logged());
  });
}

void Nemesis::restart_later(Member& member, Duration delay) {
  context_.queue.after(delay, [this, &member] {
    if (!member.is_running() && member.is_installed() && !is_over_) {
      context_.stopping.erase(member.host());
      member.start();
    }
  });
}

void Nemesis::crash(Member& member, Duration down) {
  member.crash(context_.random.one_in(2) ? CrashKind::kPower : CrashKind::kProcess);
  restart_later(member, down);
}

void Nemesis::pause(Member& member) {
  member.pause();
  context_.queue.after(a_while(), [this, &member] {
    if (member.is_paused() && !is_over_) {
      member.resume();
    }
  });
}

void Nemesis::block(HostId from, HostId to, Duration time) {
  network_.block(from, to);
  context_.queue.after(time, [this, from, to] { network_.unblock(from, to); });
}

void Nemesis::block_both(HostId a, HostId b, Duration time) {
  block(a, b, time);
  block(b, a, time);
}

void Nemesis::isolate(HostId host, Duration time) {
  for (HostId other = 0; other < members_.size(); ++other) {
    if (other != host) {
      block_both(host, other, time);
    }
  }
}

void Nemesis::split() {
  const Duration time = a_while();
  std::vector<bool> side;
  for (size_t host = 0; host < members_.size() + clients_.size(); ++host) {
    side.push_back(context_.random.one_in(2));
  }
  for (HostId a = 0; a < side.size(); ++a) {
    for (HostId b = a + 1; b < side.size(); ++b) {
      if (side[a] != side[b]) {
        block_both(a, b, time);
      }
    }
  }
}

void Nemesis::flap(HostId host, size_t times) {
  if (times == 0 || is_over_) {
    return;
  }
  isolate(host, context_.random.between(milliseconds(20), milliseconds(400)));
  context_.queue.after(context_.random.between(milliseconds(100), milliseconds(800)),
                       [this, host, times] { flap(host, times - 1); });
}

void Nemesis::roll(size_t index) {
  if (index == members_.size() || is_over_) {
    return;
  }
  Member& member = *members_[index];
  if (member.is_running()) {
    crash(member, context_.random.between(milliseconds(50), milliseconds(500)));
  }
  context_.queue.after(context_.random.between(milliseconds(300), milliseconds(1500)),
                       [this, index] { roll(index + 1); });
}

void Nemesis::lose_disk(Fault fault) {
  Member& member = any_member();
  const bool votes = std::ranges::any_of(
      memberships_.at_stake(), [&](const Members& stake) { return stake.is_voter(member.id()); });
  if (votes && member.is_fit() && !may_lose_disk()) {
    return;
  }
  if (member.is_running()) {
    member.crash(CrashKind::kPower);
  }
  if (fault == Fault::kWipe) {
    member.wipe_disk();
  } else if (fault == Fault::kDamage) {
    member.damage_disk();
  } else if (const auto older = older_.find(member.id()); older != older_.end()) {
    const bool is_witnessed =
        is_witnessed_by_all(member, older->second) || context_.has(Bug::kOlderDiskVotes);
    member.roll_disk_back(older->second, is_witnessed);
  }
  older_[member.id()] = member.disk();
  restart_later(member, a_while());
}

/// Two voters, or two others: a voter with the disk of an observer would be a rolled back one. As
/// one with that of a voter that is behind is to those who know what it had.
void Nemesis::swap_disks() {
  Member& first = any_member();
  Member& second = any_member();
  const std::vector<Members> stakes = memberships_.at_stake();
  const bool are_alike = std::ranges::all_of(stakes, [&](const Members& stake) {
    return stake.is_voter(first.id()) && stake.is_voter(second.id());
  });
  if (&first == &second || !are_alike) {
    return;
  }
  for (Member* const member : {&first, &second}) {
    if (member->is_running()) {
      member->crash(CrashKind::kPower);
    }
  }
  const bool first_loses = is_contradicted(first, second.disk());
  const bool second_loses = is_contradicted(second, first.disk());
  if ((!first_loses && !second_loses) || (first_loses != second_loses && may_lose_disk())) {
    first.swap_disks(second);
    (first_loses ? first : second).set_older(first_loses || second_loses);
    older_.erase(first.id());
    older_.erase(second.id());
  }
  restart_later(first, a_while());
  restart_later(second, a_while());
}

void Nemesis::fill_disk(Member& member) {
  note("the disk of " + member.name() + " is full");
  member.set_space(node::SpaceLevel::kExhausted);
  if (!context_.random.one_in(3)) {
    context_.queue.after(a_while(), [&member] { member.set_space(node::SpaceLevel::kEnough); });
    return;
  }
  member.crash_at_step(0);
  const Duration down = a_while();
  restart_later(member, down);
  context_.queue.after(down, [&member] { member.set_space(node::SpaceLevel::kExhausted); });
  context_.queue.after(down + a_while(),
                       [&member] { member.set_space(node::SpaceLevel::kEnough); });
}

// ---- In order ---------------------------------------------------------------------------------

bool Nemesis::all_serve() const {
  return context_.stopping.empty() && std::ranges::all_of(context_.servers, [&](size_t index) {
           return members_[index]->is_serving();
         });
}

/// It comes back when it has gone.
void Nemesis::stop(Member& member) {
  context_.stopping.insert(member.host());
  member.stop();
  restart_later(member, std::chrono::seconds(3) + a_while());
}

void Nemesis::roll_orderly(size_t index) {
  is_rolling_ = index < members_.size() && !is_over_;
  if (!is_rolling_) {
    return;
  }
  Member& member = *members_[index];
  const bool waits = context_.settings.is_quiet && !all_serve();
  if (!waits && member.is_running()) {
    stop(member);
  }
  context_.queue.after(waits ? milliseconds(100) : milliseconds(3200),
                       [this, index, waits] { roll_orderly(waits ? index : index + 1); });
}

void Nemesis::make_orderly(Fault fault) {
  if (context_.settings.is_quiet && (!all_serve() || is_rolling_)) {
    return;
  }
  Member* const first = leader();
  if (fault == Fault::kRollingStop) {
    if (!is_rolling_) {
      note("rolling restart, in order");
      roll_orderly(0);
    }
  } else if (first != nullptr && fault == Fault::kStopLeader) {
    stop(*first);
  } else if (first != nullptr && first->hand_over()) {
    // Its own clients may notice: it is behind until it follows.
    context_.stopping.insert(first->host());
    context_.queue.after(std::chrono::seconds(2), [this, first] {
      if (!first->is_stopping()) {
        context_.stopping.erase(first->host());
      }
    });
  }
}

void Nemesis::make(Fault fault) {
  ++count_;
  switch (fault) {
    case Fault::kClockJump:
      any_member().jump_wall_clock(context_.random.between(-100000, 100000));
      return;
    case Fault::kSnapshot:
      any_member().request_snapshot();
      return;
    case Fault::kClientVanishes:
      clients_[context_.random.below(clients_.size())]->vanish();
      return;
    case Fault::kCrash:
    case Fault::kCrashAtStep:
    case Fault::kCrashAll:
    case Fault::kCrashLeader:
    case Fault::kPause:
    case Fault::kPauseLeader:
    case Fault::kRollingRestart:
      break_process(fault);
      return;
    case Fault::kIsolate:
    case Fault::kIsolateLeader:
    case Fault::kSplit:
    case Fault::kOneWay:
    case Fault::kBridge:
    case Fault::kReset:
    case Fault::kSlowHost:
    case Fault::kFlap:
      break_network(fault);
      return;
    case Fault::kSlowDisk:
    case Fault::kFsyncError:
    case Fault::kLowSpace:
    case Fault::kWipe:
    case Fault::kDamage:
    case Fault::kRollBack:
    case Fault::kFlipBit:
    case Fault::kSwapDisks:
    case Fault::kFullDisk:
      break_disk(fault);
      return;
    case Fault::kReconfigure:
      reconfigure();
      return;
    case Fault::kReconfigureSoon:
      for (int64_t left = context_.random.between(2, 4); left > 0; --left) {
        context_.queue.after(context_.random.between(milliseconds(0), milliseconds(400)), [this] {
          if (!is_over_) {
            reconfigure();
          }
        });
      }
      return;
    case Fault::kHandOver:
    case Fault::kStopLeader:
    case Fault::kRollingStop:
      make_orderly(fault);
      return;
    case Fault::kCount:
      return;
  }
}

void Nemesis::repair() {
  is_over_ = true;
  note("all faults end");
  network_.heal();
  for (const auto& member : members_) {
    if (!member->is_installed()) {
      continue;
    }
    member->set_sync_time(Duration(0));
    member->crash_at_step(SIZE_MAX);
    if (member->is_paused()) {
      member->resume();
    }
    if (member->is_stopping()) {
      member->crash(CrashKind::kProcess);
    }
    if (!member->is_running()) {
      member->start();
    }
    member->set_space(node::SpaceLevel::kEnough);
  }
  // By then their clients have noticed.
  context_.queue.after(std::chrono::seconds(1), [this] { context_.stopping.clear(); });
}

}  // namespace quorate::sim
