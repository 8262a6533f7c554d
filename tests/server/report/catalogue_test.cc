// The metric catalogue: complete against ZooKeeper's, without repetitions, fed by the right facts.
#include "server/report/catalogue.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/server/report/sample.h"

namespace quorate::report {
namespace {

class CatalogueTest : public ::testing::Test {
 protected:
  const Metric& metric(const Catalogue& catalogue, std::string_view name) {
    for (const Metric& candidate : catalogue.metrics()) {
      if (candidate.name == name) {
        return candidate;
      }
    }
    ADD_FAILURE() << name;
    return catalogue.metrics().front();
  }

  config::Config config_ = sample_config();
  Inputs inputs_ = sample_inputs(config_);
};

TEST_F(CatalogueTest, HasEveryMetricOfZooKeeper) {
  const Catalogue catalogue(inputs_);
  std::map<std::string_view, MetricKind> kinds;
  for (const Metric& candidate : catalogue.metrics()) {
    if (!candidate.key.empty()) {
      continue;
    }
    EXPECT_TRUE(kinds.emplace(candidate.name, candidate.kind).second) << candidate.name;
    EXPECT_FALSE(candidate.help.empty()) << candidate.name;
  }
  std::ifstream file(QUORATE_SOURCE_DIR "/tests/server/report/testdata/zookeeper_metrics.txt");
  ASSERT_TRUE(file.good());
  size_t compared = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    std::istringstream words(line);
    std::string kind;
    std::string name;
    words >> kind >> name;
    const auto at = kinds.find(name);
    ASSERT_NE(at, kinds.end()) << name;
    const bool summary =
        at->second == MetricKind::kSummary || at->second == MetricKind::kDetailedSummary;
    EXPECT_EQ(kind, summary                              ? "summary"
                    : at->second == MetricKind::kCounter ? "counter"
                                                         : "gauge")
        << name;
    ++compared;
  }
  EXPECT_GT(compared, 130u);
}

TEST_F(CatalogueTest, ALeaderTellsOfItsLearners) {
  const auto has = [&](std::string_view name) {
    const Catalogue catalogue(inputs_);
    return std::ranges::any_of(catalogue.metrics(),
                               [&](const Metric& each) { return each.name == name; });
  };
  EXPECT_FALSE(has("quorum_size"));
  node::EnsembleStatus& ensemble = inputs_.status.ensemble.emplace();
  ensemble.voter_count = 3;
  inputs_.status.role = node::Role::kFollowing;
  EXPECT_TRUE(has("quorum_size"));
  EXPECT_FALSE(has("leader_uptime"));
  inputs_.status.role = node::Role::kLeading;
  inputs_.status.last_zxid = Zxid{20};
  ensemble.leading_for = std::chrono::milliseconds(1500);
  ensemble.learners = {{.link = {},
                        .server = ServerId{2},
                        .is_observer = false,
                        .is_voter = true,
                        .is_synced = true,
                        .is_quorate = true,
                        .acked = Zxid{15},
                        .sent = Zxid{20},
                        .unflushed_bytes = 7}};
  const Catalogue catalogue(inputs_);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "quorum_size").value), 3);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "leader_uptime").value), 1500);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "synced_followers").value), 1);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "synced_observers").value), 0);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "pending_syncs").value), 0);
  bool found = false;
  for (const Metric& each : catalogue.metrics()) {
    if (each.name == "quorate_learner_lag" && each.key == "2") {
      found = true;
      EXPECT_EQ(std::get<int64_t>(each.value), 5);
    }
  }
  EXPECT_TRUE(found);
}

TEST_F(CatalogueTest, ReadLatencyCountsBothKindsOfReads) {
  inputs_.status.counters.queued_read_latency.record(Duration(9000));
  const Catalogue catalogue(inputs_);
  const Metric& reads = metric(catalogue, "readlatency");
  ASSERT_NE(reads.samples, nullptr);
  EXPECT_EQ(reads.samples->count(), 2u);
  EXPECT_EQ(reads.samples->max_us(), 9000);
  EXPECT_EQ(reads.kind, MetricKind::kDetailedSummary);
}

TEST_F(CatalogueTest, OwnHistogramsAreInSeconds) {
  const Catalogue catalogue(inputs_);
  for (const char* name : {"quorate_read_latency_seconds", "quorate_write_latency_seconds",
                           "quorate_fsync_seconds", "quorate_queue_log_seconds"}) {
    const Metric& own = metric(catalogue, name);
    EXPECT_EQ(own.kind, MetricKind::kHistogram) << name;
    EXPECT_EQ(own.divisor, 1'000'000) << name;
    EXPECT_TRUE(own.prometheus_only) << name;
  }
}

TEST_F(CatalogueTest, CertificateExpiryAppearsWithTls) {
  const auto has = [&] {
    const Catalogue catalogue(inputs_);
    return std::any_of(catalogue.metrics().begin(), catalogue.metrics().end(), [](const Metric& m) {
      return m.name == "quorate_certificate_days_to_expiry";
    });
  };
  EXPECT_FALSE(has());
  inputs_.net.certificate_days_to_expiry = 30;
  EXPECT_TRUE(has());
}

