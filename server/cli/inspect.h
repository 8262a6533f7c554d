// `quorate inspect`: what is in a transaction log or a snapshot, and whether it is whole.
#pragma once

#include <optional>
#include <string>

#include "server/base/ids.h"

namespace CLI {
class App;
}

namespace quorate::cli {

struct InspectOptions {
  std::string file;
  bool json = false;     ///< One JSON object a line.
  bool verify = false;   ///< Only the verdict.
  bool data = false;     ///< Snapshots: the data of each node, base64.
  bool recover = false;  ///< Logs: write a readable copy, FILE.fixed.
  bool believe = false;  ///< With recover: keep entries with a wrong checksum.
  std::string from;      ///< Logs: first and last zxid, hexadecimal; empty: no bound.
  std::string to;
};

void add_inspect_flags(CLI::App& inspect, InspectOptions& log, InspectOptions& snapshot);

/// Exit codes: 0 whole, 1 cannot be read or damaged, 2 wrong arguments.
[[nodiscard]] int inspect_log(const InspectOptions& options);
[[nodiscard]] int inspect_snapshot(const InspectOptions& options);

}  // namespace quorate::cli
