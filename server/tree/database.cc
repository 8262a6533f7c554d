// Sessions of the database, and the clean-up after recovery.
#include "server/tree/database.h"

#include <algorithm>

namespace quorate::tree {

std::vector<SessionRecord> Database::sessions() const {
  std::vector<SessionRecord> all;
  all.reserve(sessions_.size());
  for (const auto& [session, timeout_ms] : sessions_) {
    all.push_back({.session = session, .timeout_ms = timeout_ms});
  }
  std::ranges::sort(all, {}, &SessionRecord::session);
  return all;
}

std::optional<int32_t> Database::session_timeout_ms(SessionId session) const {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    return std::nullopt;
  }
  return found->second;
}

void Database::put_session(SessionId session, int32_t timeout_ms) {
  sessions_.insert_or_assign(session, timeout_ms);
}

size_t Database::drop_orphaned_ephemerals() {
  size_t count = 0;
  for (const SessionId session : tree_.sessions_with_ephemerals()) {
    if (sessions_.contains(session)) {
      continue;
    }
    for (const std::string& path : tree_.ephemerals_of(session)) {
      count += tree_.remove(path, last_zxid_).error == wire::ErrorCode::kOk ? 1 : 0;
    }
  }
  return count;
}

}  // namespace quorate::tree
