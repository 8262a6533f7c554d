// Replies and notifications: headers, framing, and the small records that follow a header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/ids.h"
#include "server/wire/error_code.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::wire {

/// Every frame starts with its length, four bytes.
inline constexpr size_t kFrameHeaderBytes = 4;

/// ReplyHeader{int xid, long zxid, int err}.
struct ReplyHeader {
  int32_t xid = 0;
  Zxid zxid;
  ErrorCode error = ErrorCode::kOk;
  friend bool operator==(const ReplyHeader&, const ReplyHeader&) = default;
};
inline constexpr size_t kReplyHeaderBytes = 16;

/// Type of a watch event on the wire.
enum class EventType : int32_t {
  kNone = -1,
  kNodeCreated = 1,
  kNodeDeleted = 2,
  kNodeDataChanged = 3,
  kNodeChildrenChanged = 4,
};
/// State in a WatcherEvent: servers only ever send SyncConnected.
inline constexpr int32_t kStateSyncConnected = 3;

/// Appends one reply frame: reserves the length on construction and fills it in by finish().
class FrameWriter {
 public:
  explicit FrameWriter(std::string& to) : to_(to), start_(to.size()) { to_.append(4, '\0'); }
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  /// Must be called once, when the payload is complete.
  void finish() {
    store_big_endian(to_.data() + start_, static_cast<int32_t>(to_.size() - start_ - 4));
  }

 private:
  std::string& to_;
  size_t start_;
};

void write(Writer& writer, const ReplyHeader& header);
[[nodiscard]] ReplyHeader read_reply_header(Reader& reader);

/// MultiHeader{int type, bool done, int err}, before each operation and result of a multi.
struct MultiHeader {
  OpCode type = OpCode::kError;
  bool done = true;
  int32_t error = -1;
  friend bool operator==(const MultiHeader&, const MultiHeader&) = default;
};
inline constexpr size_t kMultiHeaderBytes = 9;

void write_multi_header(Writer& writer, OpCode type, bool done, int32_t error);
[[nodiscard]] MultiHeader read_multi_header(Reader& reader);

/// Appends a whole frame with a header and no body.
void append_header_reply(std::string& to, const ReplyHeader& header);

/// Appends a whole notification frame: ReplyHeader{-1, zxid, 0} and WatcherEvent.
void append_notification(std::string& to, Zxid zxid, EventType type, std::string_view path);

/// WatcherEvent as a client reads it.
struct WatcherEvent {
  int32_t type = 0;
  int32_t state = 0;
  std::string_view path;
  friend bool operator==(const WatcherEvent&, const WatcherEvent&) = default;
};
[[nodiscard]] WatcherEvent read_watcher_event(Reader& reader);

}  // namespace quorate::wire
