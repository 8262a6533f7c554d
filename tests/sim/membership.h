// Configurations and what they promise: one history of them, and majorities of the right voters.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "server/quorum/configuration.h"
#include "server/wire/vote.h"
#include "tests/sim/history_checker.h"

namespace quorate::sim {

[[nodiscard]] Members members_of(const quorum::Configuration& configuration);

/// Checked, whatever the members believe:
/// - a transaction is committed when a majority of the voters at that time has it on its disk, and
///   a reconfig when one of the old and one of the new voters has;
/// - a version is one configuration for everybody, and one that holds is one that was committed;
/// - the version that holds for a member only grows, and outlives its process;
/// - who has learned that it is no voter does not vote, nor lead.
class MembershipChecker : public CommitListener {
 public:
  MembershipChecker(Context& context, HistoryChecker& history)
      : context_(context), history_(history) {}

  void on_commit(const wire::TxnRecord& record, ServerId by) override;

  // ---- Of a member's disk ---------------------------------------------------------------------
  void logged(ServerId member, Zxid zxid) { durable_[zxid].insert(member); }
  void installed(ServerId member, Zxid zxid) { installed_[member] = zxid; }
  /// It has proposed what it was ordered to.
  void ordered(Zxid zxid, const HistoryChecker::Handle& operation) {
    history_.ordered(zxid, operation);
  }
  /// It starts with this configuration.
  void started(ServerId member, const quorum::Configuration& holds);
  /// What it knew may be gone.
  void disk_lost(ServerId member) { versions_.erase(member); }

  // ---- Of its process -------------------------------------------------------------------------
  /// It has stored this one, which holds, or is proposed.
  void stored(ServerId member, const quorum::Configuration& configuration, bool holds);
  /// At the end of its step, when what it has committed is known.
  void check_stored(ServerId member);
  /// Who knows that it is no voter, nor is one in the newest configuration, does not vote.
  void votes(ServerId member, const quorum::Configuration& holds,
             const quorum::Configuration& newest, const wire::Vote& vote, bool is_looking);
  void leads(ServerId member, const quorum::Configuration& holds);

  /// All whose majorities may be needed: the present one, the one before for a while, and those
  /// that are proposed.
  [[nodiscard]] std::vector<Members> at_stake() const;
  [[nodiscard]] const Members& now() const { return history_.model().members(); }
  [[nodiscard]] Model::Plan plan(const Reconfig& change) const {
    return history_.model().plan(change, now_zxid());
  }
  /// Somebody may reconfigure to this soon.
  void asked(Members next) { asked_.emplace_back(context_.now(), std::move(next)); }
  /// Reconfigs that were committed.
  [[nodiscard]] size_t count() const { return count_; }

 private:
  struct Stored {
    ServerId member;
    quorum::Configuration configuration;
  };
  [[nodiscard]] bool has_majority(const Members& members, Zxid zxid) const;
  [[nodiscard]] Zxid now_zxid() const { return history_.last(); }
  void check_text(ServerId member, const quorum::Configuration& configuration);

  Context& context_;
  HistoryChecker& history_;
  std::map<Zxid, std::set<ServerId>> durable_;  ///< Of what is not committed yet.
  std::map<ServerId, Zxid> installed_;
  std::map<int64_t, std::string> texts_;  ///< By version.
  std::map<int64_t, Members> proposed_;
  std::map<ServerId, ConfigVersion> versions_;
  std::vector<Stored> unchecked_;
  TimePoint changed_at_{};
  Members before_;
  std::vector<std::pair<TimePoint, Members>> asked_;
  size_t count_ = 0;
};

}  // namespace quorate::sim
