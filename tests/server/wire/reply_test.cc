// Frames of replies, one after the other in one buffer.
#include "server/wire/reply.h"

#include <gtest/gtest.h>

#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

TEST(Reply, FrameWriterFillsInTheLength) {
  std::string to = "earlier";
  Writer writer(to);
  {
    FrameWriter frame(to);
    write(writer, ReplyHeader{1, Zxid{2}, ErrorCode::kOk});
    writer.put_string("/a");
    frame.finish();
  }
  {
    FrameWriter empty(to);
    empty.finish();
  }
  EXPECT_EQ(to_hex(to), to_hex("earlier") + "00000016" + "00000001" + "0000000000000002" +
                            "00000000" + "000000022f61" + "00000000");
}

TEST(Reply, FramesAppend) {
  std::string to;
  append_header_reply(to, {-2, Zxid{5}, ErrorCode::kOk});
  append_notification(to, Zxid{-1}, EventType::kNodeDeleted, "");
  append_header_reply(to, {7, Zxid{-1}, ErrorCode::kUnimplemented});
  EXPECT_EQ(to_hex(to),
            "00000010"
            "fffffffe"
            "0000000000000005"
            "00000000"
            "0000001c"
            "ffffffff"
            "ffffffffffffffff"
            "00000000"
            "00000002"
            "00000003"
            "00000000"
            "00000010"
            "00000007"
            "ffffffffffffffff"
            "fffffffa");
}

TEST(Reply, MultiHeaders) {
  std::string to;
  Writer writer(to);
  write_multi_header(writer, OpCode::kCheck, false, 0);
  EXPECT_EQ(to_hex(to),
            "0000000d"
            "00"
            "00000000");
  Reader reader(to);
  EXPECT_TRUE(read_multi_header(reader) == (MultiHeader{OpCode::kCheck, false, 0}));
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

}  // namespace
}  // namespace quorate::wire
