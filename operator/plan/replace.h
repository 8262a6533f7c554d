// Members whose volume is gone, new or damaged: they stop voting, sync, and vote again.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// A voter that lost its disk must not vote before it has synced: it becomes an observer of the
/// configuration; the change of membership promotes it again. A claim whose volume is lost is
/// deleted with its Pod, so that both come anew. A damaged or foreign disk is deleted only where
/// the policy is Delete; otherwise the step says what a person can do. So is, after a recovery, a
/// disk of the ensemble before, of a member that does not vote. One member at a time.
/// Source: facts 3.1 (Altinity#1639, ClickHouse#91464), 3.4 (cloudnative-pg#10761).
[[nodiscard]] Flow replace_members(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
