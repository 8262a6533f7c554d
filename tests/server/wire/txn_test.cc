// Transactions of old servers, of logs without digests, and of no server at all.
#include "server/wire/txn.h"

#include <gtest/gtest.h>

#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

std::string header_bytes(int type) {
  std::string bytes;
  Writer writer(bytes);
  write(writer, TxnHeader{SessionId{1}, 2, Zxid{3}, WallMillis{4}, static_cast<OpCode>(type)});
  return bytes;
}

bool decodes(int type, const std::string& body_hex) {
  const ExactCopy bytes(header_bytes(type) + from_hex(body_hex));
  return decode_txn(bytes.view()).has_value();
}

// The first entry of a log that Apache ZooKeeper 3.8 wrote.
TEST(Txn, FirstEntryOfARealLog) {
  const std::string bytes = from_hex(
      "010000128d3a0000"
      "00000000"
      "0000000000000001"
      "000001a1f854311a"
      "fffffff6"
      "00007530"
      "00000002"
      "0000000051c6d660");
  const auto record = decode_txn(bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(*record == (TxnRecord{{SessionId{0x010000128d3a0000}, 0, Zxid{1},
                                     WallMillis{0x1a1f854311a}, OpCode::kCreateSession},
                                    CreateSessionTxn{30000},
                                    TxnDigest{2, 0x51c6d660}}));
  std::string again;
  encode_txn(record->header, record->txn, record->digest, again);
  EXPECT_EQ(again, bytes);
}

TEST(Txn, HeaderTakesItsSize) { EXPECT_EQ(header_bytes(1).size(), kTxnHeaderBytes); }

TEST(Txn, DigestMayBeAbsent) {
  for (const TxnSample& sample : txn_samples()) {
    std::string bytes;
    encode_txn(sample.record.header, sample.record.txn, std::nullopt, bytes);
    const auto record = decode_txn(bytes);
    ASSERT_TRUE(record.has_value()) << sample.name;
    EXPECT_FALSE(record->digest.has_value()) << sample.name;
    EXPECT_TRUE(record->txn == sample.record.txn) << sample.name;
  }
}

TEST(Txn, BytesBehindTheDigestAreIgnored) {
  for (const TxnSample& sample : txn_samples()) {
    if (!sample.record.digest) {
      continue;
    }
    const std::string bytes = apache_records().at(sample.name) + "later";
    const auto record = decode_txn(bytes);
    ASSERT_EQ(record.has_value(), sample.name != "txn_close_session_no_body") << sample.name;
    if (record) {
      EXPECT_TRUE(*record == sample.record) << sample.name;
    }
  }
}

TEST(Txn, CreateOfOldServersHasNoParentVersion) {
  const std::string& bytes = apache_records().at("txn_create_v0");
  const auto record = decode_txn(bytes);
  ASSERT_TRUE(record.has_value());
  const CreateTxn expected{OpCode::kCreate, "/a", kData, two_acls(), false, -1, 0};
  EXPECT_TRUE(record->txn == Txn(expected));
  EXPECT_FALSE(record->digest.has_value());
}

TEST(Txn, OnlyTypeOneMayLackTheParentVersion) {
  const std::string body = to_hex(apache_records().at("txn_create_v0").substr(kTxnHeaderBytes));
  EXPECT_TRUE(decodes(1, body));
  EXPECT_FALSE(decodes(15, body));
  const std::string without_flag = body.substr(0, body.size() - 2);
  EXPECT_FALSE(decodes(19, without_flag));
  EXPECT_TRUE(decodes(19, without_flag + "00000001"));
  EXPECT_FALSE(decodes(21, without_flag + "00000001"));
  EXPECT_TRUE(decodes(21, without_flag + "00000001"
                                         "0000000000000001"));
}

TEST(Txn, CloseSessionWithAndWithoutPaths) {
  const auto paths = [](const std::string& body_hex) {
    const std::string bytes = header_bytes(-11) + from_hex(body_hex);
    const auto record = decode_txn(bytes);
    return record ? std::get<CloseSessionTxn>(record->txn).paths
                  : std::vector<std::string_view>{"malformed"};
  };
  using Paths = std::vector<std::string_view>;
  EXPECT_EQ(paths(""), std::nullopt);
  EXPECT_EQ(paths("00000002"
                  "0000000051c6d660"),
            std::nullopt)
      << "a digest alone";
  EXPECT_EQ(paths("00000000"), Paths{});
  EXPECT_EQ(paths("ffffffff"), Paths{}) << "null";
  // Twelve bytes, as a digest has.
  EXPECT_EQ(paths("00000001"
                  "00000004"
                  "2f616263")
                .value()
                .size(),
            1U);
  EXPECT_EQ(paths("00000001"
                  "00000002"
                  "2f61"
                  "00000002"
                  "0000000000000001")
                .value()
                .size(),
            1U);
  EXPECT_EQ(paths("00000002"
                  "00000002"
                  "2f61")
                .value(),
            Paths{"malformed"});
}

TEST(Txn, TypesThatNoLogMayHold) {
  const std::string body = "000000022f61" + std::string(100, '0');
  const std::string known = " -11 -10 -1 1 2 5 7 14 15 16 19 20 21 ";
  for (int type = -20; type < 130; ++type) {
    const std::string word = " " + std::to_string(type) + " ";
    if (known.find(word) == std::string::npos) {
      EXPECT_FALSE(decodes(type, body)) << type;
      EXPECT_FALSE(decodes(type, "")) << type;
    }
  }
  EXPECT_FALSE(decodes(13, "000000022f6100000001")) << "check stands in a multi only";
}

TEST(Txn, TypesThatAMultiMayHold) {
  const std::string body = "000000022f61" + std::string(60, '0');
  const std::string size = "00000024";
  const std::string known = " -1 1 2 5 13 15 19 20 21 ";
  for (int type = -20; type < 130; ++type) {
    std::string encoded_type;
    Writer(encoded_type).put_int(type);
    const std::string word = " " + std::to_string(type) + " ";
    EXPECT_EQ(decodes(14, "00000001" + to_hex(encoded_type) + size + body),
              known.find(word) != std::string::npos)
        << type;
  }
}

TEST(Txn, MultiWithAnErrorInside) {
  const auto record = decode_txn(apache_records().at("txn_multi_failed"));
  ASSERT_TRUE(record.has_value());
  const auto& ops = std::get<MultiTxn>(record->txn).ops;
  ASSERT_EQ(ops.size(), 3U);
  EXPECT_EQ(type_of(ops[0]), OpCode::kDelete);
  EXPECT_EQ(type_of(ops[1]), OpCode::kError);
  EXPECT_EQ(std::get<ErrorTxn>(ops[1]).error, ErrorCode::kNoNode);
  EXPECT_EQ(std::get<ErrorTxn>(ops[2]).error, ErrorCode::kRuntimeInconsistency);
}

TEST(Txn, TypesOfSubTransactions) {
  const auto record = decode_txn(apache_records().at("txn_multi"));
  ASSERT_TRUE(record.has_value());
  std::vector<OpCode> types;
  for (const SubTxn& op : std::get<MultiTxn>(record->txn).ops) {
    types.push_back(type_of(op));
  }
  EXPECT_EQ(types, (std::vector<OpCode>{OpCode::kCreate, OpCode::kCheck, OpCode::kSetData,
                                        OpCode::kDelete}));
}

TEST(Txn, SubTransactionsKeepToTheirBuffer) {
  // The path claims more bytes than its own buffer has; the next buffer must not lend them.
  EXPECT_FALSE(decodes(14,
                       "00000002"
                       "00000002"
                       "00000006"
                       "000000082f61"
                       "00000002"
                       "00000006"
                       "000000022f62"));
  EXPECT_FALSE(decodes(14,
                       "00000001"
                       "00000002"
                       "ffffffff"
                       "00000000"))
      << "null";
  EXPECT_TRUE(decodes(14,
                      "00000001"
                      "00000002"
                      "00000008"
                      "000000022f610000"))
      << "trailing";
}

TEST(Txn, HugeCountsAreRefused) {
  const std::string tail(96, '0');
  for (const std::string count : {"7fffffff", "80000000", "fffffffe", "00000005"}) {
    EXPECT_FALSE(decodes(14, count + tail)) << count;
  }
  for (const std::string count : {"7fffffff", "80000000", "fffffffe", "0000000d"}) {
    EXPECT_FALSE(decodes(-11, count + tail)) << count;
  }
}

TEST(Txn, EmptyMulti) {
  EXPECT_TRUE(decodes(14, "00000000"));
  EXPECT_TRUE(decodes(14, "ffffffff")) << "null";
}

TEST(Txn, AbsentAclsGoOutAsNull) {
  const TxnHeader header{SessionId{1}, 2, Zxid{3}, WallMillis{4}, OpCode::kSetAcl};
  std::string bytes;
  encode_txn(header, SetAclTxn{"/a", {}, 1}, std::nullopt, bytes);
  const auto record = decode_txn(bytes);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(std::get<SetAclTxn>(record->txn).acls, null_acls());
}

}  // namespace
}  // namespace quorate::wire
