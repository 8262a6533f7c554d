// Latencies of the load generator: nanoseconds in buckets with a relative error below 1.6 %.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace quorate::cli {

/// Counts of durations, as HdrHistogram lays them out: 64 linear buckets for every power of two, up
/// to 2^41 ns (36 minutes); longer ones fall into the last bucket. Recording is a few instructions.
class LatencyHistogram {
 public:
  static constexpr int kSubBits = 6;
  static constexpr int kPowerMax = 40;
  static constexpr size_t kBucketCount = (kPowerMax - kSubBits + 2) << kSubBits;

  /// Adds one duration; a negative one counts as zero.
  void record(int64_t ns) {
    const uint64_t value = ns < 0 ? 0 : static_cast<uint64_t>(ns);
    ++buckets_[bucket_of(value)];
    ++count_;
    sum_ns_ += value;
    max_ns_ = value > max_ns_ ? value : max_ns_;
    min_ns_ = value < min_ns_ ? value : min_ns_;
  }
  /// Adds every value of `other`.
  void merge(const LatencyHistogram& other);
  /// What was recorded since `earlier`, a former copy of this histogram; max and min are bucket
  /// bounds then.
  [[nodiscard]] LatencyHistogram since(const LatencyHistogram& earlier) const;

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t max_ns() const { return max_ns_; }
  [[nodiscard]] uint64_t min_ns() const { return count_ == 0 ? 0 : min_ns_; }
  [[nodiscard]] double mean_ns() const;
  /// Smallest recorded bucket bound that the fraction `quantile` (0..1) of the values do not
  /// exceed.
  [[nodiscard]] uint64_t quantile_ns(double quantile) const;

  [[nodiscard]] static constexpr size_t bucket_of(uint64_t ns) {
    if (ns < (uint64_t{1} << kSubBits)) {
      return static_cast<size_t>(ns);
    }
    const int power = 63 - std::countl_zero(ns);
    if (power > kPowerMax) {
      return kBucketCount - 1;
    }
    const int shift = power - kSubBits;
    return (static_cast<size_t>(shift) << kSubBits) + static_cast<size_t>(ns >> shift);
  }
  /// Greatest value that falls into bucket `index`.
  [[nodiscard]] static constexpr uint64_t upper_bound_ns(size_t index) {
    if (index < (size_t{1} << kSubBits)) {
      return index;
    }
    const size_t shift = (index >> kSubBits) - 1;
    const uint64_t top = (index & ((size_t{1} << kSubBits) - 1)) + (uint64_t{1} << kSubBits);
    return ((top + 1) << shift) - 1;
  }

 private:
  std::array<uint64_t, kBucketCount> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ns_ = 0;
  uint64_t max_ns_ = 0;
  uint64_t min_ns_ = ~uint64_t{0};
};

}  // namespace quorate::cli
