// What must hold of every election, checked from what members say and decide.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/election/actions.h"
#include "server/quorum/configuration.h"
#include "server/wire/election_message.h"

namespace quorate::election::testing {

/// Looks at every statement and every decision, knowing the true configuration. Violations are
/// lines of text; a correct machine has none.
///
/// 1. A looker never votes for less than itself, and within one round its votes never get worse.
/// 2. Members that may not vote name nobody.
/// 3. A decision names a vote that a quorum of the configuration has had in that round; or, of a
///    member that joins, a leader that has said that it leads and that a quorum has supported in
///    the same epoch.
/// 4. At most one leader is established in an epoch, and it has every committed transaction.
/// 5. At most one leader gathers a quorum in a round, as long as no member forgets its round.
class Checker {
 public:
  explicit Checker(const quorum::Configuration& configuration);

  /// `candidacy` is the speaker's vote for itself; `may_vote` what its disk allows.
  void hear(ServerId speaker, uint64_t incarnation, const wire::Notification& said,
            const wire::Vote& candidacy, bool may_vote);
  /// As hear(), of a speaker that need not be a correct member.
  void believe(ServerId speaker, const wire::Notification& said);
  void decided(ServerId member, const Decision& decision);
  void established(ServerId leader, wire::Round round, Epoch epoch, Zxid zxid);
  void restarted() { round_leaders_.clear(); }
  void committed(Zxid zxid);

  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

 private:
  [[nodiscard]] bool is_quorum(const std::set<ServerId>& servers) const;
  void violation(ServerId member, const std::string& what);

  quorum::Majority majority_;
  /// The last vote of each incarnation in each round.
  std::map<std::pair<ServerId, uint64_t>, std::map<wire::Round, wire::Vote>> last_;
  /// Who has had a vote in a round.
  std::map<std::pair<wire::Round, wire::Vote>, std::set<ServerId>> cast_;
  /// Who has stood by a leader in an epoch, itself included if it has said that it leads.
  std::map<std::pair<ServerId, Epoch>, std::set<ServerId>> followers_;
  std::map<Epoch, ServerId> leaders_;
  std::map<wire::Round, ServerId> round_leaders_;  ///< Since the last restart.
  Zxid committed_;
  std::vector<std::string> violations_;
};

/// `epoch/zxid/leader` with a hexadecimal zxid, or `nobody`.
[[nodiscard]] std::string vote_text(const wire::Vote& vote);

}  // namespace quorate::election::testing
