// The birth of an ensemble.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Waits until a leader has the initial voters behind it, records that the ensemble was formed, and
/// has the leader told, again and again until it says so itself. Nothing is inferred from silence.
/// kStop: not formed yet.
[[nodiscard]] Flow form(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
