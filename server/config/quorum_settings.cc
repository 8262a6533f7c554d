// What follows from the list of servers.
#include "server/config/quorum_settings.h"

#include <algorithm>

namespace quorate::config {

size_t voter_count(const QuorumSettings& quorum) {
  return static_cast<size_t>(std::ranges::count_if(quorum.servers, [](const auto& server) {
    return server.second.role == ServerRole::kParticipant;
  }));
}

bool needs_quorum(const QuorumSettings& quorum) {
  return voter_count(quorum) > 1 || !quorum.standalone_enabled;
}

bool may_need_quorum(const QuorumSettings& quorum) {
  return needs_quorum(quorum) || !quorum.dynamic_config_file.empty();
}

}  // namespace quorate::config
