// What decode_request() makes of what no well-behaved client sends.
#include <gtest/gtest.h>

#include <utility>

#include "server/wire/request.h"
#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

ErrorCode error_of(OpCode op, const std::string& hex) {
  const ExactCopy body(from_hex(hex));
  const DecodedRequest decoded = decode_request(op, body.view());
  EXPECT_EQ(decoded.request.has_value(), decoded.error == ErrorCode::kOk);
  return decoded.error;
}

TEST(RequestDecode, TrailingBytesAreIgnored) {
  for (const RequestSample& sample : request_samples()) {
    const ExactCopy body(sample.encoded + "trailing");
    const DecodedRequest decoded = decode_request(sample.op, body.view());
    ASSERT_TRUE(decoded.request.has_value()) << sample.name;
    EXPECT_TRUE(*decoded.request == sample.request) << sample.name;
  }
}

TEST(RequestDecode, RequestsWithoutBody) {
  for (const char* body : {"", "01"}) {
    for (const OpCode op : {OpCode::kPing, OpCode::kWhoAmI, OpCode::kCloseSession}) {
      EXPECT_EQ(error_of(op, body), ErrorCode::kOk) << name_of(op);
    }
  }
}

TEST(RequestDecode, OpcodesThatClientsCannotUse) {
  for (const int op : {-10, -1, 0, 10, 23, 99, 108, -2, -12, 1000, -2147483647 - 1, 2147483647}) {
    EXPECT_EQ(error_of(static_cast<OpCode>(op), "000000022f6100000000"), ErrorCode::kUnimplemented)
        << op;
  }
}

TEST(RequestDecode, EveryOpcodeIsDecidedAndKnowsItsKind) {
  const std::string body(100, '\0');
  for (int number = -20; number < 130; ++number) {
    const auto op = static_cast<OpCode>(number);
    const DecodedRequest decoded = decode_request(op, body);
    if (decoded.request) {
      EXPECT_EQ(is_write(op), std::holds_alternative<WriteRequest>(*decoded.request)) << number;
    } else {
      EXPECT_NE(decoded.error, ErrorCode::kOk) << number;
    }
    if (decoded.error == ErrorCode::kUnimplemented) {
      EXPECT_FALSE(is_write(op)) << number;
    }
  }
}

TEST(RequestDecode, EachOpcodeYieldsItsOwnRecord) {
  const std::string body = from_hex("000000022f61" + std::string(200, '0'));
  const auto write = [&body](OpCode op) {
    return std::get<WriteRequest>(*decode_request(op, body).request);
  };
  EXPECT_EQ(std::get<CreateRequest>(write(OpCode::kCreate2)).op, OpCode::kCreate2);
  EXPECT_EQ(std::get<CreateRequest>(write(OpCode::kCreateContainer)).op, OpCode::kCreateContainer);
  EXPECT_EQ(std::get<CreateRequest>(write(OpCode::kCreate)).ttl_ms, -1);
  EXPECT_EQ(std::get<CreateRequest>(write(OpCode::kCreateTtl)).ttl_ms, 0);
  EXPECT_EQ(std::get<DeleteContainerRequest>(write(OpCode::kDeleteContainer)).path, "/a");
  EXPECT_EQ(std::get<CheckRequest>(write(OpCode::kCheck)).path, "/a");
}

TEST(RequestDecode, NullPathsOfReadsAreRefusedAsApacheDoes) {
  for (const OpCode op : {OpCode::kGetData, OpCode::kExists, OpCode::kGetChildren,
                          OpCode::kGetChildren2, OpCode::kGetAcl}) {
    EXPECT_EQ(error_of(op, "ffffffff01"), ErrorCode::kMarshallingError);
  }
}

TEST(RequestDecode, NegativeLengthsAreRefused) {
  for (const char* length : {"fffffffe", "80000000", "ffff0000"}) {
    const std::string bad = length;
    EXPECT_EQ(error_of(OpCode::kExists, bad + "2f6101"), ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kSetData, "000000022f61" + bad + "00000000"),
              ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kSetAcl, "000000022f61" + bad + "00000000"),
              ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kSetWatches, "0000000000000000" + bad + "0000000000000000"),
              ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kSasl, bad), ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kReconfig, "ffffffff" + bad), ErrorCode::kMarshallingError);
  }
}

TEST(RequestDecode, HugeCountsAreRefused) {
  const std::string tail(80, '0');
  for (const std::string count : {"7fffffff", "00100000", "00000029"}) {
    EXPECT_EQ(error_of(OpCode::kSetWatches, "0000000000000000" + count + tail),
              ErrorCode::kMarshallingError);
    EXPECT_EQ(error_of(OpCode::kSetAcl, "000000022f61" + count + tail),
              ErrorCode::kMarshallingError);
  }
}

