// The JSON of each admin command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/report/inputs.h"

namespace quorate::report {

/// The body of the command of that primary name, with "command" and "error" at its end.
[[nodiscard]] std::string command_body(std::string_view name, const Inputs& inputs);

/// A command that failed by itself: "error" comes before "command", as in ZooKeeper.
[[nodiscard]] std::string failed_body(std::string_view name, std::string_view error);

[[nodiscard]] std::string trace_mask_body(std::string_view name, int64_t mask);

}  // namespace quorate::report
