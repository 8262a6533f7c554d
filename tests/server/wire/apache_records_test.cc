// Every record as Apache ZooKeeper's own classes encode it: ours encodes to the same bytes and
// decodes those bytes to the same value.
#include <gtest/gtest.h>

#include <set>

#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"
#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

std::string apache(const std::string& name) { return apache_records().at(name); }

TEST(ApacheRecords, RequestsEncodeToTheSameBytes) {
  for (const RequestSample& sample : request_samples()) {
    EXPECT_EQ(to_hex(sample.encoded), to_hex(apache(sample.name))) << sample.name;
  }
}

TEST(ApacheRecords, RequestsDecodeToTheSameValues) {
  for (const RequestSample& sample : request_samples()) {
    const std::string bytes = apache(sample.name);
    const DecodedRequest decoded = decode_request(sample.op, bytes);
    EXPECT_EQ(decoded.error, ErrorCode::kOk) << sample.name;
    ASSERT_TRUE(decoded.request.has_value()) << sample.name;
    EXPECT_TRUE(*decoded.request == sample.request) << sample.name;
  }
}

TEST(ApacheRecords, TransactionsEncodeToTheSameBytes) {
  for (const TxnSample& sample : txn_samples()) {
    std::string encoded;
    encode_txn(sample.record.header, sample.record.txn, sample.record.digest, encoded);
    EXPECT_EQ(to_hex(encoded), to_hex(apache(sample.name))) << sample.name;
  }
}

TEST(ApacheRecords, TransactionsDecodeToTheSameValues) {
  for (const TxnSample& sample : txn_samples()) {
    const std::string bytes = apache(sample.name);
    const auto record = decode_txn(bytes);
    ASSERT_TRUE(record.has_value()) << sample.name;
    EXPECT_TRUE(*record == sample.record) << sample.name;
  }
}

TEST(ApacheRecords, EveryVectorIsUsed) {
  std::set<std::string> used = {"connect_request", "connect_response", "request_header",
                                "reply_header",    "notification",     "stat",
                                "stat_persisted",  "multi_response",   "txn_create_v0"};
  for (const RequestSample& sample : request_samples()) {
    used.insert(sample.name);
  }
  for (const TxnSample& sample : txn_samples()) {
    used.insert(sample.name);
  }
  for (const auto& [name, bytes] : apache_records()) {
    EXPECT_TRUE(used.contains(name)) << name;
  }
  EXPECT_EQ(used.size(), apache_records().size());
}

TEST(ApacheRecords, Handshake) {
  const ConnectRequest request{
      0, Zxid{0x123456789}, 30000, SessionId{0x100000000000001}, kPassword, true, true};
  std::string encoded;
  encode(request, encoded);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("connect_request")));
  EXPECT_TRUE(decode_connect_request(encoded) == request);

  const ConnectResponse response{20000, SessionId{0x100000000000001}, kPassword, false, true};
  encoded.clear();
  encode(response, encoded);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("connect_response")));
  EXPECT_TRUE(decode_connect_response(encoded) == response);
}

TEST(ApacheRecords, Headers) {
  std::string encoded;
  encode(RequestHeader{5, OpCode::kGetData}, encoded);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("request_header")));
  EXPECT_TRUE(decode_request_header(encoded) == (RequestHeader{5, OpCode::kGetData}));

  const ReplyHeader reply{5, Zxid{0x100000002}, ErrorCode::kNoNode};
  encoded.clear();
  append_header_reply(encoded, reply);
  EXPECT_EQ(to_hex(encoded), "00000010" + to_hex(apache("reply_header")));
  Reader reader(std::string_view(encoded).substr(kFrameHeaderBytes));
  EXPECT_TRUE(read_reply_header(reader) == reply);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST(ApacheRecords, Notification) {
  std::string encoded;
  append_notification(encoded, Zxid{0x100000002}, EventType::kNodeDataChanged, "/a");
  const std::string payload = apache("notification");
  EXPECT_EQ(to_hex(encoded), "0000001e" + to_hex(payload));
  Reader reader(payload);
  EXPECT_TRUE(read_reply_header(reader) == (ReplyHeader{-1, Zxid{0x100000002}, ErrorCode::kOk}));
  EXPECT_TRUE(read_watcher_event(reader) == (WatcherEvent{3, 3, "/a"}));
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

const Stat kStat{Zxid{1}, Zxid{2}, WallMillis{3}, WallMillis{4}, 5, 6, 7, 8, 9, 10, Zxid{11}};

TEST(ApacheRecords, Stats) {
  std::string encoded;
  Writer writer(encoded);
  write(writer, kStat);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("stat")));
  EXPECT_EQ(encoded.size(), kStatBytes);
  Reader reader(encoded);
  EXPECT_TRUE(read_stat(reader) == kStat);
  EXPECT_TRUE(reader.ok() && reader.at_end());

  const StatPersisted persisted{Zxid{1}, Zxid{2}, WallMillis{3}, WallMillis{4}, 5, 6,
                                7,       8,       Zxid{11}};
  encoded.clear();
  write(writer, persisted);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("stat_persisted")));
  EXPECT_EQ(encoded.size(), kStatPersistedBytes);
  Reader persisted_reader(encoded);
  EXPECT_TRUE(read_stat_persisted(persisted_reader) == persisted);
  EXPECT_TRUE(persisted_reader.ok() && persisted_reader.at_end());
}

TEST(ApacheRecords, MultiResponse) {
  std::string encoded;
  Writer writer(encoded);
  write_multi_header(writer, OpCode::kCreate2, false, 0);
  writer.put_string("/a");
  write(writer, kStat);
  write_multi_header(writer, OpCode::kSetData, false, 0);
  write(writer, kStat);
  write_multi_header(writer, OpCode::kDelete, false, 0);
  write_multi_header(writer, OpCode::kError, false, -101);
  writer.put_int(-101);
  write_multi_header(writer, OpCode::kError, true, -1);
  EXPECT_EQ(to_hex(encoded), to_hex(apache("multi_response")));
}

}  // namespace
}  // namespace quorate::wire
