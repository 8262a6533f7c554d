// Parts of the load generator: histogram, mix, prepared frames, replies, flags.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "server/cli/bench_bulk.h"
#include "server/cli/bench_engine.h"
#include "server/cli/bench_histogram.h"
#include "server/cli/bench_mix.h"
#include "server/cli/bench_options.h"
#include "server/cli/bench_report.h"
#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LatencyHistogram, EveryValueFallsIntoABucketThatIsCloseToIt) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000; ++i) {
    const uint64_t value = random() >> (23 + random() % 41);
    const size_t bucket = LatencyHistogram::bucket_of(value);
    const uint64_t bound = LatencyHistogram::upper_bound_ns(bucket);
    ASSERT_GE(bound, value);
    ASSERT_LE(static_cast<double>(bound - value), static_cast<double>(value) / 64 + 1) << value;
  }
}

TEST(LatencyHistogram, BucketsAreInOrderAndTheLastTakesTheRest) {
  for (size_t i = 1; i < LatencyHistogram::kBucketCount; ++i) {
    ASSERT_GT(LatencyHistogram::upper_bound_ns(i), LatencyHistogram::upper_bound_ns(i - 1));
    ASSERT_EQ(LatencyHistogram::bucket_of(LatencyHistogram::upper_bound_ns(i - 1) + 1), i);
  }
  EXPECT_EQ(LatencyHistogram::bucket_of(UINT64_MAX), LatencyHistogram::kBucketCount - 1);
}

