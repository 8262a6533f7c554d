// The commands of the leader's scripts.
#pragma once

#include <string>

namespace quorate::zab::testing {

/// Runs the commands, one a line, against a Leader and returns each with what it caused. Zxids are
/// epoch.counter; learners are named by their links, whose number is their server id unless said.
///
///     leader self=3 members=1,2,/4 accepted=1 current=1 base=0.0 log=1.1-1.5 committed=ZXID
///            version=1.0 window=500 log_bytes=-1 link_bytes=N ensemble=ID heartbeat=MS
///            silence=MS witnessed=SERVER:ACCEPTED:ZXID                                   first
///     open N...    close N    flush N (all that was sent)    wait MS (and the deadline)
///     info N sid= accepted= config= protocol= ensemble= [observer]     ackepoch N ZXID current=
///     ack N ZXID   pong N SESSION...   request N   revalidate N SESSION   garbage N TYPE
///     saved ACCEPTED CURRENT   synced ZXID   propose [members=...]   revalidated N SESSION
///     probed N floor= next=    read N ZXID...   snapshot-progress N   snapshot-sent N
///     sync N       status
[[nodiscard]] std::string run_leader_script(const std::string& input);

}  // namespace quorate::zab::testing
