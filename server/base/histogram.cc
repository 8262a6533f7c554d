// Quantiles of a Histogram.
#include "server/base/histogram.h"

#include <algorithm>

namespace quorate {

double Histogram::quantile_us(double quantile) const {
  const double wanted = quantile * static_cast<double>(count_);
  uint64_t seen = 0;
  for (int index = 0; index < kBucketCount; ++index) {
    seen += buckets_[static_cast<size_t>(index)];
    if (seen > 0 && static_cast<double>(seen) >= wanted) {
      return static_cast<double>(std::min(upper_bound_us(index), static_cast<uint64_t>(max_us_)));
    }
  }
  return 0;
}

}  // namespace quorate
