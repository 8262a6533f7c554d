// The frame that answers a write.
#include "server/wire/reply.h"

#include <algorithm>

#include "server/node/state.h"
#include "server/wire/stat.h"

namespace quorate::node {
namespace {

using wire::ErrorCode;
using wire::OpCode;

bool answers_with_stat(OpCode type) {
  return type == OpCode::kCreate2 || type == OpCode::kCreateContainer || type == OpCode::kCreateTtl;
}

void append_multi_result(wire::Writer& writer, const tree::OpResult& result) {
  if (result.type == OpCode::kCreate) {
    wire::write_multi_header(writer, OpCode::kCreate, false, 0);
    writer.put_string(result.path);
  } else if (answers_with_stat(result.type)) {
    wire::write_multi_header(writer, OpCode::kCreate2, false, 0);
    writer.put_string(result.path);
    write(writer, result.stat);
  } else if (result.type == OpCode::kSetData) {
    wire::write_multi_header(writer, OpCode::kSetData, false, 0);
    write(writer, result.stat);
  } else {
    wire::write_multi_header(writer, result.type, false, 0);
  }
}

void append_multi(wire::Writer& writer, const tree::Applied& applied) {
  const bool failed =
      std::any_of(applied.results.begin(), applied.results.end(),
                  [](const tree::OpResult& result) { return result.error != ErrorCode::kOk; });
  for (const tree::OpResult& result : applied.results) {
    if (failed) {
      wire::write_multi_header(writer, OpCode::kError, false, static_cast<int32_t>(result.error));
      writer.put_int(static_cast<int32_t>(result.error));
    } else {
      append_multi_result(writer, result);
    }
  }
  wire::write_multi_header(writer, OpCode::kError, true, -1);
}

void append_body(wire::Writer& writer, OpCode op, const tree::Applied& applied) {
  if (op == OpCode::kMulti) {
    append_multi(writer, applied);
    return;
  }
  if (applied.results.empty()) {
    return;
  }
  const tree::OpResult& result = applied.results.front();
  if (op == OpCode::kCreate || answers_with_stat(op)) {
    writer.put_string(result.path);
  }
  if (answers_with_stat(op) || op == OpCode::kSetData || op == OpCode::kSetAcl) {
    write(writer, result.stat);
  }
}

}  // namespace

void append_reconfig_reply(std::string& to, int32_t xid, Zxid zxid, const tree::Applied& applied,
                           const tree::Tree& tree) {
  wire::FrameWriter frame(to);
  wire::Writer writer(to);
  write(writer, wire::ReplyHeader{.xid = xid, .zxid = zxid, .error = applied.error});
  if (applied.error == ErrorCode::kOk && !applied.results.empty()) {
    writer.put_buffer(tree.data(tree.find("/zookeeper/config")));
    write(writer, applied.results.front().stat);
  }
  frame.finish();
}

void append_write_reply(std::string& to, OpCode op, int32_t xid, Zxid zxid,
                        const tree::Applied& applied) {
  wire::FrameWriter frame(to);
  wire::Writer writer(to);
  write(writer, wire::ReplyHeader{.xid = xid, .zxid = zxid, .error = applied.error});
  if (applied.error == ErrorCode::kOk) {
    append_body(writer, op, applied);
  }
  frame.finish();
}

}  // namespace quorate::node
