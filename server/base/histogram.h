// Counts of durations in exponential buckets, cheap enough for every request.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "server/base/time.h"

namespace quorate {

/// Durations in microseconds, four buckets for every power of two: a value and its bucket's bound
/// differ by at most 25 %.
class Histogram {
 public:
  static constexpr int kBucketCount = 4 * 40;

  void record(Duration duration) {
    const int64_t us = duration.count() < 0 ? 0 : duration.count();
    ++buckets_[bucket_of(static_cast<uint64_t>(us))];
    ++count_;
    sum_us_ += us;
    if (us > max_us_) {
      max_us_ = us;
    }
    if (count_ == 1 || us < min_us_) {
      min_us_ = us;
    }
  }
  /// Adds all durations of `other`.
  void merge(const Histogram& other) {
    if (other.count_ == 0) {
      return;
    }
    for (size_t index = 0; index < buckets_.size(); ++index) {
      buckets_[index] += other.buckets_[index];
    }
    min_us_ = count_ == 0 || other.min_us_ < min_us_ ? other.min_us_ : min_us_;
    max_us_ = other.max_us_ > max_us_ ? other.max_us_ : max_us_;
    count_ += other.count_;
    sum_us_ += other.sum_us_;
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] int64_t sum_us() const { return sum_us_; }
  [[nodiscard]] int64_t max_us() const { return max_us_; }
  [[nodiscard]] int64_t min_us() const { return min_us_; }
  [[nodiscard]] const std::array<uint64_t, kBucketCount>& buckets() const { return buckets_; }

  /// Upper bound of bucket `index`, in microseconds, exclusive.
  [[nodiscard]] static constexpr uint64_t upper_bound_us(int index) {
    if (index < 4) {
      return static_cast<uint64_t>(index) + 1;
    }
    const int power = index / 4 + 1;
    return (uint64_t{4} + static_cast<uint64_t>(index % 4) + 1) << (power - 2);
  }
  /// Smallest bucket bound that at least the fraction `quantile` (0..1) of the values are below,
  /// us.
  [[nodiscard]] double quantile_us(double quantile) const;

 private:
  static constexpr int bucket_of(uint64_t us) {
    if (us < 4) {
      return static_cast<int>(us);
    }
    const int power = 63 - std::countl_zero(us);
    const int index = (power - 1) * 4 + static_cast<int>((us >> (power - 2)) & 3);
    return index < kBucketCount ? index : kBucketCount - 1;
  }

  std::array<uint64_t, kBucketCount> buckets_{};
  uint64_t count_ = 0;
  int64_t sum_us_ = 0;
  int64_t max_us_ = 0;
  int64_t min_us_ = 0;
};

}  // namespace quorate
