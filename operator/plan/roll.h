// Restarts of members whose Pods are of an older revision, in batches that a quorum survives.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// A Pod must have been ready for so long before the next batch goes.
inline constexpr int64_t kSettleMs = 5000;
/// A member of the newest revision may take so long to start before a roll goes on without it.
inline constexpr int64_t kStartMs = 300000;
/// A member that does not serve may take so long before it is restarted as it is outdated.
inline constexpr int64_t kUnreadyMs = 30000;

/// Members outside the live quorum that will not start by themselves and are of an older revision
/// go first, at any time, with or without a quorum: it is how a wrong image or configuration is
/// mended. They reduce nothing. Notes those of the newest revision that are stuck: no roll goes on
/// then.
void replace_stuck(const Facts& facts, Draft& draft);

/// The roll: unready members, observers, followers zone by zone (that of the leader last), then the
/// leader after it handed over. A batch is recorded before it goes; the next one waits until every
/// member of it is back and synced.
///
/// invariant: the voters that remain, synced, are a quorum without the batch, unless the ensemble
/// has one voter or the person allowed downtime with batch All.
[[nodiscard]] Flow roll(const Facts& facts, Draft& draft);

/// Voters that evictions by others must leave available: all but one, or all but the batch.
[[nodiscard]] int voters_available_min(const Facts& facts, const Draft& draft);

}  // namespace quorate::plan
