// Reuse of the action buffers.
#include "server/node/actions.h"

namespace quorate::node {
namespace {

/// Buffers that one large reply has blown up are given back.
constexpr size_t kKeptBytesMax = 4 << 20;

void reuse(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptBytesMax) {
    buffer.shrink_to_fit();
  }
}

}  // namespace

void QuorumActions::clear() {
  reuse(bytes);
  configurations.clear();
  save_epochs.reset();
  leaves_role = listens = wanted_changed = false;
  connect.reset();
  notifications.clear();
  truncate.reset();
  sends.clear();
  reuse(snapshot_bytes);
  snapshot_ends = false;
  marks_unfit.reset();
  witness.reset();
  closes.clear();
  probes.clear();
  reads.clear();
  reuse(leader_bytes);
  receive_snapshot.reset();
}

void Actions::clear() {
  reuse(bytes);
  sends.clear();
  reuse(log_bytes);
  appends.clear();
  closes.clear();
  pauses.clear();
  resumes.clear();
  established.clear();
  large_done.clear();
  notes.clear();
  roll_log = false;
  snapshot_begins = false;
  snapshot_bytes.clear();
  snapshot_ends = false;
  snapshot_abandoned = false;
  quorum.clear();
  reads_answered = 0;
}

void Actions::send(ConnectionId connection, std::string_view frame) {
  const size_t begin = bytes.size();
  bytes.append(frame);
  if (!sends.empty() && sends.back().connection == connection && sends.back().end == begin) {
    sends.back().end = bytes.size();
    return;
  }
  sends.push_back({connection, begin, bytes.size()});
}

}  // namespace quorate::node
