// What the members' reports amount to: one view of the quorum.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "operator/ensemble/member_report.h"

namespace quorate::ensemble {

/// Transactions that a synced member may be behind: reports are not taken at one moment.
inline constexpr int64_t kLagMax = 1000;

/// A member that the operator recorded.
struct Expected {
  std::string name;
  int myid = 0;
};

/// A report, judged.
struct MemberView {
  MemberReport report;
  bool is_in_config = false;
  bool is_voter = false;    ///< By the configuration.
  bool is_trusted = false;  ///< It answers, and id and disk are the recorded ones.
  bool is_synced = false;   ///< Trusted, serves, follows the leader (or is it), within kLagMax.
  int64_t lag = 0;          ///< Known for those that follow the leader.
  std::string problem;      ///< Machine-readable; empty if there is none.
  std::string detail;       ///< The problem with its numbers.
};

/// invariant: without a leader nobody is synced; a leader has a quorum of its own configuration's
/// voters behind it.
struct View {
  std::optional<std::string> leader;
  int64_t epoch = 0;
  uint64_t config_version = 0;
  /// The leader's configuration; without a leader, the newest that a trusted member reports.
  std::vector<ServerLine> config;
  std::map<std::string, MemberView> members;  ///< Every expected member.
  std::vector<std::string> contradictions;
  /// Voters of the configuration that have its version, the leader among them.
  int voters_with_config = 0;

  [[nodiscard]] bool has_quorum() const { return leader.has_value(); }
  [[nodiscard]] int voters() const;
  [[nodiscard]] int quorum() const { return voters() / 2 + 1; }
  [[nodiscard]] int synced_voters() const;
  [[nodiscard]] const MemberView* find(const std::string& name) const;
  [[nodiscard]] const ServerLine* server(const std::string& name) const;
};

/// Joins the reports. `ensemble_id` is the recorded one; a member whose disk bears another is not
/// trusted, whatever it says. Missing reports are unreachable members.
[[nodiscard]] View view_of(std::span<const Expected> expected, const std::string& ensemble_id,
                           const std::map<std::string, MemberReport>& reports);

}  // namespace quorate::ensemble
