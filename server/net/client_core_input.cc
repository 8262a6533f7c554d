// ClientCore: reads, finds frames, hands them over, keeps what is incomplete or was not taken.
#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/net/client_core.h"
#include "server/net/read_buffer.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

constexpr size_t kWordBytes = 4;
constexpr int32_t kTelnetInterrupt = static_cast<int32_t>(0xFFF4FFFDU);  // Ctrl-C in telnet.

bool is_word(std::string_view received) {
  return received.size() >= kWordBytes &&
         std::all_of(received.begin(), received.begin() + kWordBytes,
                     [](char c) { return c >= 'a' && c <= 'z'; });
}

// Bytes that follow the word and belong to it.
size_t argument_bytes(std::string_view word) { return word == "stmk" ? 8 : 0; }

}  // namespace

void ClientCore::read(Connection& connection) {
  if (connection.input.size() > kCopiedBytesMax) {
    read_more_of_large(connection);
    return;
  }
  const size_t kept = connection.input.size();
  const IoResult result = connection.transport.read(scratch_.get() + kept, kReadBytes);
  if (result.outcome != IoOutcome::kProgress) {
    input_failed(connection, result);
    return;
  }
  if (kept > 0) {
    std::memcpy(scratch_.get(), connection.input.data(), kept);
  }
  stats_.bytes_received += result.bytes;
  connection.active_tick = tick_count_;
  note_tls_rest(connection, result.bytes == kReadBytes);
  take_input(connection, {scratch_.get(), kept + result.bytes}, true);
}

// The buffer grows with what arrives, never by what the length announces.
void ClientCore::read_more_of_large(Connection& connection) {
  std::string& input = connection.input;
  const size_t kept = input.size();
  const size_t missing = connection.progress.next - kept;
  input.resize(kept + std::min(kReadBytes, missing));
  const size_t room = input.size() - kept;
  const IoResult result = connection.transport.read(input.data() + kept, room);
  input.resize(kept + (result.outcome == IoOutcome::kProgress ? result.bytes : 0));
  if (result.outcome != IoOutcome::kProgress) {
    input_failed(connection, result);
    return;
  }
  stats_.bytes_received += result.bytes;
  connection.active_tick = tick_count_;
  note_tls_rest(connection, result.bytes == room);
  take_input(connection, input, false);
}

// A read that stopped because the buffer was full may have left bytes inside OpenSSL, where the
// poller does not see them.
void ClientCore::note_tls_rest(Connection& connection, bool buffer_was_full) {
  connection.tls_rest = connection.secure && buffer_was_full;
  if (connection.tls_rest) {
    touch(connection);
  }
}

void ClientCore::input_failed(Connection& connection, const IoResult& result) {
  if (result.outcome == IoOutcome::kBlocked) {
    connection.tls_rest = false;
    if (result.wants_write) {
      connection.tls_wants_write = true;
      touch(connection);
    }
    return;
  }
  end_io(connection, result, "read");
}

void ClientCore::take_input(Connection& connection, std::string_view received, bool in_scratch) {
  if (connection.phase == ConnectionPhase::kGreeting) {
    if (is_word(received)) {
      if (!take_word(connection, received)) {
        connection.input.assign(received);
      }
      return;
    }
    if (received.size() >= kLengthBytes) {
      connection.phase = ConnectionPhase::kFrames;
    }
  }
  const FrameCheck check = connection.progress.advance(received, limits_.frame_bytes_max,
                                                       limits_.large_request_threshold);
  const bool affordable = reserve_large(connection, check.large_bytes);
  const size_t whole = connection.progress.whole;
  const size_t taken = whole > 0 ? deliver(connection, received.substr(0, whole)) : 0;
  if (!connection.live()) {
    return;  // The handler closed it.
  }
  if (check.bad_length) {
    refuse_length(connection, check.length);
    return;
  }
  if (!affordable) {
    end(connection, CloseCause::kLargeRequests,
        std::to_string(large_bytes_) + " bytes of large requests in flight");
    return;
  }
  keep_input(connection, received, taken, in_scratch);
}

void ClientCore::keep_input(Connection& connection, std::string_view received, size_t taken,
                            bool in_scratch) {
  connection.progress.consume(taken);
  const std::string_view rest = received.substr(taken);
  if (rest.empty()) {
    if (!connection.input.empty()) {
      connection.input.clear();
      note_roomy(connection);
    }
    return;
  }
  if (in_scratch) {
    connection.input.assign(rest);
  } else if (taken > 0) {
    connection.input.erase(0, taken);
  }
  note_roomy(connection);
}

bool ClientCore::take_word(Connection& connection, std::string_view received) {
  const std::string_view word = received.substr(0, kWordBytes);
  const std::string_view rest = received.substr(kWordBytes);
  if (rest.size() < argument_bytes(word)) {
    return false;
  }
  connection.phase = ConnectionPhase::kText;
  delivered_ = true;
  // The handler may look the connection up, but `received` stays: reads do not happen in callbacks.
  connection.input = std::string();
  touch(connection);
  handler_.on_four_letter_word(connection.id, word, rest);
  return true;
}

bool ClientCore::reserve_large(Connection& connection, int64_t bytes) {
  if (bytes == 0) {
    return true;
  }
  if (large_bytes_ + bytes > limits_.large_request_bytes_max) {
    return false;
  }
  connection.large_bytes += bytes;
  large_bytes_ += bytes;
  return true;
}

size_t ClientCore::deliver(Connection& connection, std::string_view frames) {
  delivered_ = true;
  connection.quiet_close = false;
  const size_t taken = handler_.on_frames(connection.id, frames);
  QR_ASSERT(taken <= frames.size());
  if (taken < frames.size() && connection.live()) {
    // Left by choice: wait for resume_reading(). Left for its replies: go on when they are read.
    connection.paused = connection.paused || !is_congested(connection);
    touch(connection);
  } else if (connection.paused || is_congested(connection)) {
    touch(connection);
  }
  return taken;
}

void ClientCore::deliver_held(Connection& connection) {
  // Moved out: the handler's calls may change the connection's buffers.
  const std::string held = std::exchange(connection.input, std::string());
  const size_t taken =
      deliver(connection, std::string_view(held).substr(0, connection.progress.whole));
  if (connection.live()) {
    connection.progress.consume(taken);
    connection.input.assign(held, taken);
    touch(connection);
  }
}

void ClientCore::refuse_length(Connection& connection, int32_t length) {
  if (length == kTelnetInterrupt) {
    end(connection, CloseCause::kPeerClosed, "telnet interrupt");
    return;
  }
  std::string detail = "frame of " + std::to_string(length) + " bytes, allowed are 0 to " +
                       std::to_string(limits_.frame_bytes_max);
  if (!connection.secure && (static_cast<uint32_t>(length) >> 16) == 0x1603U) {
    detail = "the client speaks TLS and this port does not";
  }
  end(connection, CloseCause::kFrameLength, std::move(detail));
}

}  // namespace quorate::net
