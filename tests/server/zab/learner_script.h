// The commands of the learner's scripts.
#pragma once

#include <string>

namespace quorate::zab::testing {

/// Runs the commands, one a line, against a Learner and returns each with what it caused.
///
///     learner self=1 leader=3 accepted=1 current=1 base=0.0 log=1.1-1.5 committed=1.5
///             ensemble=ID silence=MS [observer] [unreachable]      first; it connects
///     leaderinfo EPOCH [ensemble=ID]    diff ZXID   trunc ZXID   snap ZXID
///     proposal ZXID... [members=...]    commit ZXID...   inform ZXID...
///     activate ZXID leader=N            inform-activate ZXID leader=N members=...
///     newleader EPOCH [members=...]     uptodate    ping    sync    revalidated SESSION
///     raw TYPE ZXID                     a packet with the data "x"
///     saved ACCEPTED CURRENT   synced ZXID   truncated ZXID   installed ZXID   failed ZXID
///     touch SESSION    forward    lost    wait MS (and the deadline)    status
[[nodiscard]] std::string run_learner_script(const std::string& input);

}  // namespace quorate::zab::testing
