// Encoding of replies and notifications, and what a client needs to read them.
#include "server/wire/reply.h"

namespace quorate::wire {

namespace {

void put(Pen& pen, const ReplyHeader& header) {
  pen.put(header.xid);
  pen.put(header.zxid.value);
  pen.put(static_cast<int32_t>(header.error));
}

}  // namespace

void write(Writer& writer, const ReplyHeader& header) {
  Pen pen(writer.extend(kReplyHeaderBytes));
  put(pen, header);
}

ReplyHeader read_reply_header(Reader& reader) {
  ReplyHeader header;
  header.xid = reader.get_int();
  header.zxid.value = reader.get_long();
  header.error = static_cast<ErrorCode>(reader.get_int());
  return header;
}

void write_multi_header(Writer& writer, OpCode type, bool done, int32_t error) {
  Pen pen(writer.extend(kMultiHeaderBytes));
  pen.put(static_cast<int32_t>(type));
  pen.put_bool(done);
  pen.put(error);
}

MultiHeader read_multi_header(Reader& reader) {
  MultiHeader header;
  header.type = static_cast<OpCode>(reader.get_int());
  header.done = reader.get_bool();
  header.error = reader.get_int();
  return header;
}

void append_header_reply(std::string& to, const ReplyHeader& header) {
  Writer writer(to);
  Pen pen(writer.extend(kFrameHeaderBytes + kReplyHeaderBytes));
  pen.put(static_cast<int32_t>(kReplyHeaderBytes));
  put(pen, header);
}

void append_notification(std::string& to, Zxid zxid, EventType type, std::string_view path) {
  const size_t payload = kReplyHeaderBytes + 4 + 4 + encoded_size(path);
  Writer writer(to);
  Pen pen(writer.extend(kFrameHeaderBytes + payload));
  pen.put(static_cast<int32_t>(payload));
  put(pen, {.xid = kNotificationXid, .zxid = zxid, .error = ErrorCode::kOk});
  pen.put(static_cast<int32_t>(type));
  pen.put(kStateSyncConnected);
  pen.put_string(path);
}

WatcherEvent read_watcher_event(Reader& reader) {
  WatcherEvent event;
  event.type = reader.get_int();
  event.state = reader.get_int();
  event.path = reader.get_string();
  return event;
}

}  // namespace quorate::wire
