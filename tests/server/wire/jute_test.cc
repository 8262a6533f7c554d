// The jute primitives: every length that a reader must refuse, null against empty, sticky failure.
#include "server/wire/jute.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

TEST(Jute, WriterIsBigEndian) {
  std::string to;
  Writer writer(to);
  writer.put_bool(true);
  writer.put_bool(false);
  writer.put_int(-2);
  writer.put_long(0x0102030405060708);
  writer.put_string("ab");
  writer.put_buffer(std::nullopt);
  writer.put_buffer("");
  writer.put_raw("z");
  EXPECT_EQ(to_hex(to),
            "0100fffffffe0102030405060708"
            "000000026162"
            "ffffffff"
            "00000000"
            "7a");
}

TEST(Jute, PenWritesWhatAWriterWrites) {
  std::string by_writer = "x";
  Writer writer(by_writer);
  writer.put_int(7);
  writer.put_bool(true);
  writer.put_long(-3);
  writer.put_string("path");
  writer.put_string("");
  writer.put_buffer(std::nullopt);
  writer.put_buffer("data");

  std::string by_pen = "x";
  const size_t size = 4 + 1 + 8 + encoded_size("path") + encoded_size("") +
                      encoded_size(std::nullopt) + encoded_size(NullableBytes("data"));
  Pen pen(Writer(by_pen).extend(size));
  pen.put(int32_t{7});
  pen.put_bool(true);
  pen.put(int64_t{-3});
  pen.put_string("path");
  pen.put_string("");
  pen.put_buffer(std::nullopt);
  pen.put_buffer("data");
  EXPECT_EQ(by_pen, by_writer);
  EXPECT_EQ(pen.position(), by_pen.data() + by_pen.size());
}

TEST(Jute, BufferOfUnknownSize) {
  std::string to = "head";
  Writer writer(to);
  const size_t outer = writer.begin_buffer();
  writer.put_string("ab");
  const size_t inner = writer.begin_buffer();
  writer.end_buffer(inner);
  writer.end_buffer(outer);
  EXPECT_EQ(to_hex(to), to_hex("head") + "0000000a" + "000000026162" + "00000000");
}

TEST(Jute, NullIsNotEmpty) {
  const std::string bytes = from_hex("ffffffff00000000");
  Reader reader(bytes);
  EXPECT_EQ(reader.get_buffer(), std::nullopt);
  EXPECT_EQ(reader.get_buffer(), NullableBytes(""));
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(Jute, NullStringReadsAsEmpty) {
  const std::string bytes = from_hex("ffffffff");
  Reader reader(bytes);
  const std::string_view null = reader.get_string();
  EXPECT_EQ(null, "");
  EXPECT_NE(null.data(), nullptr);
  EXPECT_TRUE(reader.ok());
}

TEST(Jute, AnyByteButZeroIsTrue) {
  const std::string bytes = from_hex("000102ff");
  Reader reader(bytes);
  EXPECT_FALSE(reader.get_bool());
  EXPECT_TRUE(reader.get_bool());
  EXPECT_TRUE(reader.get_bool());
  EXPECT_TRUE(reader.get_bool());
  EXPECT_TRUE(reader.ok());
}

TEST(Jute, BuffersOfImpossibleLengthFail) {
  for (const char* length : {"fffffffe", "80000000", "7fffffff", "00000004"}) {
    const ExactCopy bytes(from_hex(std::string(length) + "616263"));
    Reader reader(bytes.view());
    EXPECT_EQ(reader.get_buffer(), std::nullopt) << length;
    EXPECT_FALSE(reader.ok()) << length;
  }
}

TEST(Jute, FailureIsForGood) {
  const ExactCopy bytes(from_hex("0000000561620000000000000000"));
  Reader reader(bytes.view());
  EXPECT_EQ(reader.get_long(), 0x0000000561620000);
  reader.fail();
  EXPECT_EQ(reader.get_int(), 0);
  EXPECT_EQ(reader.get_long(), 0);
  EXPECT_FALSE(reader.get_bool());
  EXPECT_EQ(reader.get_string(), "");
  EXPECT_EQ(reader.get_raw(1), "");
  EXPECT_EQ(reader.get_count(1), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.remaining(), 6U);
}

TEST(Jute, IntegersNeedAllTheirBytes) {
  const ExactCopy bytes("abc");
  Reader ints(bytes.view());
  EXPECT_EQ(ints.get_int(), 0);
  EXPECT_FALSE(ints.ok());
  Reader longs(bytes.view());
  EXPECT_EQ(longs.get_long(), 0);
  EXPECT_FALSE(longs.ok());
  Reader none(std::string_view{});
  EXPECT_FALSE(none.get_bool());
  EXPECT_FALSE(none.ok());
}

TEST(Jute, CountsAreBoundedByTheInput) {
  const auto count = [](const char* hex, size_t element_bytes_min) {
    const ExactCopy bytes(from_hex(hex));
    Reader reader(bytes.view());
    const int32_t got = reader.get_count(element_bytes_min);
    return reader.ok() ? got : -1;
  };
  EXPECT_EQ(count("00000002"
                  "0000000000000000",
                  4),
            2);
  EXPECT_EQ(count("00000003"
                  "0000000000000000",
                  4),
            -1);
  EXPECT_EQ(count("00000002"
                  "00000000000000",
                  4),
            -1);
  EXPECT_EQ(count("00000000", 4), 0);
  EXPECT_EQ(count("ffffffff", 4), 0) << "null";
  EXPECT_EQ(count("fffffffe", 4), -1);
  EXPECT_EQ(count("80000000", 4), -1);
  EXPECT_EQ(count("7fffffff"
                  "00000000",
                  1),
            -1);
}

TEST(Jute, PositionAndRest) {
  Reader reader("abcdef");
  EXPECT_EQ(reader.get_raw(2), "ab");
  EXPECT_EQ(reader.position(), 2U);
  EXPECT_EQ(reader.remaining(), 4U);
  EXPECT_EQ(reader.rest(), "cdef");
  EXPECT_EQ(reader.get_raw(4), "cdef");
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.rest(), "");
  EXPECT_TRUE(reader.ok());
}

}  // namespace
}  // namespace quorate::wire
