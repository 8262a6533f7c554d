// The page of Prometheus: names, types, and agreement with mntr.
#include "server/metrics/collector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "server/report/catalogue.h"

namespace quorate::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

report::Inputs sample(const config::Config& config) {
  report::Inputs inputs;
  inputs.config = &config;
  inputs.process.version = "0.1.0";
  inputs.status.node_count = 8;
  inputs.status.counters.proposals = 16;
  for (const int us : {1, 3, 4, 1500, 70'000'000}) {
    inputs.status.counters.write_latency.record(Duration(us));
  }
  inputs.storage.batch_txns.record(Duration(3));
  return inputs;
}

class Page : public ::testing::Test {
 protected:
  std::string make() { return page(inputs_); }

  config::Config config_;
  report::Inputs inputs_ = sample(config_);
};

TEST_F(Page, HasEveryMetricOfZooKeeperWithItsType) {
  std::map<std::string, std::string> types;
  std::istringstream text(make());
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string mark;
    std::string keyword;
    std::string name;
    std::string type;
    words >> mark >> keyword >> name >> type;
    if (mark == "#" && keyword == "TYPE") {
      EXPECT_TRUE(types.emplace(name, type).second) << name;
    }
  }
  std::ifstream file(QUORATE_SOURCE_DIR "/tests/server/report/testdata/zookeeper_metrics.txt");
  ASSERT_TRUE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    std::istringstream words(line);
    std::string type;
    std::string name;
    words >> type >> name;
    EXPECT_EQ(types[name], type) << name;
  }
}

TEST_F(Page, NumbersAreUnderTheirNames) {
  const std::string text = make();
  EXPECT_THAT(text, HasSubstr("\nznode_count 8\n"));
  EXPECT_THAT(text, HasSubstr("\nproposal_count 16\n")) << "counters have no _total";
  EXPECT_THAT(text, HasSubstr("quorate_info{version=\"0.1.0\""));
  EXPECT_EQ(text.find("\nzk_"), std::string::npos);
}

TEST_F(Page, SummariesHaveQuantiles) {
  const std::string text = make();
  EXPECT_THAT(text, HasSubstr("# TYPE updatelatency summary\n"));
  EXPECT_THAT(text, HasSubstr("updatelatency_count 5\n"));
  EXPECT_THAT(text, HasSubstr("updatelatency{quantile=\"0.9\"}"));
  EXPECT_THAT(text, HasSubstr("updatelatency{quantile=\"0.99\"} 70000\n"));
  EXPECT_THAT(text, HasSubstr("sync_processor_batch_size_sum 3\n")) << "counts are not divided";
  EXPECT_THAT(text, HasSubstr("election_time_count 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("fsynctime{quantile=\"0.9\"}"))) << "a basic one has the median";
}

TEST_F(Page, HistogramsAreCumulative) {
  const auto all = families(inputs_);
  const auto write = std::find_if(all.begin(), all.end(), [](const auto& family) {
    return family.name == "quorate_write_latency_seconds";
  });
  ASSERT_NE(write, all.end());
  ASSERT_EQ(write->type, prometheus::MetricType::Histogram);
  const auto& histogram = write->metric.at(0).histogram;
  EXPECT_EQ(histogram.sample_count, 5u);
  EXPECT_DOUBLE_EQ(histogram.bucket.front().upper_bound, 4e-6);
  EXPECT_EQ(histogram.bucket.front().cumulative_count, 2u);
  uint64_t last_count = 0;
  double last_bound = 0;
  for (const auto& bucket : histogram.bucket) {
    EXPECT_GE(bucket.cumulative_count, last_count);
    EXPECT_GT(bucket.upper_bound, last_bound);
    last_count = bucket.cumulative_count;
    last_bound = bucket.upper_bound;
  }
  EXPECT_EQ(last_count, 5u) << "the last bucket holds everything";
  // 70 s is beyond the last finite bound.
  EXPECT_EQ(histogram.bucket[histogram.bucket.size() - 2].cumulative_count, 4u);
  EXPECT_NEAR(histogram.bucket[histogram.bucket.size() - 2].upper_bound, 67.1, 0.1);
}

TEST_F(Page, AgreesWithMonitor) {
  const std::string text = make();
  const report::Catalogue catalogue(inputs_);
  for (const report::NamedText& line : report::monitor_lines(catalogue)) {
    const auto* number = std::get_if<int64_t>(&line.value);
    if (number != nullptr && text.find("\n" + line.name + " ") != std::string::npos) {
      EXPECT_THAT(text, HasSubstr("\n" + line.name + " " + std::to_string(*number) + "\n"));
    }
  }
}

TEST_F(Page, CollectorGivesTheFamilies) {
  const Collector collector(inputs_);
  EXPECT_EQ(collector.Collect().size(), families(inputs_).size());
}

TEST_F(Page, EveryFamilyHasOneMetricAndHelp) {
  for (const auto& family : families(inputs_)) {
    const bool is_set = family.name.ends_with("_per_namespace");
    EXPECT_EQ(family.metric.size(), is_set ? 0U : 1U) << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
}

TEST_F(Page, MembersOfASetAreToldApartByTheirKey) {
  auto& namespaces = inputs_.status.namespaces;
  namespaces = {{.name = "/other"}, {.name = "a\"b"}, {.name = "c"}};
  namespaces[0].reads.record(Duration(5));
  namespaces[1].reads.record(Duration(70));
  namespaces[2].quota_exceeded = 4;
  inputs_.status.quotas = {{.name = "c", .has_limits = true, .count_limit = 9, .bytes_limit = -1}};
  const std::string text = make();
  EXPECT_THAT(text, HasSubstr("# TYPE read_per_namespace summary\n"));
  EXPECT_THAT(text, HasSubstr("\nread_per_namespace_sum{key=\"/other\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("\nread_per_namespace_count{key=\"a\\\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nread_per_namespace{key=\"a\\\"b\",quantile=\"0.5\"} "));
  EXPECT_THAT(text, Not(HasSubstr("read_per_namespace_count{key=\"c\"}"))) << "none was read";
  EXPECT_THAT(text, HasSubstr("# TYPE write_per_namespace summary\n"));
  EXPECT_THAT(text, HasSubstr("\nquota_count_limit_per_namespace{key=\"c\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("\nquota_bytes_limit_per_namespace{key=\"c\"} -1\n"));
  EXPECT_THAT(text, Not(HasSubstr("quota_count_usage_per_namespace{key=\"c\"}")));
  EXPECT_THAT(text, HasSubstr("\nquota_exceeded_error_per_namespace{key=\"c\"} 4\n"));
  size_t heads = 0;
  const std::string head = "# TYPE read_per_namespace ";
  for (size_t at = text.find(head); at != std::string::npos; at = text.find(head, at + 1)) {
    ++heads;
  }
  EXPECT_EQ(heads, 1U);
}

}  // namespace
}  // namespace quorate::metrics
