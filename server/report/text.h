// Text as Java prints it: numbers, hex, dates, socket addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/time.h"
#include "server/node/status.h"
#include "server/report/inputs.h"

namespace quorate::report {

/// A double as Java's Double.toString for common values: shortest digits, at least one decimal:
/// "0.0", "1.2381", "NaN".
[[nodiscard]] std::string java_double(double value);

/// `value` rounded half up to four decimals, as ZooKeeper rounds its averages.
[[nodiscard]] double rounded(double value);

/// Lower-case hex without prefix or leading zeros; negative numbers as 64-bit two's complement.
[[nodiscard]] std::string hex(int64_t value);

/// java.util.Date in UTC: "Sat Nov 21 09:32:14 UTC 2026".
[[nodiscard]] std::string java_date(WallMillis time);

/// ISO 8601 in UTC, to the second: "2026-11-21T09:32:14Z".
[[nodiscard]] std::string iso_time(WallMillis time);

/// "127.0.0.1:2181", "[::1]:2181".
[[nodiscard]] std::string socket_text(std::string_view address, uint16_t port);

/// "standalone", "leader", "follower", "observer", "read-only"; "looking" while there is no role.
[[nodiscard]] std::string_view mode_text(node::Role role);

/// "3.9.3-quorate-0.1.0, built on ...": tools read the ZooKeeper version whose behaviour they meet
/// from the front.
[[nodiscard]] std::string version_text(const ProcessFacts& process);

/// Milliseconds since start.
[[nodiscard]] int64_t uptime_ms(const ProcessFacts& process);

/// Id as ZooKeeper reports it: a standalone member has 0, though its sessions bear 1.
[[nodiscard]] int64_t reported_server_id(const node::Status& status);

}  // namespace quorate::report
