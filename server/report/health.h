// Readiness, and the status that the operator reads.
#pragma once

#include <string>

#include "server/report/inputs.h"

namespace quorate::report {

struct Health {
  bool ok = false;
  std::string text;  ///< "ok", or one line of why not.
};

/// Ready is: requests are served here, by a member that has a role.
[[nodiscard]] Health readiness(const Inputs& inputs);

/// GET /v1/status: myid, role, zxids as hex text, version, state of the disk.
[[nodiscard]] std::string status_body(const Inputs& inputs);

}  // namespace quorate::report
