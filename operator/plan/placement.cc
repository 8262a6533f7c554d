// The three-datacentre rule and its relatives.
#include "operator/plan/placement.h"

#include <algorithm>

#include "server/base/assert.h"

namespace quorate::plan {

namespace {

/// Spreads `count` over shares[from..]: evenly, what remains one each to the first or last of them.
void spread(std::vector<int>& shares, size_t from, int count, bool rest_goes_last) {
  const auto zones = static_cast<int>(shares.size() - from);
  const int even = count / zones;
  const int rest = count % zones;
  for (int i = 0; i < zones; ++i) {
    const bool gets_more = rest_goes_last ? i >= zones - rest : i < rest;
    shares[from + static_cast<size_t>(i)] = even + (gets_more ? 1 : 0);
  }
}

}  // namespace

std::vector<int> place_voters(int voters, int zones, api::Placement placement) {
  QR_ASSERT(voters >= 1 && zones >= 1);
  std::vector<int> shares(static_cast<size_t>(zones), 0);
  if (zones == 1 || voters == 1) {
    shares[0] = voters;
  } else if (zones == 2) {
    shares[0] = (voters + 1) / 2;
    shares[1] = voters - shares[0];
  } else if (placement == api::Placement::kBalanced) {
    spread(shares, 0, voters, false);
  } else {
    shares[0] = zone_voters_max(voters);
    const int others = voters - shares[0];
    // Zones without any voter are the last ones.
    spread(shares, 1, others, others >= zones - 1);
  }
  return shares;
}

std::vector<int> place_observers(int observers, int zones) {
  QR_ASSERT(observers >= 0 && zones >= 1);
  std::vector<int> shares(static_cast<size_t>(zones), 0);
  spread(shares, 0, observers, true);
  return shares;
}

std::vector<ZoneShare> place(const api::ValidatedCluster& cluster,
                             std::span<const std::string> zones) {
  const auto count = static_cast<int>(zones.size());
  const std::vector<int> observers = place_observers(cluster.observers, count);
  const std::vector<int> voters = place_voters(cluster.voters, count, cluster.placement);
  std::vector<ZoneShare> shares;
  for (size_t i = 0; i < zones.size(); ++i) {
    shares.push_back({.voters = voters[i], .observers = observers[i]});
    if (cluster.has_explicit_voters()) {
      const auto spec = std::ranges::find(cluster.zones, zones[i], &api::ZoneSpec::name);
      shares.back().voters = spec == cluster.zones.end() ? 0 : spec->voters.value_or(0);
    }
  }
  return shares;
}

ZoneTolerance tolerance_of(std::span<const ZoneVoters> zones) {
  int total = 0;
  int rooms = 0;
  const ZoneVoters* largest = nullptr;
  for (const ZoneVoters& zone : zones) {
    total += zone.voters;
    rooms += zone.voters > 0 ? 1 : 0;
    if (largest == nullptr || zone.voters > largest->voters) {
      largest = &zone;
    }
  }
  if (largest == nullptr || total == 0) {
    return {.is_tolerant = false, .reason = "NoVoters", .message = "no voter stands anywhere"};
  }
  const std::string count = "zone " + largest->zone + " holds " + std::to_string(largest->voters) +
                            " of " + std::to_string(total) + " voters";
  if (largest->voters <= zone_voters_max(total)) {
    return {.is_tolerant = true,
            .reason = "EveryZoneIsMinority",
            .message = "losing any zone leaves a quorum: at most " + count};
  }
  if (rooms == 1) {
    return {.is_tolerant = false, .reason = "OneZone", .message = count};
  }
  if (rooms == 2) {
    return {.is_tolerant = false,
            .reason = "TwoZones",
            .message = count + "; two zones cannot both be a minority, a third one can"};
  }
  return {.is_tolerant = false, .reason = "ZoneHoldsMajority", .message = count};
}

}  // namespace quorate::plan
