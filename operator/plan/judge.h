// The conditions: what the facts mean.
#pragma once

#include "operator/plan/draft.h"
#include "operator/plan/facts.h"

namespace quorate::plan {

/// Sets every standard condition of draft.status.
void judge(const Facts& facts, Draft& draft);

}  // namespace quorate::plan
