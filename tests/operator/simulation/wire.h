// Wire: a request of the operator to the API, with what may become of it on its way.
#pragma once

#include <functional>
#include <string>

#include "tests/operator/simulation/judge.h"

namespace quorate::opsim {

/// What has its own patience; it may die while it waits.
struct Caller {
  std::string name;
  std::function<void(Duration)> advance;  ///< Waits in virtual time; everything else goes on.
  std::function<bool()> is_dead;
  std::function<bool()> may_write;
};

/// As KubeClient over a network that fails; the rule of what is sent again is the same code.
[[nodiscard]] Answer send_over_wire(Context& context, Judge& judge, const Caller& caller,
                                    const kube::Request& request);

}  // namespace quorate::opsim