TEST_F(CatalogueTest, ResponseSizesBeforeTheFirstReply) {
  inputs_.status.counters = {};
  const Catalogue catalogue(inputs_);
  for (const char* name :
       {"last_client_response_size", "min_client_response_size", "max_client_response_size"}) {
    EXPECT_EQ(std::get<int64_t>(metric(catalogue, name).value), -1) << name;
  }
}

TEST_F(CatalogueTest, QuantilesOfNothingAreNotANumber) {
  const Catalogue catalogue(inputs_);
  EXPECT_TRUE(std::isnan(quantile_of(metric(catalogue, "election_time"), 0.5)));
  EXPECT_TRUE(std::isnan(quantile_of(metric(catalogue, "snapshottime"), 0.5)));
  EXPECT_NEAR(quantile_of(metric(catalogue, "fsynctime"), 0.5), 1.5, 0.01);
}

TEST_F(CatalogueTest, MonitorLinesLeaveOutWhatIsOnlyForPrometheus) {
  const Catalogue catalogue(inputs_);
  for (const NamedText& line : monitor_lines(catalogue)) {
    EXPECT_FALSE(line.name.starts_with("process_")) << line.name;
    EXPECT_FALSE(line.name.ends_with("_seconds")) << line.name;
  }
}

TEST_F(CatalogueTest, MembersOfASetFollowItsHead) {
  const Catalogue catalogue(inputs_);
  std::map<std::string_view, std::vector<std::string_view>> keys;
  const Metric* before = nullptr;
  for (const Metric& each : catalogue.metrics()) {
    if (!each.is_set) {
      EXPECT_TRUE(each.key.empty()) << each.name;
    } else if (each.key.empty()) {
      EXPECT_TRUE(keys.emplace(each.name, std::vector<std::string_view>()).second) << each.name;
    } else {
      ASSERT_NE(before, nullptr);
      EXPECT_EQ(before->name, each.name);
      EXPECT_EQ(before->kind, each.kind);
      keys.at(each.name).push_back(each.key);
    }
    before = &each;
  }
  using Keys = std::vector<std::string_view>;
  EXPECT_EQ(keys,
            (std::map<std::string_view, Keys>{{"read_per_namespace", {"a"}},
                                              {"write_per_namespace", {node::kOtherNamespace, "b"}},
                                              {"quota_count_limit_per_namespace", {"a"}},
                                              {"quota_bytes_limit_per_namespace", {"a"}},
                                              {"quota_count_usage_per_namespace", {"a"}},
                                              {"quota_bytes_usage_per_namespace", {"a"}},
                                              {"quota_exceeded_error_per_namespace", {"a"}}}));
}

TEST_F(CatalogueTest, MonitorLinesOfSetsBeginWithTheKey) {
  const Catalogue catalogue(inputs_);
  std::map<std::string, std::variant<int64_t, double>> lines;
  for (NamedText& line : monitor_lines(catalogue)) {
    EXPECT_TRUE(lines.emplace(line.name, line.value).second) << line.name;
  }
  using Value = std::variant<int64_t, double>;
  EXPECT_EQ(lines["cnt_a_read_per_namespace"], Value(int64_t{2}));
  EXPECT_EQ(lines["sum_a_read_per_namespace"], Value(int64_t{160}));
  EXPECT_EQ(lines["avg_a_read_per_namespace"], Value(80.0));
  EXPECT_EQ(lines["max_a_read_per_namespace"], Value(int64_t{90}));
  EXPECT_EQ(lines["sum_/other_write_per_namespace"], Value(int64_t{7}));
  EXPECT_EQ(lines["a_quota_count_limit_per_namespace"], Value(int64_t{10}));
  EXPECT_EQ(lines["a_quota_bytes_usage_per_namespace"], Value(int64_t{40}));
  EXPECT_EQ(lines["a_quota_exceeded_error_per_namespace"], Value(int64_t{2}));
  EXPECT_FALSE(lines.contains("cnt_read_per_namespace")) << "the head of a set has no value";
  EXPECT_FALSE(lines.contains("quota_count_limit_per_namespace"));
}

TEST_F(CatalogueTest, TheProcess) {
  const Catalogue catalogue(inputs_);
  const Metric& cpu = metric(catalogue, "process_cpu_seconds_total");
  EXPECT_EQ(cpu.kind, MetricKind::kCounter);
  EXPECT_EQ(std::get<double>(cpu.value), 1.25);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "process_virtual_memory_bytes").value), 90 << 20);
}

TEST_F(CatalogueTest, DigestMismatchesAreCounted) {
  inputs_.status.digest_mismatches = 3;
  const Catalogue catalogue(inputs_);
  EXPECT_EQ(std::get<int64_t>(metric(catalogue, "digest_mismatches_count").value), 3);
}

TEST_F(CatalogueTest, SecretsAreNowhere) {
  // The whole of what a monitor sees of the sample, whose super digest is a secret.
  const Catalogue catalogue(inputs_);
  for (const NamedText& line : monitor_lines(catalogue)) {
    EXPECT_EQ(line.name.find("verysecret"), std::string::npos);
  }
}

}  // namespace
}  // namespace quorate::report
