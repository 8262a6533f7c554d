// Reuse of an Applied between transactions.
#include "server/tree/applied.h"

namespace quorate::tree {

void Applied::clear() {
  error = wire::ErrorCode::kOk;
  results.clear();
  changes.clear();
  owned_paths.clear();
}

}  // namespace quorate::tree
