// Counters of the HTTP server, written by its thread and read by any.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/report/inputs.h"

namespace quorate::admin {

struct Counters {
  std::atomic<uint64_t> requests = 0;
  std::atomic<uint64_t> requests_refused = 0;
  std::atomic<uint64_t> snapshot_rate_limited = 0;
  std::atomic<uint64_t> snapshot_errors = 0;
  std::atomic<uint64_t> restore_rate_limited = 0;
  std::atomic<uint64_t> restore_errors = 0;

  [[nodiscard]] report::AdminFacts facts() const {
    return {.snapshot_rate_limited = snapshot_rate_limited.load(std::memory_order_relaxed),
            .snapshot_errors = snapshot_errors.load(std::memory_order_relaxed),
            .restore_rate_limited = restore_rate_limited.load(std::memory_order_relaxed),
            .restore_errors = restore_errors.load(std::memory_order_relaxed),
            .requests = requests.load(std::memory_order_relaxed),
            .requests_refused = requests_refused.load(std::memory_order_relaxed)};
  }
};

}  // namespace quorate::admin
