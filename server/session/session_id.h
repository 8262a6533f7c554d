// How session ids and their passwords are made; equal in every member of a mixed ensemble.
#pragma once

#include <array>
#include <string_view>

#include "server/base/ids.h"
#include "server/base/time.h"

namespace quorate::session {

using Password = std::array<char, 16>;

/// First session id of a member: server id in the high byte, 40 bits of milliseconds, 16 bits zero.
/// `now` must not repeat for the same server id. Source: ZooKeeper SessionTrackerImpl.
[[nodiscard]] SessionId first_session_id(ServerId server, WallMillis now);

/// Password of a session: 16 bytes of java.util.Random seeded by id xor 0xB3415C00. Not a secret:
/// anyone who knows the id can derive it, and mixed ensembles need the same generator.
[[nodiscard]] Password password_of(SessionId session);

/// Compares in constant time; false for a password of another length.
[[nodiscard]] bool password_matches(SessionId session, std::string_view password);

}  // namespace quorate::session
