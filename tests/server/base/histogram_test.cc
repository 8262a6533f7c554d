// Buckets and quantiles of durations.
#include "server/base/histogram.h"

#include <gtest/gtest.h>

#include <numeric>

namespace quorate {
namespace {

using std::chrono::microseconds;

// The bucket that a value falls into.
int bucket_of(int64_t us) {
  Histogram histogram;
  histogram.record(microseconds(us));
  for (int index = 0; index < Histogram::kBucketCount; ++index) {
    if (histogram.buckets()[static_cast<size_t>(index)] == 1) {
      return index;
    }
  }
  return -1;
}

TEST(Histogram, EmptyIsZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.quantile_us(0.5), 0);
  EXPECT_EQ(histogram.max_us(), 0);
  EXPECT_EQ(histogram.min_us(), 0);
}

TEST(Histogram, BoundsRiseAndHoldTheirValues) {
  for (int index = 1; index < Histogram::kBucketCount; ++index) {
    EXPECT_GT(Histogram::upper_bound_us(index), Histogram::upper_bound_us(index - 1)) << index;
  }
  for (int index = 0; index + 1 < Histogram::kBucketCount; ++index) {
    const auto upper = static_cast<int64_t>(Histogram::upper_bound_us(index));
    EXPECT_EQ(bucket_of(upper - 1), index);
    EXPECT_EQ(bucket_of(upper), index + 1);
  }
}

TEST(Histogram, BucketsAreNarrow) {
  for (int index = 4; index < Histogram::kBucketCount; ++index) {
    const auto lower = static_cast<double>(Histogram::upper_bound_us(index - 1));
    const auto upper = static_cast<double>(Histogram::upper_bound_us(index));
    EXPECT_LE((upper - lower) / lower, 0.25) << index;
  }
}

TEST(Histogram, ExtremeValues) {
  EXPECT_EQ(bucket_of(-5), 0);
  EXPECT_EQ(bucket_of(INT64_MAX), Histogram::kBucketCount - 1);
  Histogram histogram;
  histogram.record(microseconds(-5));
  EXPECT_EQ(histogram.sum_us(), 0);
  EXPECT_EQ(histogram.min_us(), 0);
}

TEST(Histogram, CountsSumsAndExtremes) {
  Histogram histogram;
  for (const int us : {100, 5, 70}) {
    histogram.record(microseconds(us));
  }
  EXPECT_EQ(histogram.count(), 3U);
  EXPECT_EQ(histogram.sum_us(), 175);
  EXPECT_EQ(histogram.min_us(), 5);
  EXPECT_EQ(histogram.max_us(), 100);
  const auto& buckets = histogram.buckets();
  EXPECT_EQ(std::accumulate(buckets.begin(), buckets.end(), uint64_t{0}), 3U);
}

TEST(Histogram, QuantilesOfEvenValues) {
  Histogram histogram;
  for (int us = 1; us <= 10000; ++us) {
    histogram.record(microseconds(us));
  }
  for (const double quantile : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = quantile * 10000;
    EXPECT_GE(histogram.quantile_us(quantile), exact) << quantile;
    EXPECT_LE(histogram.quantile_us(quantile), exact * 1.25 + 1) << quantile;
  }
  EXPECT_EQ(histogram.quantile_us(1), 10000);
}

TEST(Histogram, MergeIsAsIfBothWereOne) {
  Histogram left;
  Histogram right;
  Histogram whole;
  left.merge(right);
  EXPECT_EQ(left.count(), 0U);
  for (int us = 1; us <= 1000; ++us) {
    (us % 3 == 0 ? left : right).record(microseconds(us));
    whole.record(microseconds(us));
  }
  left.merge(right);
  EXPECT_EQ(left.count(), whole.count());
  EXPECT_EQ(left.sum_us(), whole.sum_us());
  EXPECT_EQ(left.min_us(), whole.min_us());
  EXPECT_EQ(left.max_us(), whole.max_us());
  EXPECT_EQ(left.buckets(), whole.buckets());
  Histogram empty;
  empty.merge(whole);
  EXPECT_EQ(empty.min_us(), 1);
}

TEST(Histogram, QuantileNeverExceedsTheMaximum) {
  Histogram histogram;
  histogram.record(microseconds(9));
  EXPECT_EQ(histogram.quantile_us(0.5), 9);
  EXPECT_EQ(histogram.quantile_us(1), 9);
  EXPECT_EQ(histogram.quantile_us(0), 9);
}

}  // namespace
}  // namespace quorate
