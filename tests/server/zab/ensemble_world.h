// The inside of the seeded ensemble: members, disks, links.
#pragma once

#include "tests/server/zab/ensemble.h"

namespace quorate::zab::testing {

/// What survives a crash. `txns` is the whole history, whether from a snapshot or from the log.
struct Disk {
  std::vector<Zxid> txns;
  Zxid last;  ///< Of txns, or of a snapshot at the beginning of an epoch.
  Epoch accepted;
  Epoch current;
  bool is_fit = true;
};

/// Work that a disk has not done yet, in order; a crash loses it.
struct AppendWork {
  Zxid zxid;
};
struct TruncateWork {
  Zxid zxid;
};
struct SnapshotWork {
  Zxid zxid;
  std::vector<Zxid> txns;
};
struct EpochsWork {
  Epoch accepted;
  Epoch current;
};
using DiskWork = std::variant<AppendWork, TruncateWork, SnapshotWork, EpochsWork>;

/// One packet, or a snapshot's stream.
struct Parcel {
  std::string bytes;
  bool is_snapshot = false;
  Zxid zxid;
  std::vector<Zxid> txns;
};

struct Link {
  LinkId id;
  size_t leader = 0;   ///< Index of the member.
  size_t learner = 0;  ///< Likewise.
  std::deque<Parcel> to_learner;
  std::deque<Parcel> to_leader;
};

struct Member {
  ServerId id;
  Disk disk;
  std::deque<DiskWork> work;
  std::unique_ptr<History> history;
  std::unique_ptr<Leader> leader;
  std::unique_ptr<Learner> learner;
  std::vector<Zxid> applied;
  bool is_running = true;
  bool is_serving = false;
};

class World {
 public:
  World(uint64_t seed, PlantedBug bug);
  RunResult run();

 private:
  size_t pick(size_t count) { return static_cast<size_t>(random_() % count); }
  [[nodiscard]] quorum::Configuration configuration() const;
  void random_step();
  void converge();
  bool settle_once();

  // Roles.
  void look(Member& member);
  void elect(std::vector<size_t> members);
  void lead(size_t index);
  void follow(size_t index, size_t leader);
  void crash(Member& member);
  void propose(Member& member);

  // Steps of the machines and what they want.
  void step(size_t index, const LeaderEvent& event);
  void step(size_t index, const LearnerEvent& event);
  void perform(size_t index, const LeaderActions& actions);
  void perform(size_t index, const LearnerActions& actions);
  void answer_probe(size_t index, const LeaderActions::ProbeLog& probe);
  void answer_read(size_t index, const LeaderActions::ReadLog& read);
  void add_work(size_t index, DiskWork work);
  void complete_work(size_t index);
  void do_work(Member& member, const DiskWork& work);
  void report_work(size_t index, const DiskWork& work);

  // Links.
  void deliver(Link& link, bool to_learner);
  void send(Link& link, std::string_view bytes, bool to_learner);
  void close_links_of(size_t index);
  void close_link(LinkId id);
  [[nodiscard]] Link* find_link(LinkId id);
  [[nodiscard]] Link* link_of_learner(size_t index);

  // Checks.
  void apply(Member& member, Zxid zxid);
  void check_leader(const Member& member, Epoch epoch);
  void check_applied(const Member& member);
  void violation(const Member& member, const std::string& what);
  void note(const Member& member, const std::string& what);

  std::mt19937_64 random_;
  PlantedBug bug_;
  TimePoint now_{};
  std::vector<Member> members_;
  std::map<uint64_t, Link> links_;
  uint64_t next_link_ = 1;
  std::vector<Zxid> committed_;  ///< By any leader, ever.
  std::map<Epoch, ServerId> leaders_;
  RunResult result_;
};

}  // namespace quorate::zab::testing
