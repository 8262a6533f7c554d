// The faults of a run: what breaks, when, and for how long.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/client.h"
#include "tests/sim/fault.h"
#include "tests/sim/member.h"
#include "tests/sim/network.h"

namespace quorate::sim {

/// Makes faults at random times until it is told to stop; then everything is repaired.
class Nemesis {
 public:
  Nemesis(Context& context, Network& network, MembershipChecker& memberships,
          std::vector<std::unique_ptr<Member>>& members,
          std::vector<std::unique_ptr<Client>>& clients);

  void start() { next(); }
  /// The end of all faults: every process runs, the network is whole, disks are fast.
  void repair();
  [[nodiscard]] size_t count() const { return count_; }

 private:
  void next();
  void make(Fault fault);
  void break_process(Fault fault);
  void break_network(Fault fault);
  void break_disk(Fault fault);
  void make_orderly(Fault fault);
  void stop(Member& member);
  void roll_orderly(size_t index);
  [[nodiscard]] bool all_serve() const;
  // ---- nemesis_reconfig.cc --------------------------------------------------------------------
  void reconfigure();
  /// Of the present members, or of those who might be.
  [[nodiscard]] Reconfig make_reconfig();
  [[nodiscard]] Reconfig make_wrong();
  [[nodiscard]] Reconfig make_whole();
  [[nodiscard]] std::string line_of(ServerId server, bool as_voter);
  [[nodiscard]] Member* outsider();
  [[nodiscard]] ServerId any_server();
  void bring(Member& member, bool as_voter);

  void restart_later(Member& member, Duration delay);
  void crash(Member& member, Duration down);
  void pause(Member& member);
  void isolate(HostId host, Duration time);
  void split();
  void lose_disk(Fault fault);
  void swap_disks();
  void fill_disk(Member& member);
  void roll(size_t index);
  void flap(HostId host, size_t times);
  void block_both(HostId a, HostId b, Duration time);
  void block(HostId from, HostId to, Duration time);
  [[nodiscard]] Member& any_member();
  [[nodiscard]] Member* running_member();
  [[nodiscard]] Member* leader();
  [[nodiscard]] Duration a_while();
  [[nodiscard]] size_t unfit_count(const Members& members) const;
  /// Whether another voter's disk may be lost.
  [[nodiscard]] bool may_lose_disk() const;
  [[nodiscard]] bool is_witnessed_by_all(const Member& member, const Disk& older) const;
  /// Somebody knows of more on the disk of `member` than there is on this one.
  [[nodiscard]] bool is_contradicted(const Member& member, const Disk& disk) const;
  void note(const std::string& what) const { context_.note("!", what); }

  Context& context_;
  Network& network_;
  MembershipChecker& memberships_;
  std::vector<std::unique_ptr<Member>>& members_;
  std::vector<std::unique_ptr<Client>>& clients_;
  std::vector<Fault> kinds_;  ///< Of this run.
  std::map<ServerId, Disk> older_;
  size_t count_ = 0;
  bool is_rolling_ = false;
  bool is_over_ = false;
};

}  // namespace quorate::sim
