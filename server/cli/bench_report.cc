// Formats of the load generator's results.
#include "server/cli/bench_report.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "server/wire/error_code.h"

namespace quorate::cli {
namespace {

using Json = nlohmann::ordered_json;

[[gnu::format(printf, 2, 3)]] void append_format(std::string& to, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  const int size = std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  to.append(line, std::min(sizeof line - 1, static_cast<size_t>(std::max(size, 0))));
}

double us(uint64_t ns) { return static_cast<double>(ns) / 1000; }

LatencyHistogram all_of(const BenchResult& result) {
  LatencyHistogram all;
  for (const LatencyHistogram& one : result.latency) {
    all.merge(one);
  }
  return all;
}

void append_row(std::string& to, std::string_view name, const LatencyHistogram& h, double seconds) {
  append_format(to, "%-8.*s %12llu %12.0f %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f\n",
                static_cast<int>(name.size()), name.data(),
                static_cast<unsigned long long>(h.count()),
                seconds > 0 ? static_cast<double>(h.count()) / seconds : 0, h.mean_ns() / 1000,
                us(h.quantile_ns(0.5)), us(h.quantile_ns(0.9)), us(h.quantile_ns(0.99)),
                us(h.quantile_ns(0.999)), us(h.max_ns()));
}

std::string name_of_code(int32_t code) {
  return std::string(wire::name_of(static_cast<wire::ErrorCode>(code))) + "(" +
         std::to_string(code) + ")";
}

Json latency_json(const LatencyHistogram& h) {
  return Json{{"count", h.count()},
              {"mean", h.mean_ns() / 1000},
              {"min", us(h.min_ns())},
              {"p50", us(h.quantile_ns(0.5))},
              {"p90", us(h.quantile_ns(0.9))},
              {"p99", us(h.quantile_ns(0.99))},
              {"p999", us(h.quantile_ns(0.999))},
              {"max", us(h.max_ns())}};
}

Json settings_json(const BenchOptions& o) {
  Json json{{"tool", "quorate bench"},
            {"scenario", o.name},
            {"server", o.server},
            {"threads", o.threads}};
  if (o.scenario == BenchScenario::kWatch) {
    json["watchers"] = o.watchers;
    json["sessions"] = o.watch_sessions;
    json["rounds"] = o.rounds;
    return json;
  }
  json["sessions"] = o.sessions;
  json["outstanding"] = o.outstanding;
  json["value_size"] = o.value_size;
  if (o.scenario == BenchScenario::kFill) {
    json["count"] = o.count;
    json["batch"] = o.batch;
    json["per_directory"] = o.per_directory;
    return json;
  }
  json["mix"] = o.mix;
  json["keys"] = o.keys;
  json["children"] = o.children;
  json["multi_size"] = o.multi_size;
  json["rate"] = o.rate > 0 ? Json(o.rate) : Json(nullptr);
  json["warmup_s"] = o.warmup_s;
  return json;
}

void append_rounds(std::string& to, const BenchReport& report) {
  std::vector<int64_t> sorted = report.rounds_ns;
  std::sort(sorted.begin(), sorted.end());
  const double median_ms = static_cast<double>(sorted[sorted.size() / 2]) / 1e6;
  append_format(to,
                "%llu events a round, from the write to the last event: min %.2f ms, median %.2f "
                "ms, max %.2f ms (%.0f events/s)\n",
                static_cast<unsigned long long>(report.nodes),
                static_cast<double>(sorted.front()) / 1e6, median_ms,
                static_cast<double>(sorted.back()) / 1e6,
                static_cast<double>(report.nodes) / median_ms * 1000);
}

void append_troubles(std::string& to, const BenchResult& result) {
  for (const auto& [code, count] : result.errors) {
    append_format(to, "error %s: %llu\n", name_of_code(code).c_str(),
                  static_cast<unsigned long long>(count));
  }
  if (result.unanswered > 0 || result.connections_lost > 0) {
    append_format(to, "error: %llu requests were never answered, %llu connections were lost\n",
                  static_cast<unsigned long long>(result.unanswered),
                  static_cast<unsigned long long>(result.connections_lost));
  }
  if (result.unsent > 0) {
    append_format(to,
                  "warning: %llu requests were due but every session was full: the server does "
                  "not keep up with --rate\n",
                  static_cast<unsigned long long>(result.unsent));
  }
}

}  // namespace

std::string progress_line(double at_s, const BenchResult& earlier, const BenchResult& later,
                          double interval_s) {
  const LatencyHistogram h = all_of(later).since(all_of(earlier));
  std::string line;
  append_format(
      line, "%6.0f s %12.0f op/s   p50 %9.1f us   p99 %9.1f us   max %9.1f us   errors %llu", at_s,
      static_cast<double>(h.count()) / interval_s, us(h.quantile_ns(0.5)), us(h.quantile_ns(0.99)),
      us(h.max_ns()), static_cast<unsigned long long>(later.error_count()));
  return line;
}

std::string report_table(const BenchOptions& o, const BenchReport& report) {
  std::string table;
  const BenchResult& result = report.result;
  if (!report.rounds_ns.empty()) {
    append_rounds(table, report);
    append_troubles(table, result);
    return table;
  }
  append_format(table, "%-8s %12s %12s %10s %10s %10s %10s %10s %10s\n", "", "count", "op/s",
                "mean us", "p50", "p90", "p99", "p99.9", "max");
  for (size_t op = 0; op < kBenchOpCount; ++op) {
    if (result.latency[op].count() > 0) {
      append_row(table, name_of(static_cast<BenchOp>(op)), result.latency[op], report.seconds);
    }
  }
  append_row(table, "all", all_of(result), report.seconds);
  if (o.scenario == BenchScenario::kFill) {
    append_format(table, "%llu nodes in %.2f s: %.0f nodes/s\n",
                  static_cast<unsigned long long>(report.nodes), report.seconds,
                  static_cast<double>(report.nodes) / report.seconds);
  } else {
    append_format(table, "%.0f op/s over %.2f s; generator: %.3f us of processor time an op\n",
                  static_cast<double>(result.completed) / report.seconds, report.seconds,
                  report.generator_cpu_s * 1e6 /
                      static_cast<double>(std::max<uint64_t>(1, result.completed)));
  }
  append_troubles(table, result);
  return table;
}

std::string report_json(const BenchOptions& o, const BenchReport& report) {
  const BenchResult& result = report.result;
  Json json = settings_json(o);
  json["seconds"] = report.seconds;
  json["operations"] = result.completed;
  json["throughput"] =
      report.seconds > 0 ? static_cast<double>(result.completed) / report.seconds : 0;
  if (o.scenario == BenchScenario::kFill) {
    json["nodes"] = report.nodes;
    json["nodes_per_second"] = static_cast<double>(report.nodes) / report.seconds;
  }
  if (!report.rounds_ns.empty()) {
    std::vector<int64_t> sorted = report.rounds_ns;
    std::sort(sorted.begin(), sorted.end());
    json["events_per_round"] = report.nodes;
    json["fanout_ms"] = Json{{"min", static_cast<double>(sorted.front()) / 1e6},
                             {"median", static_cast<double>(sorted[sorted.size() / 2]) / 1e6},
                             {"max", static_cast<double>(sorted.back()) / 1e6}};
    Json rounds = Json::array();
    for (const int64_t ns : report.rounds_ns) {
      rounds.push_back(static_cast<double>(ns) / 1e6);
    }
    json["rounds_ms"] = rounds;
  }
  Json errors = Json::object();
  for (const auto& [code, count] : result.errors) {
    errors[name_of_code(code)] = count;
  }
  json["errors"] = errors;
  json["error_count"] = result.error_count();
  json["unanswered"] = result.unanswered;
  json["connections_lost"] = result.connections_lost;
  json["unsent"] = result.unsent;
  json["events"] = result.events;
  Json latency{{"all", latency_json(all_of(result))}};
  for (size_t op = 0; op < kBenchOpCount; ++op) {
    if (result.latency[op].count() > 0) {
      latency[std::string(name_of(static_cast<BenchOp>(op)))] = latency_json(result.latency[op]);
    }
  }
  json["latency_us"] = latency;
  json["ops_per_second"] = report.ops_per_second;
  json["generator_cpu_s"] = report.generator_cpu_s;
  json["generator_cpu_us_per_op"] =
      report.generator_cpu_s * 1e6 / static_cast<double>(std::max<uint64_t>(1, result.completed));
  return json.dump(2) + "\n";
}

Status write_report(const std::string& file, const std::string& text) {
  FILE* to = file == "-" ? stdout : std::fopen(file.c_str(), "w");
  if (to == nullptr) {
    return Error{ErrorKind::kIo, "cannot write " + file + ": " + std::strerror(errno)};
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), to) == text.size();
  const bool flushed = std::fflush(to) == 0;
  if (to != stdout) {
    std::fclose(to);
  }
  if (!written || !flushed) {
    return Error{ErrorKind::kIo, "cannot write " + file + ": " + std::strerror(errno)};
  }
  return {};
}

}  // namespace quorate::cli
