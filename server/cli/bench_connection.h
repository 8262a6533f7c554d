// One session of the load generator: a socket, its output buffer, and the requests in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/client/connect_string.h"
#include "server/wire/opcode.h"

namespace quorate::cli {

/// Kinds of operation that are measured apart.
enum class BenchOp : uint8_t { kGet, kSet, kCreate, kDelete, kExists, kList, kMulti, kWatch };
inline constexpr size_t kBenchOpCount = 8;
[[nodiscard]] std::string_view name_of(BenchOp op);

/// A request without an answer yet. `intended_ns` is when it should have been sent: in a closed
/// loop when it was, in an open loop by the schedule, so that a late generator counts against the
/// server.
struct InFlight {
  int64_t intended_ns = 0;
  BenchOp op = BenchOp::kGet;
};

using BenchServer = client::Endpoint;

/// A session on a non-blocking socket. Not thread-safe: belongs to one engine.
class BenchConnection {
 public:
  /// `outstanding_max` requests may be in flight at once; `index` names the connection in keys.
  BenchConnection(uint32_t index, size_t outstanding_max);
  ~BenchConnection();
  BenchConnection(const BenchConnection&) = delete;
  BenchConnection& operator=(const BenchConnection&) = delete;

  /// Connects (blocking), sends the ConnectRequest and turns the socket non-blocking. The session
  /// is usable as soon as take_handshake() was called with the answer.
  [[nodiscard]] Status open(const BenchServer& server, int32_t timeout_ms);
  /// Blocks until the answer to the ConnectRequest is there, and checks it.
  [[nodiscard]] Status finish_handshake();
  /// Sends closeSession and closes the socket without waiting for the answer.
  void close();

  /// Room for a request frame of `size` bytes, header included, which the caller fills in; the
  /// length and the xid are written here. Counts the request as in flight.
  [[nodiscard]] char* begin(BenchOp op, size_t size, int64_t intended_ns);
  /// Queues a ping, which is not counted.
  void ping();
  /// Writes what the socket takes. False: the connection is lost.
  [[nodiscard]] bool flush();
  [[nodiscard]] bool has_output() const { return out_start_ < out_end_; }
  /// Bytes that flush() would write; borrowed until the next call.
  [[nodiscard]] std::string_view pending_output() const {
    return {out_.get() + out_start_, out_end_ - out_start_};
  }

  [[nodiscard]] bool has_room() const { return in_flight() < outstanding_max_; }
  [[nodiscard]] size_t in_flight() const { return sent_ - answered_; }
  /// The oldest request in flight, if its xid is `xid`; takes it off. Otherwise nullptr.
  [[nodiscard]] const InFlight* answered(int32_t xid) {
    if (answered_ == sent_ || xid != static_cast<int32_t>(answered_ & 0x7FFFFFFF) + 1) {
      return nullptr;
    }
    return &ring_[answered_++ & ring_mask_];
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] uint32_t index() const { return index_; }
  [[nodiscard]] size_t outstanding_max() const { return outstanding_max_; }

  /// Start of a frame that is not complete yet; kept between two reads.
  std::string partial;
  /// Bytes of the current frame that nobody wants to see.
  size_t skip_bytes = 0;
  /// When the last bytes were sent; for pings.
  int64_t last_sent_ns = 0;
  /// Registered with epoll for writing too.
  bool waits_for_output = false;
  /// In the engine's list of connections with output.
  bool is_dirty = false;
  bool lost = false;
  /// Nodes that `create` made and `delete` removed, both in this session's order.
  uint64_t created = 0;
  uint64_t deleted = 0;

 private:
  [[nodiscard]] char* reserve(size_t size);

  int fd_ = -1;
  uint32_t index_;
  size_t outstanding_max_;
  std::unique_ptr<char[]> out_;
  size_t out_capacity_ = 0;
  size_t out_start_ = 0;
  size_t out_end_ = 0;
  std::vector<InFlight> ring_;
  size_t ring_mask_;
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;
};

}  // namespace quorate::cli
