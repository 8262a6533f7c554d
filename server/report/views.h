// Facts as both the four-letter words and the admin commands show them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/describe.h"
#include "server/report/inputs.h"

namespace quorate::report {

/// Average in milliseconds, rounded to four decimals; 0 without samples.
[[nodiscard]] double average_ms(const Histogram& samples);

/// `lop`: "NA" before the first request.
[[nodiscard]] std::string_view last_operation(const node::ConnectionStatus& connection);

/// The moment that is `expires_in_ms` from now.
[[nodiscard]] WallMillis expiry_time(const Inputs& inputs, int64_t expires_in_ms);

/// Transactions that a learner has not acknowledged; an observer, which acknowledges none: that
/// were not sent to it. Zxids of one epoch are dense; across epochs the number is a bound, not a
/// count.
[[nodiscard]] int64_t lag_of(const node::Status& status, const zab::LearnerStatus& learner);

/// What `conf` and /commands/configuration need beside the configuration.
[[nodiscard]] config::RunningFacts running_facts(const Inputs& inputs);

/// Keys and values of envi, in order.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> environment(const Inputs& inputs);

/// Watched paths of each session; borrows the paths.
[[nodiscard]] std::map<SessionId, std::vector<std::string_view>> watches_by_session(
    const node::Status& status);

}  // namespace quorate::report
