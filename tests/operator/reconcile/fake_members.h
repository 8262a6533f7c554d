// FakeMembers: an ensemble behind the MemberClient, that answers at once.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "operator/reconcile/member_client.h"

namespace quorate::reconcile::testing {

/// Members with a Pod run; the leader is whom the last one named as successor, else the first of
/// them that has not handed over. The configuration is what initial voters and orders made of it.
class FakeMembers final : public MemberClient {
 public:
  void ask(std::vector<MemberTarget> members, Secret token,
           std::function<void(MemberReports)> on_done) override;
  MemberAnswer order(const MemberTarget& member, const Secret& token, const MemberOrder& order,
                     const transport::CallScope& scope) override;

  std::string ensemble_id = "00000000000000e1";
  std::vector<ensemble::ServerLine> config;
  uint64_t config_version = 0x100000000;
  std::string handed_over;  ///< It led, and does not lead again unless it is named.
  int successor = 0;        ///< Target of the last handover; 0: there was none.
  bool is_formed = false;
  /// They do not answer.
  std::set<std::string> silent;
  /// Called before each round: the world changes between two looks.
  std::function<void()> before_ask;
  /// Rounds are kept until answer_rounds(); then passes have to wait for them.
  bool holds_rounds = false;
  void answer_rounds();
  std::vector<MemberTarget> asked;  ///< The last time.
  std::vector<std::string> orders;  ///< "/v1/formed zoo-a-0".
  /// An order for which it answers gets that answer, and is not carried out.
  std::function<std::optional<MemberAnswer>(const MemberOrder&)> fault;

 private:
  [[nodiscard]] MemberReports reports(const std::vector<MemberTarget>& members) const;

  std::vector<std::function<void()>> held_;
};

}  // namespace quorate::reconcile::testing