TEST(LatencyHistogram, QuantilesMeanAndMerge) {
  LatencyHistogram first;
  LatencyHistogram second;
  for (int64_t value = 1; value <= 1000; ++value) {
    (value % 2 == 0 ? first : second).record(value * 1000);
  }
  first.merge(second);
  EXPECT_EQ(first.count(), 1000U);
  EXPECT_EQ(first.min_ns(), 1000U);
  EXPECT_EQ(first.max_ns(), 1'000'000U);
  EXPECT_DOUBLE_EQ(first.mean_ns(), 500'500);
  EXPECT_NEAR(static_cast<double>(first.quantile_ns(0.5)), 500'000, 8000);
  EXPECT_NEAR(static_cast<double>(first.quantile_ns(0.99)), 990'000, 16000);
  EXPECT_EQ(first.quantile_ns(1), 1'000'000U);
  EXPECT_EQ(LatencyHistogram().quantile_ns(0.5), 0U);
}

TEST(LatencyHistogram, TellsWhatHappenedBetweenTwoCopies) {
  LatencyHistogram histogram;
  histogram.record(5);
  const LatencyHistogram earlier = histogram;
  histogram.record(100'000);
  histogram.record(-3);
  const LatencyHistogram between = histogram.since(earlier);
  EXPECT_EQ(between.count(), 2U);
  EXPECT_EQ(between.max_ns(), 100'000U);
  EXPECT_EQ(between.quantile_ns(0.5), 0U);
}

TEST(Mix, ParsesWeights) {
  const auto mix = parse_mix("get=80,set=20,list");
  ASSERT_TRUE(mix.ok());
  EXPECT_THAT(mix->weight, ElementsAre(80, 20, 0, 0, 0, 1, 0, 0));
  for (const char* wrong :
       {"", "get=0", "foo=1", "get=", "get=-1", "get=1x", "watch=1", "get=1000001"}) {
    EXPECT_FALSE(parse_mix(wrong).ok()) << wrong;
  }
}

MixShape shape() { return MixShape{"/b", 1000, 3, "value"}; }

/// Payloads of the frames that a source queues on one connection.
std::vector<std::string> frames_of(const std::string& mix, size_t count) {
  MixSource source(parse_mix(mix).value(), shape(), 42);
  BenchConnection connection(3, 65536);
  std::vector<std::string> frames;
  for (size_t i = 0; i < count; ++i) {
    EXPECT_TRUE(source.next(connection, 0));
  }
  std::string_view bytes = connection.pending_output();
  while (!bytes.empty()) {
    const auto length = static_cast<size_t>(load_big_endian<int32_t>(bytes.data()));
    frames.emplace_back(bytes.substr(4, length));
    bytes.remove_prefix(4 + length);
  }
  return frames;
}

TEST(Mix, FramesAreRequestsThatAServerUnderstands) {
  const auto frames = frames_of("get,set,create,delete,exists,list,multi", 2000);
  ASSERT_EQ(frames.size(), 2000U);
  std::map<std::string_view, int> seen;
  int32_t xid = 0;
  for (const std::string& frame : frames) {
    const auto header = wire::decode_request_header(frame).value();
    EXPECT_EQ(header.xid, ++xid);
    const auto decoded =
        wire::decode_request(header.op, std::string_view(frame).substr(wire::kRequestHeaderBytes));
    ASSERT_TRUE(decoded.request.has_value()) << wire::name_of(header.op);
    ++seen[wire::name_of(header.op)];
  }
  for (const char* op :
       {"getData", "setData", "create", "delete", "exists", "getChildren", "multi"}) {
    EXPECT_GT(seen[op], 200) << op;
  }
}

TEST(Mix, WeightsDecideHowOftenEachIsSent) {
  int gets = 0;
  for (const std::string& frame : frames_of("get=80,set=20", 20000)) {
    gets += wire::decode_request_header(frame)->op == wire::OpCode::kGetData ? 1 : 0;
  }
  EXPECT_NEAR(gets, 16000, 300);
}

TEST(Mix, KeysStayInRangeAndDiffer) {
  std::set<std::string> paths;
  for (const std::string& frame : frames_of("get", 5000)) {
    const auto decoded = wire::decode_request(
        wire::OpCode::kGetData, std::string_view(frame).substr(wire::kRequestHeaderBytes));
    const auto& read = std::get<wire::ReadRequest>(*decoded.request);
    paths.emplace(std::get<wire::GetDataRequest>(read).path);
  }
  EXPECT_GT(paths.size(), 900U);
  EXPECT_GE(*paths.begin(), key_path("/b", 0));
  EXPECT_LE(*paths.rbegin(), key_path("/b", 999));
}

TEST(Mix, DeletesWhatItCreatedInOrder) {
  std::vector<std::string> created;
  size_t deleted = 0;
  for (const std::string& frame : frames_of("create,delete", 3000)) {
    const auto header = wire::decode_request_header(frame).value();
    const auto decoded =
        wire::decode_request(header.op, std::string_view(frame).substr(wire::kRequestHeaderBytes));
    const auto& write = std::get<wire::WriteRequest>(*decoded.request);
    if (header.op == wire::OpCode::kCreate) {
      created.emplace_back(std::get<wire::CreateRequest>(write).path);
      continue;
    }
    ASSERT_LT(deleted, created.size());
    EXPECT_EQ(std::get<wire::DeleteRequest>(write).path, created[deleted++]);
  }
  EXPECT_GT(deleted, 1000U);
  EXPECT_EQ(created[0], created_path("/b", 3, 0));
}

TEST(Multi, TheErrorOfAFailedOneIsThatOfTheOperationThatFailed) {
  std::string body;
  wire::Writer writer(body);
  for (const int32_t code : {0, -110, -2}) {
    wire::write_multi_header(writer, wire::OpCode::kError, false, code);
    writer.put_int(code);
  }
  wire::write_multi_header(writer, wire::OpCode::kError, true, -1);
  EXPECT_EQ(multi_error(body), -110);
  std::string good;
  wire::Writer good_writer(good);
  wire::write_multi_header(good_writer, wire::OpCode::kDelete, false, 0);
  wire::write_multi_header(good_writer, wire::OpCode::kError, true, -1);
  EXPECT_EQ(multi_error(good), 0);
  EXPECT_EQ(multi_error(""), 0);
}

TEST(Bulk, BatchesStayBelowTheFrameLimit) {
  EXPECT_EQ(bulk_batch(100, 30, 100), 100U);
  EXPECT_EQ(bulk_batch(100, 30, 900'000), 1U);
  EXPECT_LT(bulk_batch(10000, 30, 1000) * (30 + 1000), 1'000'000U);
}

TEST(Ticks, AreOnWholeSecondsOfTheMeasurement) {
  constexpr int64_t kSecond = 1'000'000'000;
  EXPECT_EQ(next_tick_ns(5 * kSecond + 1, 3 * kSecond), 6 * kSecond);
  EXPECT_EQ(next_tick_ns(5 * kSecond, 3 * kSecond), 6 * kSecond);
  EXPECT_EQ(next_tick_ns(kSecond + 1, 3 * kSecond), 2 * kSecond);
  EXPECT_EQ(next_tick_ns(3 * kSecond - 1, 3 * kSecond), 3 * kSecond);
}

TEST(Options, ServersMayBeSeveral) {
  const auto servers = parse_servers("a:1,[::1]:2,c");
  ASSERT_TRUE(servers.ok());
  EXPECT_EQ((*servers)[1].host, "::1");
  EXPECT_EQ((*servers)[2].port, 2181);
  for (const char* wrong : {"", "a:0", "a:x", ":1", "a:1/chroot"}) {
    EXPECT_FALSE(parse_servers(wrong).ok()) << wrong;
  }
}

TEST(Report, NamesErrorsAndWarnsOfAnOverloadedServer) {
  BenchOptions options;
  BenchReport report;
  report.seconds = 2;
  report.result.completed = 10;
  report.result.latency[0].record(1000);
  report.result.errors[-101] = 3;
  report.result.unsent = 9;
  const std::string table = report_table(options, report);
  EXPECT_THAT(table, HasSubstr("NoNode(-101): 3"));
  EXPECT_THAT(table, HasSubstr("9 requests were due"));
  EXPECT_THAT(report_json(options, report), HasSubstr("\"NoNode(-101)\": 3"));
}

TEST(Report, AConnectionThatWasLostWhileIdleIsAnError) {
  BenchOptions options;
  BenchReport report;
  report.seconds = 2;
  report.result.latency[0].record(1000);
  EXPECT_EQ(report.result.error_count(), 0U);
  report.result.connections_lost = 1;
  EXPECT_EQ(report.result.error_count(), 1U);
  EXPECT_THAT(report_table(options, report),
              HasSubstr("0 requests were never answered, 1 connect"));
  EXPECT_THAT(report_json(options, report), HasSubstr("\"connections_lost\": 1"));
}

}  // namespace
}  // namespace quorate::cli
