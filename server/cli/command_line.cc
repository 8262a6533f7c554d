// Commands of `quorate`, and their help.
#include "server/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "server/cli/bench.h"

namespace quorate::cli {

int run_command_line(int argc, char** argv) {
  CLI::App app("Quorate: a coordination service that speaks ZooKeeper's protocol", "quorate");
  app.require_subcommand(1);
  BenchOptions bench_options;
  CLI::App* bench = app.add_subcommand("bench", "Generate load and measure it");
  add_bench_flags(*bench, bench_options);
  CLI11_PARSE(app, argc, argv);
  if (*bench) {
    return run_bench(bench_options);
  }
  return 0;
}

}  // namespace quorate::cli
