// Commands of `quorate`, and their help.
#include "server/cli/command_line.h"

#include <CLI/CLI.hpp>

#include "server/cli/bench.h"
#include "server/cli/run_shell.h"

namespace quorate::cli {

int run_command_line(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "shell") {
    return run_shell(std::vector<std::string>(argv + 2, argv + argc));
  }
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
