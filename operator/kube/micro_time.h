// Times as Kubernetes writes them: RFC 3339 in UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/time.h"

namespace quorate::kube {

/// `2026-01-02T03:04:05.678000Z`, as fields of type MicroTime hold it. Years 1970 to 9999; others
/// are clamped.
[[nodiscard]] std::string micro_time(WallMillis wall);
/// `2026-01-02T03:04:05Z`, as fields of type Time hold it.
[[nodiscard]] std::string second_time(WallMillis wall);
/// The time of either form, with or without a fraction, in UTC (`Z`); nothing for other texts.
[[nodiscard]] std::optional<WallMillis> parse_time(std::string_view text);

}  // namespace quorate::kube
