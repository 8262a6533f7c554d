// The faults of a run.
#include "tests/sim/nemesis.h"

#include <algorithm>
#include <utility>

namespace quorate::sim {

using std::chrono::milliseconds;

Nemesis::Nemesis(Context& context, Network& network, std::vector<std::unique_ptr<Member>>& members,
                 std::vector<std::unique_ptr<Client>>& clients)
    : context_(context), network_(network), members_(members), clients_(clients) {
  // Each run has some kinds of faults and not others, so that each kind meets quiet company too.
  for (size_t kind = 0; kind < static_cast<size_t>(Fault::kCount); ++kind) {
    if (context.random.percent(60)) {
      kinds_.push_back(static_cast<Fault>(kind));
    }
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

Member& Nemesis::any_member() { return *members_[context_.random.below(members_.size())]; }

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

bool Nemesis::may_lose_disk() const {
  size_t voters = 0;
  size_t unfit = 0;
  for (const auto& member : members_) {
    voters += member->is_voter() ? 1 : 0;
    unfit += member->is_voter() && !member->is_fit() ? 1 : 0;
  }
  return unfit + 1 <= (voters - 1) / 2;
}

void Nemesis::restart_later(Member& member, Duration delay) {
  context_.queue.after(delay, [this, &member] {
    if (!member.is_running() && !is_over_) {
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
  if (member.is_voter() && member.is_fit() && !may_lose_disk()) {
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
    member.roll_disk_back(older->second);
  }
  older_[member.id()] = member.disk();
  restart_later(member, a_while());
}

void Nemesis::break_process(Fault fault) {
  Member* const running = running_member();
  switch (fault) {
    case Fault::kCrash:
      if (running != nullptr) {
        crash(*running, a_while());
      }
      return;
    case Fault::kCrashAtStep:
      if (running != nullptr) {
        running->crash_at_step(context_.random.below(12));
        // Whenever it comes: the member is started again by the next fault of this kind or the end.
        for (const auto& member : members_) {
          restart_later(*member, milliseconds(1500));
        }
      }
      return;
    case Fault::kCrashAll:
      if (!context_.random.one_in(3)) {
        return;
      }
      note("power is lost everywhere");
      for (const auto& member : members_) {
        if (member->is_running()) {
          member->crash(CrashKind::kPower);
        }
        restart_later(*member, a_while());
      }
      return;
    case Fault::kCrashLeader:
      if (Member* const first = leader()) {
        crash(*first, a_while());
      }
      return;
    case Fault::kPause:
      if (running != nullptr) {
        pause(*running);
      }
      return;
    case Fault::kPauseLeader:
      if (Member* const first = leader()) {
        pause(*first);
      }
      return;
    case Fault::kRollingRestart:
      note("rolling restart");
      roll(0);
      return;
    default:
      return;
  }
}

void Nemesis::break_network(Fault fault) {
  switch (fault) {
    case Fault::kIsolate:
      note("a member is isolated");
      isolate(any_member().host(), a_while());
      return;
    case Fault::kIsolateLeader:
      if (const Member* const first = leader()) {
        note("isolates " + first->name());
        isolate(first->host(), a_while());
      }
      return;
    case Fault::kSplit:
      note("the network splits");
      split();
      return;
    case Fault::kOneWay: {
      const HostId from = any_member().host();
      const HostId to = context_.random.below(members_.size() + clients_.size());
      note(text("one way is blocked: %zu to %zu", from + 1, to + 1));
      context_.random.one_in(2) ? block(from, to, a_while()) : block(to, from, a_while());
      return;
    }
    case Fault::kBridge:
      block_both(any_member().host(), any_member().host(), a_while());
      return;
    case Fault::kReset:
      for (size_t left = 1 + context_.random.below(4); left > 0; --left) {
        note("a connection is reset");
        network_.reset_any();
      }
      return;
    case Fault::kSlowHost: {
      const HostId host = any_member().host();
      network_.set_slow(host, context_.random.between(milliseconds(1), milliseconds(60)));
      context_.queue.after(a_while(), [this, host] { network_.set_slow(host, Duration(0)); });
      return;
    }
    case Fault::kFlap:
      note("a member flaps");
      flap(any_member().host(), 2 + context_.random.below(5));
      return;
    default:
      return;
  }
}

void Nemesis::break_disk(Fault fault) {
  Member* const running = running_member();
  switch (fault) {
    case Fault::kSlowDisk: {
      Member& member = any_member();
      member.set_sync_time(context_.random.between(milliseconds(10), milliseconds(800)));
      context_.queue.after(a_while(), [&member] { member.set_sync_time(Duration(0)); });
      return;
    }
    case Fault::kFsyncError:
      if (running != nullptr) {
        running->crash_at_step(0);
        restart_later(*running, a_while());
      }
      return;
    case Fault::kLowSpace:
      if (running != nullptr) {
        note("low space on " + running->name());
        running->set_space(context_.random.one_in(3) ? node::SpaceLevel::kExhausted
                                                     : node::SpaceLevel::kLow);
        context_.queue.after(a_while(),
                             [running] { running->set_space(node::SpaceLevel::kEnough); });
      }
      return;
    case Fault::kWipe:
    case Fault::kDamage:
    case Fault::kRollBack:
      lose_disk(fault);
      return;
    default:
      return;
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
      break_disk(fault);
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
    member->set_sync_time(Duration(0));
    member->crash_at_step(SIZE_MAX);
    if (!member->is_running()) {
      member->start();
    }
    if (member->is_paused()) {
      member->resume();
    }
    member->set_space(node::SpaceLevel::kEnough);
  }
}

}  // namespace quorate::sim
