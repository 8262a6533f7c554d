// The faults of a run: processes, network and disks that break.
#include "tests/sim/nemesis.h"

namespace quorate::sim {

using std::chrono::milliseconds;

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
    case Fault::kFlipBit: {
      Member& member = any_member();
      if (may_lose_disk() || !member.is_fit()) {
        member.flip_bit();
      }
      return;
    }
    case Fault::kSwapDisks:
      swap_disks();
      return;
    case Fault::kFullDisk:
      if (running != nullptr) {
        fill_disk(*running);
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

}  // namespace quorate::sim
