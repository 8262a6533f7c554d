// Settings of `quorate bench`, and the flags that fill them in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_connection.h"
#include "server/cli/bench_mix.h"

namespace CLI {
class App;
}

namespace quorate::cli {

enum class BenchScenario { kRun, kFill, kWatch };

struct BenchOptions {
  BenchScenario scenario = BenchScenario::kRun;
  std::string name = "run";  ///< As the result names it: run, list, latency, fill, watch.
  std::string server = "127.0.0.1:2181";
  std::vector<BenchServer> servers;  ///< Of `server`, once parsed.
  std::string mix = "get=80,set=20";
  MixWeights weights;  ///< Of `mix`, once parsed.
  uint32_t threads = 1;
  uint32_t sessions = 16;
  uint32_t outstanding = 64;
  uint32_t value_size = 100;
  uint32_t keys = 10000;
  uint32_t children = 100;  ///< Of the node that `list` lists.
  uint32_t multi_size = 5;
  double seconds = 5;
  double warmup_s = 1;
  double rate = 0;  ///< Requests a second; 0: closed loop.
  uint64_t seed = 1;
  std::string prefix;  ///< Default by scenario.
  int32_t timeout_ms = 30000;
  std::string json;  ///< File of the result; empty: none; "-": standard output.
  bool progress = false;
  bool keep = false;
  uint64_t count = 0;  ///< fill.
  uint32_t batch = 100;
  uint32_t per_directory = 1000;
  uint32_t watchers = 10000;    ///< watch.
  uint32_t watch_sessions = 0;  ///< 0: one for each watcher.
  uint32_t rounds = 5;
};

/// A connect string without a chroot.
[[nodiscard]] Result<std::vector<BenchServer>> parse_servers(std::string_view text);

/// Adds the subcommands of bench and their flags; parsing fills `options` in, which must outlive
/// it.
void add_bench_flags(CLI::App& bench, BenchOptions& options);
/// Parses the texts in `options` and checks what the flags cannot.
[[nodiscard]] Status complete(BenchOptions& options);

}  // namespace quorate::cli
