// Ensemble: members as Pods' processes, with their disks, elections and reconfigurations; what is
// true of them, to judge the operator by.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/ensemble/member_report.h"
#include "operator/reconcile/member_client.h"
#include "tests/operator/simulation/context.h"
#include "tests/operator/simulation/kubernetes.h"

namespace quorate::opsim {

using Servers = std::vector<ensemble::ServerLine>;

/// What a data volume holds.
struct Disk {
  std::string ensemble_id;
  int myid = 0;
  uint64_t zxid = 0;
  Servers config;
  uint64_t config_version = 0;
  bool is_formed = false;
  bool is_whole = false;  ///< It holds everything up to its zxid.
};

/// One attempt of a member's container.
struct Process {
  std::string name;
  std::string address;
  std::string image;
  std::string token;
  std::string disk;  ///< Path.
  int myid = 0;
  bool is_up = false;
  bool is_ending = false;
  bool is_synced = false;
  std::optional<TimePoint> synced_at;
  TimePoint claims_until{};  ///< It led, was cut off, and has not noticed.
  int64_t claimed_epoch = 0;
};

/// A simplified one: what is committed stands on a quorum; one history, of which each disk has a
/// prefix. It is the runtime of the Pods.
class Ensemble final : public Runtime {
 public:
  explicit Ensemble(Context& context);
  void attach(Kubernetes& kubernetes) { kubernetes_ = &kubernetes; }

  void start(const local::StartContainer& action) override;
  void stop(const local::StopContainer& action) override;
  [[nodiscard]] bool probe(const local::RunProbe& action) override;

  // What the operator sees.
  [[nodiscard]] ensemble::MemberReport report(const reconcile::MemberTarget& target,
                                              const std::string& token) const;
  reconcile::MemberAnswer order(const reconcile::MemberTarget& target, const std::string& token,
                                const reconcile::MemberOrder& order);

  // What breaks.
  void kill(const std::string& member);
  void cut_off(const std::string& member) { cut_off_.insert(member); }
  void heal() { cut_off_.clear(); }
  void heal(const std::string& member) { cut_off_.erase(member); }
  void empty_disk(const std::string& member);
  /// Whether a voter other than this one holds everything that clients were told of.
  [[nodiscard]] bool is_held_elsewhere(const std::string& member) const;

  // What is true.
  [[nodiscard]] const std::optional<std::string>& leader() const { return leader_; }
  [[nodiscard]] const Servers& config() const { return config_; }
  [[nodiscard]] int voters() const;
  [[nodiscard]] int quorum() const { return voters() / 2 + 1; }
  [[nodiscard]] bool is_voter(const std::string& member) const;
  /// Voters that follow the leader, or lead, and whose Pods are not on their way out.
  [[nodiscard]] std::set<std::string> synced_voters() const;
  /// Voters that could elect a leader.
  [[nodiscard]] std::set<std::string> electors() const;
  [[nodiscard]] bool is_formed() const { return is_formed_; }
  [[nodiscard]] bool is_synced(const std::string& member) const;
  [[nodiscard]] std::map<std::string, int> voters_by_zone() const;
  [[nodiscard]] std::string text() const;

 private:
  using Id = local::ContainerId;

  void tick();
  void begin(const Id& id, const local::StartContainer& action);
  void end(const Id& id, int exit_code);
  void check_identity(const Process& process, const Disk& disk);
  void judge_leader();
  void elect();
  void lead(const std::string& member);
  void replicate();
  void sync(Process& process);
  void copy_from_leader(Disk& disk) const;
  reconcile::MemberAnswer reconfigure(const reconcile::MemberOrder& order);
  reconcile::MemberAnswer hand_over(const reconcile::MemberOrder& order);
  void check_zones(const std::map<std::string, int>& before);
  [[nodiscard]] bool is_connected(const Process& process) const;
  [[nodiscard]] bool can_vote(const Process& process) const;
  [[nodiscard]] const Process* running(const std::string& member) const;
  [[nodiscard]] bool is_terminating(const std::string& member) const;

  Context& context_;
  Kubernetes* kubernetes_ = nullptr;
  std::map<Id, Process> processes_;
  std::map<std::string, Disk> disks_;  ///< By path.
  std::set<std::string> cut_off_;
  Servers config_;
  uint64_t config_version_ = 0;
  std::string ensemble_id_;
  std::optional<std::string> leader_;
  int64_t epoch_ = 0;
  TimePoint elects_at_{};
  uint64_t committed_ = 0;
  bool is_formed_ = false;
  std::map<std::string, int> ids_;  ///< What each member was first told to be.
};

}  // namespace quorate::opsim
