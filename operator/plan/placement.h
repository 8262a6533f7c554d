// Where members stand: how many voters and observers each zone holds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "operator/api/validated_cluster.h"

namespace quorate::plan {

/// What stands in one zone.
struct ZoneShare {
  int voters = 0;
  int observers = 0;
  [[nodiscard]] int members() const { return voters + observers; }
  friend bool operator==(const ZoneShare&, const ZoneShare&) = default;
};

/// Voters a zone may hold so that losing it leaves a quorum.
[[nodiscard]] constexpr int zone_voters_max(int voters) { return (voters - 1) / 2; }

/// Spreads `voters` over `zones` zones, the main zone first.
///
/// One zone: all. Two: the main zone holds the majority. Three or more, kThreeDatacentre: the main
/// zone holds the largest minority, (V-1)/2; the rest is spread evenly, what remains in the last
/// zones; with three zones that is the rule of three data centres with its second room as large as
/// it may be: 5 = 2/1/2, 7 = 3/2/2, 9 = 4/2/3, 15 = 7/4/4. kBalanced: zones differ by at most one,
/// the first hold more.
///
/// invariant: with three zones and three voters or more no zone holds more than zone_voters_max().
/// The result depends on nothing but the arguments, so members never move by themselves.
[[nodiscard]] std::vector<int> place_voters(int voters, int zones, api::Placement placement);

/// Spreads observers evenly over the zones; the last zones take what remains. Where voters stand
/// plays no part, and observers change nothing of it.
[[nodiscard]] std::vector<int> place_observers(int observers, int zones);

/// Both, with a person's own voters by zone where the spec has them. `zones` are the names in the
/// order of their indexes; a spec with explicit voters names each of them.
[[nodiscard]] std::vector<ZoneShare> place(const api::ValidatedCluster& cluster,
                                           std::span<const std::string> zones);

/// Whether losing any one zone leaves a quorum, with the reason in numbers.
struct ZoneTolerance {
  bool is_tolerant = false;
  std::string reason;   ///< "EveryZoneIsMinority", "OneZone", "TwoZones", "ZoneHoldsMajority".
  std::string message;  ///< "zone a holds 2 of 3 voters"
};
struct ZoneVoters {
  std::string zone;
  int voters = 0;
};
[[nodiscard]] ZoneTolerance tolerance_of(std::span<const ZoneVoters> zones);

}  // namespace quorate::plan
