// One member of the simulated ensemble: the production node machine, and a shell around it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <absl/functional/any_invocable.h>

#include "server/node/node.h"
#include "server/tree/snapshot.h"
#include "tests/sim/commit_checker.h"
#include "tests/sim/disk.h"
#include "tests/sim/membership.h"
#include "tests/sim/network.h"

namespace quorate::sim {

/// Work that the log thread has not done yet, in order; a crash loses it, or some of it.
struct AppendWork {
  Zxid zxid;
  TxnBytes txn;
};
struct TruncateWork {
  Zxid zxid;
  bool reload = false;
};
struct InstallWork {
  Zxid zxid;
  std::string bytes;
};
struct SnapshotWork {
  Zxid zxid;
  std::string bytes;
};
using ReadWork = std::variant<zab::LeaderActions::ProbeLog, zab::LeaderActions::ReadLog>;
using DiskWork = std::variant<AppendWork, TruncateWork, InstallWork, SnapshotWork, ReadWork>;

/// How a process ends.
enum class CrashKind : uint8_t {
  kProcess,  ///< The machine goes on: connections close.
  kPower,    ///< Everything is gone at once.
};

/// A process that can crash, stop and start again, and its machine: disk, clocks, address.
class Member : public Host {
 public:
  Member(Context& context, Network& network, CommitChecker& checker, MembershipChecker& memberships,
         ServerId id, quorum::Configuration configuration);

  [[nodiscard]] HostId host() const { return host_; }
  [[nodiscard]] ServerId id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool is_running() const { return node_ != nullptr; }
  [[nodiscard]] bool is_paused() const { return is_paused_; }
  [[nodiscard]] bool is_serving() const { return node_ != nullptr && is_serving_; }
  [[nodiscard]] bool leads() const { return is_serving() && leads_; }
  /// Has ever been started.
  [[nodiscard]] bool is_installed() const { return life_ > 0; }
  [[nodiscard]] bool is_stopping() const { return is_stopping_; }
  [[nodiscard]] const node::Node& node() const { return *node_; }
  [[nodiscard]] const Disk& disk() const { return disk_; }
  [[nodiscard]] node::Status status() const { return node_->status(clocks()); }
  /// Its committed history is whole on its own disk: losing another disk loses nothing.
  [[nodiscard]] bool is_fit() const {
    return disk_.is_fit && !disk_.is_older && !disk_.is_rotten();
  }

  void start();
  /// What its settings say when it starts for the first time, or with an empty disk: the members
  /// that there are, and itself. It is to join them, so that it does not vote before it has synced.
  void prepare_to_join(const Members& members, bool as_voter);
  /// An order to lead others to this configuration; false if it does not lead, or refuses.
  bool reconfigure(const HistoryChecker::Handle& operation);
  /// An order to leave the lead to another; false if it does not lead, or nobody could.
  bool hand_over();
  /// SIGTERM: hands over, answers what it has read, moves its clients, and ends.
  void stop();
  void crash(CrashKind kind);
  void pause();
  void resume();
  /// Faults; the first three want a process that is not running.
  void wipe_disk();
  /// Finds damage in its log: what is behind it is given up.
  void damage_disk();
  /// Another disk, of some time ago, is in its place. `is_witnessed`: the member is not told so,
  /// for others can tell.
  void roll_disk_back(const Disk& older, bool is_witnessed);
  void set_older(bool is_older) { disk_.is_older = is_older; }
  /// Rot, which is found when it is read again.
  void flip_bit();
  void swap_disks(Member& other);
  void set_sync_time(Duration time) { slow_sync_ = time; }
  /// The disk crashes the process so many durable steps from now, before or after the step.
  void crash_at_step(size_t steps) { crash_in_ = steps; }
  void set_space(node::SpaceLevel level);
  void jump_wall_clock(int64_t millis) { wall_offset_ms_ += millis; }
  void request_snapshot();

  // ---- Host -----------------------------------------------------------------------------------
  [[nodiscard]] bool is_up() const override { return node_ != nullptr; }
  [[nodiscard]] bool listens(Port port) const override;
  void on_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed) override;
  void on_refused(Port port, HostId peer, uint64_t cookie) override;
  void on_message(Wire wire, Message message) override;
  void on_left(Wire wire, size_t bytes, bool is_snapshot) override;
  void on_closed(Wire wire) override;

 private:
  using Task = absl::AnyInvocable<void()>;
  struct Link {
    Port port = Port::kElection;
    HostId peer = 0;
    std::string unread;
    bool is_to_leader = false;
    bool is_established = false;  ///< Of a client: its handshake was answered.
  };
  /// Runs it now, or when the process goes on.
  void when_running(Task task);
  void handle_connected(Wire wire, Port port, HostId peer, uint64_t cookie, bool dialed);
  void handle_refused(Port port, HostId peer, uint64_t cookie);
  void handle_message(Wire wire, Message& message);
  void handle_closed(Wire wire);

