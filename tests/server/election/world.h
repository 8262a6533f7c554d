// Members of an ensemble with a fake network and a fake epoch exchange, in one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/election/election.h"
#include "tests/server/election/checker.h"
#include "tests/server/election/planted_bug.h"

namespace quorate::election::testing {

/// How the network behaves. Whatever it does, messages of one member to another stay in order.
struct NetworkOptions {
  Duration latency_min = std::chrono::milliseconds(1);
  Duration latency_max = std::chrono::milliseconds(1);
  double loss = 0;  ///< Probability that a single message vanishes.
};

/// What a member has on its disk.
struct Disk {
  Zxid zxid;
  Epoch current_epoch;
  Epoch accepted_epoch;
  bool is_fit = true;  ///< False: empty or damaged, until the member has followed a leader.
};

/// Members that elect. After a decision a small model of ZAB connects followers to their leader,
/// lets the leader take an epoch when a quorum has connected, and notices broken links.
class World {
 public:
  World(quorum::Configuration configuration, uint64_t seed, PlantedBug bug = PlantedBug::kNone);
  ~World();

  // ---- Faults -----------------------------------------------------------------------------------
  void boot(ServerId id);
  /// Also of members outside the configuration, which join.
  void boot(ServerId id, Disk disk);
  /// With `is_quiet` no connection is reset, as when the power goes.
  void crash(ServerId id, bool is_quiet = false);
  void wipe(ServerId id);                  ///< Of a member that is not running.
  void set_disk(ServerId id, Disk disk) {  ///< Likewise.
    members_[id].id = id;
    members_[id].disk = disk;
  }
  /// With `is_quiet` messages vanish and no connection is reset.
  void cut(ServerId a, ServerId b, bool is_quiet = false);
  void cut_one_way(ServerId from, ServerId to);
  void heal(ServerId a, ServerId b);
  void heal_all();
  NetworkOptions& network() { return network_; }

  // ---- Time -------------------------------------------------------------------------------------
  void run_for(Duration duration);
  [[nodiscard]] TimePoint now() const { return now_; }

  // ---- A peer that the test plays ---------------------------------------------------------------
  void say(ServerId from, ServerId to, const wire::Notification& notification);
  void step(ServerId id, const Event& event);

  // ---- What there is ----------------------------------------------------------------------------
  [[nodiscard]] bool is_running(ServerId id) const;
  /// Not of a member that the test plays.
  [[nodiscard]] bool is_ours(ServerId id) const { return members_.at(id).election != nullptr; }
  [[nodiscard]] const Election& election(ServerId id) const;
  [[nodiscard]] Disk& disk(ServerId id) { return members_.at(id).disk; }
  /// The established leader that a quorum of connected followers has, if there is one.
  [[nodiscard]] std::optional<ServerId> leader() const;
  /// Every running member follows it.
  [[nodiscard]] bool has_converged() const;
  /// The leader commits a transaction with those who follow it.
  void commit();
  [[nodiscard]] std::vector<ServerId> ids() const;
  [[nodiscard]] size_t decision_count() const { return decision_count_; }
  Checker& checker() { return checker_; }

  /// Lines on what happened since the last call.
  [[nodiscard]] std::string take_trace();
  void trace_messages(bool on) { traces_messages_ = on; }

 private:
  struct Member {
    ServerId id;
    Disk disk;
    bool is_running = false;
    bool crashed_quietly = false;
    uint64_t incarnation = 0;
    std::unique_ptr<Election> election;
    // The model of ZAB, valid with a decision.
    std::optional<ServerId> leader;
    bool is_connected = false;  ///< Following: accepted by the leader.
    bool is_established = false;
    bool is_resyncing = false;  ///< Following without a vote, as its disk was not fit.
    TimePoint give_up_at;
    TimePoint silent_since;
    std::set<ServerId> followers;  ///< Leading.
    Epoch epoch;                   ///< Leading, established.
  };
  using Link = std::pair<ServerId, ServerId>;  ///< From, to.
  enum class Kind { kFrame, kConnected, kSuspected };
  struct Arrival {
    TimePoint at;
    uint64_t order = 0;
    Kind kind = Kind::kFrame;
    ServerId from;
    ServerId to;
    uint64_t generation = 0;  ///< Of the link when it was sent.
    std::string frame;
    friend bool operator>(const Arrival& a, const Arrival& b) {
      return std::pair(a.at, a.order) > std::pair(b.at, b.order);
    }
  };

  void start_looking(Member& member);
  void perform(Member& member, Actions& actions);
  void send(Member& from, ServerId to, const wire::Notification& notification);
  void arrive(Kind kind, ServerId from, ServerId to, std::string frame = {});
  void take(const Arrival& arrival);
  void decided(Member& member, const Decision& decision);
  [[nodiscard]] bool is_open(ServerId a, ServerId b) const;    ///< No connection is reset.
  [[nodiscard]] bool is_usable(ServerId a, ServerId b) const;  ///< And bytes pass both ways.
  [[nodiscard]] uint64_t& generation(ServerId a, ServerId b);
  void announce(ServerId a, ServerId b, Kind kind);

  // The model of ZAB.
  void tick();
  void tick_follower(Member& member);
  void tick_leader(Member& member);
  void connect(Member& follower, Member& leader);
  void establish(Member& leader);
  void tell_established(Member& member, Epoch epoch);
  [[nodiscard]] bool has_quorum(const Member& leader) const;
  void note(const std::string& line);

  quorum::Configuration configuration_;
  PlantedBug bug_;
  std::mt19937_64 random_;
  NetworkOptions network_;
  Checker checker_;
  TimePoint now_;
  TimePoint next_tick_;
  uint64_t next_order_ = 0;
  std::map<ServerId, Member> members_;
  std::map<Link, uint64_t> generations_;  ///< Smaller id first.
  std::set<Link> reset_links_;            ///< Smaller id first.
  std::set<Link> silent_links_;           ///< Directed.
  std::map<Link, TimePoint> last_arrival_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;
  size_t decision_count_ = 0;
  bool is_repeating_ = false;  ///< A deadline is being handled.
  bool traces_messages_ = false;
  std::string trace_;
};

/// `server.N` lines for these voters and observers.
[[nodiscard]] quorum::Configuration make_configuration(const std::vector<ServerId>& voters,
                                                       const std::vector<ServerId>& observers = {});
[[nodiscard]] std::string state_name(wire::PeerState state);

}  // namespace quorate::election::testing
