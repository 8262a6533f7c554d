// Every proper prefix of every record is refused, without a read beyond it.
#include <gtest/gtest.h>

#include "server/wire/handshake.h"
#include "server/wire/reply.h"
#include "server/wire/stat.h"
#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

TEST(Truncation, Requests) {
  for (const RequestSample& sample : request_samples()) {
    for (size_t size = 0; size < sample.encoded.size(); ++size) {
      const ExactCopy prefix(std::string_view(sample.encoded).substr(0, size));
      const DecodedRequest decoded = decode_request(sample.op, prefix.view());
      EXPECT_FALSE(decoded.request.has_value()) << sample.name << " cut to " << size;
      EXPECT_EQ(decoded.error, ErrorCode::kMarshallingError) << sample.name << " cut to " << size;
    }
  }
}

TEST(Truncation, RequestHeaders) {
  const std::string& bytes = apache_records().at("request_header");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const ExactCopy prefix(bytes.substr(0, size));
    EXPECT_FALSE(decode_request_header(prefix.view()).has_value()) << size;
  }
}

TEST(Truncation, Handshakes) {
  const std::string& request = apache_records().at("connect_request");
  const std::string& response = apache_records().at("connect_response");
  // Without the last byte, readOnly, both are whole: see handshake_test.
  for (size_t size = 0; size + 1 < request.size(); ++size) {
    const ExactCopy prefix(request.substr(0, size));
    EXPECT_FALSE(decode_connect_request(prefix.view()).has_value()) << size;
  }
  for (size_t size = 0; size + 1 < response.size(); ++size) {
    const ExactCopy prefix(response.substr(0, size));
    EXPECT_FALSE(decode_connect_response(prefix.view()).has_value()) << size;
  }
}

// The prefixes of a transaction that are transactions themselves.
bool is_whole(const TxnSample& sample, size_t size, size_t size_full) {
  const size_t without_digest = size_full - (sample.record.digest ? 12 : 0);
  if (size == without_digest) {
    return true;
  }
  if (sample.record.header.type == OpCode::kCreate) {
    return size == without_digest - 4;  // Of an old server: no parentCVersion.
  }
  if (sample.record.header.type == OpCode::kCloseSession) {
    // No body; or two paths cut to twelve bytes, which read as a digest alone.
    return size == kTxnHeaderBytes ||
           (sample.name == "txn_close_session" && size == kTxnHeaderBytes + 12);
  }
  return false;
}

TEST(Truncation, Transactions) {
  for (const TxnSample& sample : txn_samples()) {
    const std::string& bytes = apache_records().at(sample.name);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const ExactCopy prefix(bytes.substr(0, size));
      EXPECT_EQ(decode_txn(prefix.view()).has_value(), is_whole(sample, size, bytes.size()))
          << sample.name << " cut to " << size;
    }
  }
}

// `read` decodes one record that must take all of `bytes`.
template <typename Read>
void expect_no_prefix(const std::string& bytes, Read read) {
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const ExactCopy prefix(bytes.substr(0, size));
    Reader reader(prefix.view());
    read(reader);
    EXPECT_EQ(reader.ok(), size == bytes.size()) << "cut to " << size;
  }
}

TEST(Truncation, RecordsOfReplies) {
  const auto& records = apache_records();
  expect_no_prefix(records.at("stat"), [](Reader& from) { (void)read_stat(from); });
  expect_no_prefix(records.at("stat_persisted"),
                   [](Reader& from) { (void)read_stat_persisted(from); });
  expect_no_prefix(records.at("reply_header"), [](Reader& from) { (void)read_reply_header(from); });
  expect_no_prefix(records.at("notification").substr(kReplyHeaderBytes),
                   [](Reader& from) { (void)read_watcher_event(from); });
  expect_no_prefix(records.at("multi_empty"), [](Reader& from) { (void)read_multi_header(from); });
  expect_no_prefix(std::string(two_acls().encoded),
                   [](Reader& from) { (void)read_acl_list(from); });
}

}  // namespace
}  // namespace quorate::wire
