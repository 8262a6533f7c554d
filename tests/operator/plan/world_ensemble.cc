// The ensemble of the toy world: who leads, who has what.
#include <algorithm>
#include <utility>

#include "tests/operator/plan/world.h"

namespace quorate::plan::testing {

/// The rule of a member that finds itself in quorate.recoverFrom: its disk of the former ensemble
/// becomes the present one's, and it is the only voter.
void World::take_over() {
  if (!applied_ || applied_->recover_from.empty()) {
    return;
  }
  for (const resources::Server& server : applied_->servers) {
    Disk* const own = disk(server.member);
    const std::string key =
        own == nullptr ? "" : std::to_string(server.myid) + ":" + own->ensemble_id;
    const bool is_named = key == applied_->recover_from && is_running(server.member);
    if (!is_named || pods.at(server.member).pod.created.value < applied_ms_) {
      continue;
    }
    own->ensemble_id = applied_->ensemble_id;
    config = {{.myid = server.myid, .name = server.member, .is_voter = true}};
    config_version = 0;
    is_formed = false;
    leader.reset();
    committed = own->zxid;  // The rest was given up.
  }
}

void World::elect() {
  std::vector<std::string> candidates;
  for (const ensemble::ServerLine& server : config) {
    if (server.is_voter && can_vote(server.name)) {
      candidates.push_back(server.name);
    }
  }
  const bool has_quorum = static_cast<int>(candidates.size()) >= voters() / 2 + 1;
  if (!has_quorum || config.empty()) {
    leader.reset();
    return;
  }
  const bool stays = leader && std::ranges::find(candidates, *leader) != candidates.end();
  if (stays) {
    return;
  }
  leader = *std::ranges::max_element(
      candidates, {}, [&](const std::string& name) { return std::pair(disk(name)->zxid, name); });
  ++epoch;
  if (disk(*leader)->zxid < committed) {
    violate("acknowledged writes are lost: " + *leader + " leads with " +
            std::to_string(disk(*leader)->zxid) + ", clients were told " +
            std::to_string(committed));
    committed = disk(*leader)->zxid;
  }
}

void World::replicate() {
  if (!leader) {
    return;
  }
  ++disk(*leader)->zxid;
  const uint64_t newest = disk(*leader)->zxid;
  int holders = 0;
  for (auto& [name, pod] : pods) {
    Disk* const own = disk(name);
    if (own == nullptr || !is_running(name) ||
        (!own->ensemble_id.empty() && own->ensemble_id != status.ensemble_id())) {
      continue;
    }
    if (pod.is_resyncing && now_ms < pod.synced_from_ms) {
      continue;
    }
    own->ensemble_id = status.ensemble_id();
    own->zxid = newest;
    pod.is_resyncing = false;
    holders += is_voter(name) ? 1 : 0;
  }
  if (holders >= voters() / 2 + 1) {
    committed = newest;
  }
}

}  // namespace quorate::plan::testing
