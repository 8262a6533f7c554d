// What controllers ask of Pods and templates.
#pragma once

#include <string>

#include "operator/local/object.h"

namespace quorate::local {

[[nodiscard]] inline bool pod_is_ready(const Json& pod) { return condition_is_true(pod, "Ready"); }
[[nodiscard]] inline bool pod_has_ended(const Json& pod) {
  const std::string phase = text(pod, "status/phase");
  return phase == "Failed" || phase == "Succeeded";
}
/// Whether a Pod has been ready for some seconds.
[[nodiscard]] inline bool pod_is_available(const Json& pod, int64_t ready_s_min, WallMillis now) {
  if (!pod_is_ready(pod)) {
    return false;
  }
  const auto since = parse_time(text(condition_of(pod, "Ready"), "lastTransitionTime"));
  return ready_s_min <= 0 || (since && now.value - since->value >= ready_s_min * 1000);
}

}  // namespace quorate::local
