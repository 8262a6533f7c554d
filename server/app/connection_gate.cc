// ConnectionGate: reads the handshake and asks the throttle.
#include "server/app/connection_gate.h"

#include <optional>

#include "server/base/bytes.h"
#include "server/wire/handshake.h"
#include "server/wire/reply.h"

namespace quorate::app {

int ConnectionGate::cost(SessionId session) const {
  if (!options_.weight_enabled) {
    return 1;
  }
  return session == SessionId{} ? options_.new_session_weight : options_.renewed_session_weight;
}

bool ConnectionGate::admits(ConnectionId id, std::string_view frames, TimePoint now) {
  if (greeting_.erase(id) == 0) {
    return true;
  }
  const auto size = static_cast<size_t>(load_big_endian<uint32_t>(frames.data()));
  const std::optional<wire::ConnectRequest> request =
      wire::decode_connect_request(frames.substr(wire::kFrameHeaderBytes, size));
  if (!request) {
    return true;
  }
  const double chance = static_cast<double>(random_() - std::minstd_rand::min()) /
                        static_cast<double>(std::minstd_rand::max() - std::minstd_rand::min() + 1);
  if (!throttle_.admit(cost(request->session), now, chance)) {
    ++refused_;
    return false;
  }
  deficit_.record(Duration(options_.throttle.tokens_max - throttle_.tokens()));
  return true;
}

}  // namespace quorate::app