  // ---- member.cc ------------------------------------------------------------------------------
  [[nodiscard]] node::Options options();
  [[nodiscard]] Now clocks() const;
  void step(const node::Event& event);
  void after_step();
  [[nodiscard]] Zxid newest_held() const;
  void arm_deadline();
  void wake();
  void continue_stop();
  void set_configurations();
  [[nodiscard]] RecoveredDisk read_disk(const Disk& disk) const;
  void note(const std::string& what) const { context_.note(name_, what); }

  // ---- member_actions.cc ----------------------------------------------------------------------
  /// False: the process has crashed.
  bool perform();
  bool store_configurations();
  void check_votes(const node::QuorumActions& quorum);
  void perform_notes(const node::Actions& actions);
  void set_leads(bool leads);
  void perform_quorum(node::Actions& actions);
  void perform_clients(const node::Actions& actions);
  void perform_snapshot(node::Actions& actions);
  void leave_role();
  void mesh_up();
  void dial_peer(ServerId peer);
  void dial_leader();
  void want_slice(LinkId link);
  void send_client_frames(ConnectionId connection, std::string_view frames);

  // ---- member_quorum.cc -----------------------------------------------------------------------
  void read_leader(Wire wire, Link& link, const Message& message);
  void read_learner(Wire wire, Link& link);
  void read_election(Link& link);
  /// Hands a learner's packet over, unless a planted bug does something else with it.
  void take_learner_packet(Wire wire, wire::QuorumPacket packet);
  /// What goes to the leader, without what a planted bug keeps back.
  [[nodiscard]] std::string to_leader(std::string_view bytes);

  // ---- member_disk.cc -------------------------------------------------------------------------
  void add_work(DiskWork work);
  void start_work();
  void finish_work();
  /// False: the process has crashed.
  bool do_one(DiskWork work, std::optional<Zxid>& synced, int64_t& bytes);
  bool survives_step(const char* what);
  void report(const node::Event& event);
  void save_epochs(Epoch accepted, Epoch current);
  void do_truncate(const TruncateWork& work);
  void do_install(InstallWork work);
  void do_read(const ReadWork& work);
  [[nodiscard]] node::Event answer_probe(const zab::LeaderActions::ProbeLog& probe) const;
  [[nodiscard]] node::Event answer_read(const zab::LeaderActions::ReadLog& read) const;
  void lose_unsynced(CrashKind kind);

  Context& context_;
  Network& network_;
  CommitChecker& checker_;
  MembershipChecker& memberships_;
  ServerId id_;
  std::string name_;
  HostId host_;
  quorum::Configuration configuration_;  ///< Of its settings.
  quorum::Configuration holds_;          ///< As it knows.
  Disk disk_;
  int64_t wall_offset_ms_;
  int64_t clock_rate_ppm_ = 0;

  // Of the process.
  std::unique_ptr<node::Node> node_;
  node::Actions actions_;
  bool is_in_step_ = false;
  uint64_t life_ = 0;
  Duration monotonic_offset_{};
  bool is_paused_ = false;
  std::deque<Task> inbox_;
  std::optional<TimePoint> wake_;
  bool is_overdue_ = false;  ///< Paused: its timer has gone off.
  std::map<Wire, Link> links_;
  std::map<ServerId, Wire> mesh_;
  std::map<ServerId, bool> is_dialing_;
  bool listens_quorum_ = false;
  uint64_t role_ = 0;
  std::optional<ServerId> leader_wanted_;
  size_t leader_dials_ = 0;
  std::optional<Wire> leader_wire_;
  std::unique_ptr<tree::SnapshotStream> receiving_;
  Zxid receiving_zxid_;
  std::string snapshot_bytes_;
  Zxid snapshot_zxid_;
  bool is_serving_ = false;
  bool is_elected_ = false;  ///< Leads, established or not.
  bool is_stopping_ = false;
  TimePoint stop_until_{};
  bool leads_ = false;
  std::map<Wire, std::string> paused_clients_;  ///< Not read from, and what has come.
  std::map<Wire, std::string> held_;            ///< Bug::kLateWatch.

  // Of the log thread.
  std::deque<DiskWork> work_;
  bool is_working_ = false;
  Duration slow_sync_{};
  std::optional<size_t> crash_in_;
  Zxid log_base_;                    ///< What a log without entries follows.
  std::map<Zxid, TxnBytes> logged_;  ///< As the process sees its log: durable or not.
};

}  // namespace quorate::sim
