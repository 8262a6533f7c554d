// Merging and quantiles of LatencyHistogram.
#include "server/cli/bench_histogram.h"

#include <algorithm>
#include <cmath>

namespace quorate::cli {

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (size_t index = 0; index < kBucketCount; ++index) {
    buckets_[index] += other.buckets_[index];
  }
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  min_ns_ = std::min(min_ns_, other.min_ns_);
}

LatencyHistogram LatencyHistogram::since(const LatencyHistogram& earlier) const {
  LatencyHistogram result;
  for (size_t index = 0; index < kBucketCount; ++index) {
    const uint64_t count = buckets_[index] - earlier.buckets_[index];
    result.buckets_[index] = count;
    if (count > 0) {
      result.max_ns_ = std::min(upper_bound_ns(index), max_ns_);
      result.min_ns_ = std::min(result.min_ns_, upper_bound_ns(index));
    }
  }
  result.count_ = count_ - earlier.count_;
  result.sum_ns_ = sum_ns_ - earlier.sum_ns_;
  return result;
}

double LatencyHistogram::mean_ns() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
}

uint64_t LatencyHistogram::quantile_ns(double quantile) const {
  if (count_ == 0) {
    return 0;
  }
  const double wanted = std::ceil(quantile * static_cast<double>(count_));
  uint64_t seen = 0;
  for (size_t index = 0; index < kBucketCount; ++index) {
    seen += buckets_[index];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      return std::min(upper_bound_ns(index), max_ns_);
    }
  }
  return max_ns_;
}

}  // namespace quorate::cli
