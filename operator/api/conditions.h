// Conditions of the status: the standard list, and how they change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operator/api/quorumcluster.pb.h"
#include "server/base/time.h"

namespace quorate::api {

namespace condition {
inline constexpr std::string_view kReady = "Ready";
inline constexpr std::string_view kInitialized = "Initialized";
inline constexpr std::string_view kQuorumHealthy = "QuorumHealthy";
inline constexpr std::string_view kZoneFaultTolerant = "ZoneFaultTolerant";
inline constexpr std::string_view kMembersSynced = "MembersSynced";
inline constexpr std::string_view kConfigInSync = "ConfigInSync";
inline constexpr std::string_view kProgressing = "Progressing";
inline constexpr std::string_view kDegraded = "Degraded";
inline constexpr std::string_view kReconciliationPaused = "ReconciliationPaused";
inline constexpr std::string_view kCertificatesValid = "CertificatesValid";
/// Only where somebody asked for it: a quorum that was lost for good.
inline constexpr std::string_view kRecovered = "Recovered";
}  // namespace condition

enum class Truth { kFalse, kTrue, kUnknown };
[[nodiscard]] std::string_view text_of(Truth truth);

/// What a condition is to say.
struct ConditionState {
  Truth status = Truth::kUnknown;
  std::string reason;   ///< CamelCase, never empty.
  std::string message;  ///< For people; may be empty.
};

/// Sets a condition; its transition time changes only when its status does. Conditions keep the
/// order in which they first came.
void set_condition(QuorumClusterStatus& status, std::string_view type, const ConditionState& state,
                   int32_t generation, WallMillis now);

/// The condition of that type, or null.
[[nodiscard]] const Condition* find_condition(const QuorumClusterStatus& status,
                                              std::string_view type);
[[nodiscard]] bool is_true(const QuorumClusterStatus& status, std::string_view type);

/// RFC 3339 in UTC, to the second, as Kubernetes writes times.
[[nodiscard]] std::string time_text(WallMillis time);
/// Reads what Kubernetes writes: "2026-11-21T09:32:14Z", with or without a fraction.
[[nodiscard]] std::optional<WallMillis> parse_time(std::string_view text);

}  // namespace quorate::api
