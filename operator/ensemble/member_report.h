// What one member says of itself: GET /v1/status, read with distrust.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace quorate::ensemble {

enum class Role { kUnreachable, kLooking, kLeader, kFollower, kObserver };
enum class Disk { kOk, kLow, kFull, kResyncing, kDamaged, kForeign };

[[nodiscard]] std::string_view text_of(Role role);
[[nodiscard]] std::string_view text_of(Disk disk);

/// A `server.N` line, as far as the operator cares.
struct ServerLine {
  int myid = 0;
  std::string name;  ///< First label of the host.
  bool is_voter = true;
  friend bool operator==(const ServerLine&, const ServerLine&) = default;
};

/// What the leader knows of one that follows it.
struct LearnerReport {
  int myid = 0;
  int64_t lag = 0;  ///< Transactions behind; across epochs a bound, not a count.
  bool is_synced = true;
};

/// Everything is as the member said, except that a body that cannot be read is kUnreachable.
struct MemberReport {
  Role role = Role::kUnreachable;
  std::string error;  ///< kUnreachable: why.
  int myid = 0;
  std::string ensemble_id;  ///< Empty: its disk bears none yet.
  bool is_serving = false;
  bool is_formed = false;  ///< It knows that the ensemble was formed.
  int64_t epoch = 0;
  uint64_t zxid = 0;                    ///< Last one that it applied.
  std::optional<int> leader;            ///< Whom it follows, if it says so.
  std::vector<LearnerReport> learners;  ///< kLeader.
  uint64_t config_version = 0;
  std::vector<ServerLine> config;
  Disk disk = Disk::kOk;
  std::string disk_reason;
  std::string version;
};

/// Reads the body of an answer. Fields that are missing or of a wrong type stay at their defaults;
/// without myid and role it is no report.
[[nodiscard]] MemberReport parse_report(const nlohmann::json& body);

/// A member that did not answer.
[[nodiscard]] MemberReport unreachable(std::string error);

/// The servers of a dynamic configuration's text; lines that are none are passed over.
[[nodiscard]] std::vector<ServerLine> parse_servers(std::string_view text);

/// "0x1f" or "1f"; nothing for anything else.
[[nodiscard]] std::optional<uint64_t> parse_hex(std::string_view text);
/// "0x1f"
[[nodiscard]] std::string hex_text(uint64_t value);

}  // namespace quorate::ensemble