TEST(RequestDecode, NullVectorsAreEmpty) {
  const std::string watches_body = from_hex("0000000000000001" + std::string(40, 'f'));
  const DecodedRequest watches = decode_request(OpCode::kSetWatches2, watches_body);
  ASSERT_TRUE(watches.request.has_value());
  const SetWatchesRequest expected{OpCode::kSetWatches2, Zxid{1}, {}, {}, {}, {}, {}};
  EXPECT_TRUE(*watches.request == Request(ReadRequest(expected)));

  const std::string acl_body = from_hex("000000022f61ffffffff00000003");
  const DecodedRequest acl = decode_request(OpCode::kSetAcl, acl_body);
  ASSERT_TRUE(acl.request.has_value());
  const auto& request = std::get<SetAclRequest>(std::get<WriteRequest>(*acl.request));
  EXPECT_EQ(request.version, 3);
  EXPECT_EQ(request.acls.count(), 0);
  EXPECT_EQ(request.acls, null_acls());
}

std::string multi_header(const std::string& type, bool done = false) {
  return type + (done ? "01" : "00") + "ffffffff";
}
const std::string kEnd = multi_header("ffffffff", true);
const std::string kPath = "000000022f61";

TEST(RequestDecode, MultiHoldsWritesOnly) {
  // Every body but create's is a prefix of this one.
  const std::string body = kPath + std::string(40, '0');
  for (int type = -20; type < 130; ++type) {
    std::string encoded;
    Writer writer(encoded);
    writer.put_int(type);
    writer.put_bool(false);
    writer.put_int(-1);
    const OpCode op = static_cast<OpCode>(type);
    const bool write = op == OpCode::kCreate || op == OpCode::kCreate2 ||
                       op == OpCode::kCreateContainer || op == OpCode::kCreateTtl ||
                       op == OpCode::kDelete || op == OpCode::kDeleteContainer ||
                       op == OpCode::kSetData || op == OpCode::kCheck;
    const bool read = op == OpCode::kGetData || op == OpCode::kGetChildren;
    // The zeros after a short body are read as the header of a notification, which no multi may
    // hold: so one whose first operation is refused and one that goes on fail alike, and the test
    // cuts the body to its size.
    const size_t body_digits = type == 1 || type == 15 || type == 19 ? 36
                               : op == OpCode::kCreateTtl            ? 52
                               : op == OpCode::kSetData              ? 28
                               : op == OpCode::kDeleteContainer      ? 12
                               : read                                ? 14
                                                                     : 20;
    const std::string whole = to_hex(encoded) + body.substr(0, body_digits) + kEnd;
    EXPECT_EQ(error_of(OpCode::kMulti, whole),
              write ? ErrorCode::kOk : ErrorCode::kMarshallingError)
        << type;
    EXPECT_EQ(error_of(OpCode::kMultiRead, whole),
              read ? ErrorCode::kOk : ErrorCode::kMarshallingError)
        << type;
  }
}

TEST(RequestDecode, MultiNeedsItsEnd) {
  const std::string remove = multi_header("00000002") + kPath + "ffffffff";
  EXPECT_EQ(error_of(OpCode::kMulti, remove + kEnd), ErrorCode::kOk);
  EXPECT_EQ(error_of(OpCode::kMulti, remove), ErrorCode::kMarshallingError);
  EXPECT_EQ(error_of(OpCode::kMulti, ""), ErrorCode::kMarshallingError);
  EXPECT_EQ(error_of(OpCode::kMulti, multi_header("00000002", true)), ErrorCode::kOk)
      << "done ends it, whatever the type";
}

TEST(RequestDecode, MultiOfManyOperations) {
  MultiRequest request;
  request.ops.assign(1000, DeleteRequest{"/some/path", 5});
  std::string encoded;
  encode(request, encoded);
  const DecodedRequest decoded = decode_request(OpCode::kMulti, encoded);
  ASSERT_TRUE(decoded.request.has_value());
  EXPECT_TRUE(std::get<MultiRequest>(std::get<WriteRequest>(*decoded.request)) == request);
}

TEST(RequestDecode, ViewsBorrowFromTheBody) {
  for (const RequestSample& sample : request_samples()) {
    if (sample.name != "set_data") {
      continue;
    }
    const DecodedRequest decoded = decode_request(sample.op, sample.encoded);
    const auto& request = std::get<SetDataRequest>(std::get<WriteRequest>(*decoded.request));
    EXPECT_EQ(request.path.data(), sample.encoded.data() + 4);
    EXPECT_EQ(request.data->data(), sample.encoded.data() + 10);
  }
}

}  // namespace
}  // namespace quorate::wire
