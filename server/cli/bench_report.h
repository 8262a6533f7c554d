// What `quorate bench` prints and writes: progress line, table, JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_engine.h"
#include "server/cli/bench_options.h"

namespace quorate::cli {

/// One run, ready to be reported.
struct BenchReport {
  BenchResult result;
  double seconds = 0;                    ///< Length of the measurement.
  double generator_cpu_s = 0;            ///< User and system time of this process meanwhile.
  std::vector<uint64_t> ops_per_second;  ///< Of each second of the measurement.
  uint64_t nodes = 0;                    ///< fill: nodes made; watch: events a round.
  std::vector<int64_t> rounds_ns;        ///< watch: from the write's send to the last event.
};

/// "  3 s    123456 op/s   p50   120 us   p99   310 us   max ... errors 0": what happened between
/// two publications.
[[nodiscard]] std::string progress_line(double at_s, const BenchResult& earlier,
                                        const BenchResult& later, double interval_s);
/// The table that ends a run, with a line for each kind of operation.
[[nodiscard]] std::string report_table(const BenchOptions& options, const BenchReport& report);
/// The result for programs, one JSON object.
[[nodiscard]] std::string report_json(const BenchOptions& options, const BenchReport& report);
/// Writes to `file`, or to standard output if it is "-".
[[nodiscard]] Status write_report(const std::string& file, const std::string& text);

}  // namespace quorate::cli
