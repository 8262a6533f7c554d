// Session ids and passwords as ZooKeeper's servers make them.
#include "server/session/session_id.h"

#include <cstdint>

namespace quorate::session {

namespace {

constexpr uint64_t kPasswordSecret = 0xB3415C00;
// Constants and width of java.util.Random's linear congruential generator.
constexpr uint64_t kRandomMultiplier = 0x5DEECE66D;
constexpr uint64_t kRandomAddend = 0xB;
constexpr uint64_t kRandomMask = (uint64_t{1} << 48) - 1;

// The ephemeralOwner value that marks a container; no session may bear it.
constexpr uint64_t kContainerOwner = 0x8000000000000000;

}  // namespace

SessionId first_session_id(ServerId server, WallMillis now) {
  const uint64_t time_part = (static_cast<uint64_t>(now.value) << 24) >> 8;
  uint64_t id = time_part | (static_cast<uint64_t>(server.value) << 56);
  if (id == kContainerOwner) {
    ++id;
  }
  return SessionId{static_cast<int64_t>(id)};
}

Password password_of(SessionId session) {
  const uint64_t seed = static_cast<uint64_t>(session.value) ^ kPasswordSecret;
  uint64_t state = (seed ^ kRandomMultiplier) & kRandomMask;
  Password password;
  for (size_t at = 0; at < password.size(); at += 4) {
    state = (state * kRandomMultiplier + kRandomAddend) & kRandomMask;
    auto word = static_cast<uint32_t>(state >> 16);
    for (size_t byte = 0; byte < 4; ++byte) {
      password[at + byte] = static_cast<char>(word & 0xFF);
      word >>= 8;
    }
  }
  return password;
}

bool password_matches(SessionId session, std::string_view password) {
  const Password expected = password_of(session);
  if (session.value == 0 || password.size() != expected.size()) {
    return false;
  }
  // Volatile keeps the compiler from leaving the loop at the first difference.
  volatile unsigned char difference = 0;
  for (size_t at = 0; at < expected.size(); ++at) {
    const auto left = static_cast<unsigned char>(expected[at]);
    const auto right = static_cast<unsigned char>(password[at]);
    difference = static_cast<unsigned char>(difference | (left ^ right));
  }
  return difference == 0;
}

}  // namespace quorate::session
