// Reuse of the action buffers.
#include "server/election/actions.h"

#include <algorithm>

namespace quorate::election {

void Actions::clear() {
  sends.clear();
  decision.reset();
  revoked.reset();
  configuration_seen.reset();
  witnessed.clear();
  wanted_changed = false;
  notes.clear();
}

void Actions::send(ServerId to, const wire::Notification& notification) {
  const auto unsent = std::ranges::find(sends, to, &Send::to);
  if (unsent != sends.end()) {
    unsent->notification = notification;
    return;
  }
  sends.push_back({to, notification});
}

}  // namespace quorate::election
