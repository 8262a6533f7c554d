// `quorate server start|start-foreground|stop|restart|status|version`, also known as zkServer.sh.
#pragma once

#include <string>
#include <vector>

namespace quorate::cli {

/// Runs one verb. `as_script`: called as zkServer.sh, whose extra lines are printed too. Returns
/// the exit code.
[[nodiscard]] int run_server_verb(const std::vector<std::string>& arguments, bool as_script);

}  // namespace quorate::cli
