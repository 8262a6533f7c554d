// ConnectionTable, and the names of close causes.
#include "server/net/connection.h"

#include "server/base/assert.h"

namespace quorate::net {

Connection& ConnectionTable::create() {
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  ++slot.generation;
  QR_ASSERT(slot.generation != 0);
  slot.connection = std::make_unique<Connection>();
  slot.connection->id = ConnectionId{(uint64_t{slot.generation} << 32) | index};
  return *slot.connection;
}

void ConnectionTable::release(Connection& connection) {
  const auto index = static_cast<uint32_t>(connection.id.value);
  slots_[index].connection.reset();
  free_.push_back(index);
}

std::string_view to_string(CloseCause cause) {
  switch (cause) {
    case CloseCause::kPeerClosed:
      return "peer_closed";
    case CloseCause::kPeerReset:
      return "peer_reset";
    case CloseCause::kRequested:
      return "requested";
    case CloseCause::kFrameLength:
      return "frame_length";
    case CloseCause::kSessionless:
      return "sessionless";
    case CloseCause::kOutputLimit:
      return "output_limit";
    case CloseCause::kStalled:
      return "stalled";
    case CloseCause::kLargeRequests:
      return "large_requests";
    case CloseCause::kAddressLimit:
      return "address_limit";
    case CloseCause::kTotalLimit:
      return "total_limit";
    case CloseCause::kTlsFailed:
      return "tls_failed";
    case CloseCause::kTlsTimeout:
      return "tls_timeout";
    case CloseCause::kIoError:
      return "io_error";
    case CloseCause::kShutdown:
      return "shutdown";
  }
  return "unknown";
}

}  // namespace quorate::net
