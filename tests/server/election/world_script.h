// The commands of the scripted election tests.
#pragma once

#include <string>

namespace quorate::election::testing {

/// Runs the commands, one a line, in a fresh world and returns what happened:
///
///     ensemble 1 2 3 [observers 4 5] [outsiders 9]   first
///     disk ID zxid=HEX [current=N] [accepted=N] [unfit]
///     boot ID...             crash ID... [quiet]     wipe ID...
///     cut A B [quiet]        mute FROM TO            heal [A B]
///     run N                  milliseconds
///     messages on|off        whether messages are traced
///     say FROM TO STATE EPOCH/ZXID/LEADER ROUND [version=0|1]   as a peer that the test plays
///     commit                 a transaction, by the leader
///     status                 one line a member
///     leader                 who leads, and whether everybody follows
[[nodiscard]] std::string run_world_script(const std::string& input);

}  // namespace quorate::election::testing
