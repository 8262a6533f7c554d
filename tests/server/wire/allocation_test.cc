// The hot path takes no memory from the heap: counted by an operator new of this binary.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "server/wire/path.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"
#include "server/wire/txn.h"
#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace {

thread_local size_t allocation_count = 0;
thread_local size_t allocated_bytes = 0;

void* counted(size_t size) {
  ++allocation_count;
  allocated_bytes += size;
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) {
    std::abort();
  }
  return block;
}

}  // namespace

void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }

namespace quorate::wire {
namespace {

template <typename Work>
size_t allocations_of(Work work) {
  const size_t before = allocation_count;
  work();
  return allocation_count - before;
}

template <typename Work>
size_t bytes_of(Work work) {
  const size_t before = allocated_bytes;
  work();
  return allocated_bytes - before;
}

TEST(Allocation, CounterCounts) {
  EXPECT_EQ(allocations_of([] { delete new int64_t(1); }), 1U);
}

TEST(Allocation, RequestsOfOneOperationTakeNone) {
  for (const RequestSample& sample : request_samples()) {
    const bool many = sample.op == OpCode::kMulti || sample.op == OpCode::kMultiRead ||
                      sample.op == OpCode::kSetWatches || sample.op == OpCode::kSetWatches2;
    bool decoded = false;
    const size_t count = allocations_of(
        [&] { decoded = decode_request(sample.op, sample.encoded).request.has_value(); });
    EXPECT_TRUE(decoded) << sample.name;
    if (!many) {
      EXPECT_EQ(count, 0U) << sample.name;
    }
  }
}

TEST(Allocation, SmallMultiTakesOne) {
  MultiRequest request;
  request.ops.assign(5, SetDataRequest{"/a", "value", -1});
  std::string encoded;
  encode(request, encoded);
  EXPECT_EQ(allocations_of([&] { (void)decode_request(OpCode::kMulti, encoded); }), 1U);
}

TEST(Allocation, TransactionsOfOneOperationTakeNone) {
  std::string buffer;
  buffer.reserve(4096);
  for (const TxnSample& sample : txn_samples()) {
    const std::string& bytes = apache_records().at(sample.name);
    const OpCode type = sample.record.header.type;
    if (type == OpCode::kMulti || type == OpCode::kCloseSession) {
      continue;
    }
    EXPECT_EQ(allocations_of([&] { (void)decode_txn(bytes); }), 0U) << sample.name;
    EXPECT_EQ(allocations_of([&] {
                buffer.clear();
                encode_txn(sample.record.header, sample.record.txn, sample.record.digest, buffer);
              }),
              0U)
        << sample.name;
  }
}

TEST(Allocation, RepliesIntoARoomyBufferTakeNone) {
  std::string buffer;
  buffer.reserve(4096);
  EXPECT_EQ(allocations_of([&] {
              append_header_reply(buffer, {1, Zxid{2}, ErrorCode::kOk});
              append_notification(buffer, Zxid{2}, EventType::kNodeCreated, "/some/long/path/name");
              FrameWriter frame(buffer);
              Writer writer(buffer);
              write(writer, ReplyHeader{1, Zxid{2}, ErrorCode::kOk});
              writer.put_buffer("data");
              frame.finish();
            }),
            0U);
}

TEST(Allocation, PathsAndAclsTakeNone) {
  EXPECT_EQ(allocations_of([] {
              (void)is_valid_path("/a/valid/path");
              AclCursor cursor(two_acls());
              for (AclEntry entry; cursor.next(entry);) {
              }
            }),
            0U);
}

// What a client can make us allocate is at most a small multiple of what it sends.
TEST(Allocation, IsBoundedByTheInput) {
  constexpr size_t kFactorMax = 24;
  std::string deletes;
  for (int count = 0; count < 1000; ++count) {
    deletes += from_hex(
        "00000014"
        "00"
        "ffffffff"
        "ffffffff");
  }
  deletes += from_hex("ffffffff01ffffffff");
  EXPECT_LE(bytes_of([&] { (void)decode_request(OpCode::kMulti, deletes); }),
            kFactorMax * deletes.size());

  const std::string nulls = from_hex(
                                "0000000000000000"
                                "000003e8") +
                            std::string(4000, '\xff') + from_hex("0000000000000000");
  EXPECT_LE(bytes_of([&] { (void)decode_request(OpCode::kSetWatches, nulls); }),
            kFactorMax * nulls.size());

  std::string multi(kTxnHeaderBytes - 4, '\0');
  multi += from_hex(
      "0000000e"
      "000003e8");
  for (int count = 0; count < 1000; ++count) {
    multi += from_hex(
        "ffffffff"
        "00000004"
        "ffffffff");
  }
  EXPECT_LE(bytes_of([&] { (void)decode_txn(multi); }), kFactorMax * multi.size());
}

TEST(Allocation, LyingCountsTakeNone) {
  const std::string watches = from_hex(
      "0000000000000000"
      "7fffffff" +
      std::string(200, '0'));
  EXPECT_EQ(allocations_of([&] { (void)decode_request(OpCode::kSetWatches, watches); }), 0U);
  const std::string txn = std::string(kTxnHeaderBytes - 4, '\0') + from_hex(
                                                                       "0000000e"
                                                                       "7fffffff");
  EXPECT_EQ(allocations_of([&] { (void)decode_txn(txn); }), 0U);
}

}  // namespace
}  // namespace quorate::wire
