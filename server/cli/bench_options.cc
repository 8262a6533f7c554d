// Flags of `quorate bench run|list|latency|fill|watch`.
#include "server/cli/bench_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

namespace quorate::cli {
namespace {

void add_common(CLI::App& app, BenchOptions& o) {
  app.add_option("-s,--server", o.server, "Servers, HOST:PORT[,HOST:PORT]")->capture_default_str();
  app.add_option("--threads", o.threads, "Threads of the generator")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  app.add_option("--prefix", o.prefix, "Node below which everything is created");
  app.add_option("--timeout", o.timeout_ms, "Session timeout in ms")
      ->capture_default_str()
      ->check(CLI::Range(1000, 3'600'000));
  app.add_option("--json", o.json, "Write the result as JSON to this file, - for standard output");
  app.add_flag("--progress,!--no-progress", o.progress,
               "A line a second on standard error (default: on a terminal)");
}

void add_shape(CLI::App& app, BenchOptions& o) {
  constexpr uint32_t kDigitsMax = 100'000'000;
  app.add_option("--sessions", o.sessions, "Sessions, each with a connection")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--outstanding", o.outstanding, "Requests in flight for each session")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  app.add_option("--value-size", o.value_size, "Bytes of data")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000));
  app.add_option("--keys", o.keys, "Nodes that get, set, exists and multi draw from")
      ->capture_default_str()
      ->check(CLI::Range(uint32_t{1}, kDigitsMax));
  app.add_option("--multi-size", o.multi_size, "setData operations in a multi")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  app.add_option("--children", o.children, "Children of the node that list lists")
      ->capture_default_str()
      ->check(CLI::Range(uint32_t{0}, kDigitsMax));
  app.add_option("--seconds", o.seconds, "Length of the measurement")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1e6));
  app.add_option("--warmup", o.warmup_s, "Seconds before it that are not counted")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--rate", o.rate,
                 "Open loop: requests a second; latency counts from the intended time")
      ->check(CLI::Range(0.0, 1e9));
  app.add_option("--seed", o.seed, "Of the order of operations and keys")->capture_default_str();
  app.add_flag("--keep", o.keep, "Leave the nodes behind");
}

/// A subcommand whose choice, not its declaration, sets the scenario.
CLI::App* subcommand(CLI::App& bench, BenchOptions& o, const char* name, const char* what,
                     BenchScenario scenario) {
  CLI::App* app = bench.add_subcommand(name, what);
  app->preparse_callback([&o, name, scenario](size_t) {
    o.name = name;
    o.scenario = scenario;
    if (o.name == "list") {
      o.mix = "list=100";
      o.children = 1000;
    } else if (o.name == "latency") {
      o.mix = "set=100";
      o.sessions = 1;
      o.outstanding = 1;
    } else if (o.name == "fill") {
      o.sessions = 4;
      o.outstanding = 8;
    }
  });
  add_common(*app, o);
  return app;
}

}  // namespace

Result<std::vector<BenchServer>> parse_servers(std::string_view text) {
  auto parsed = client::parse_connect_string(text);
  if (!parsed) {
    return parsed.error();
  }
  if (!parsed->chroot.empty()) {
    return Error{ErrorKind::kInvalidInput, "--server takes no chroot: use --prefix"};
  }
  return std::move(parsed->servers);
}

void add_bench_flags(CLI::App& bench, BenchOptions& o) {
  o.progress = ::isatty(STDERR_FILENO) == 1;
  bench.require_subcommand(1);

  CLI::App* run = subcommand(bench, o, "run", "A mix of operations", BenchScenario::kRun);
  run->add_option("--mix", o.mix, "Weights of get, set, create, delete, exists, list, multi")
      ->capture_default_str();
  add_shape(*run, o);

  CLI::App* list = subcommand(bench, o, "list", "List a node with many children (default 1000)",
                              BenchScenario::kRun);
  add_shape(*list, o);

  CLI::App* latency =
      subcommand(bench, o, "latency", "One session, one request in flight (default: set)",
                 BenchScenario::kRun);
  latency->add_option("--mix", o.mix, "Weights, as for run")->default_str("set=100");
  add_shape(*latency, o);

  CLI::App* fill =
      subcommand(bench, o, "fill", "Create many nodes and leave them there", BenchScenario::kFill);
  fill->add_option("--count", o.count, "Nodes to create")
      ->required()
      ->check(CLI::Range(uint64_t{1}, uint64_t{10'000'000'000}));
  fill->add_option("--value-size", o.value_size, "Bytes of data")
      ->capture_default_str()
      ->check(CLI::Range(0, 1'000'000));
  fill->add_option("--batch", o.batch, "Creates in one multi")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  fill->add_option("--per-directory", o.per_directory, "Children of each directory node")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000'000));
  fill->add_option("--sessions", o.sessions, "Sessions")->default_str("4");
  fill->add_option("--outstanding", o.outstanding, "Multis in flight for each")->default_str("8");

  CLI::App* watch = subcommand(bench, o, "watch", "Fan-out: one write, one event for each watcher",
                               BenchScenario::kWatch);
  watch->add_option("--watchers", o.watchers, "Watchers in all")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  watch->add_option("--sessions", o.watch_sessions,
                    "Sessions that share the watchers over watchers/sessions nodes, written by one "
                    "multi (default: a session for each watcher, one node)");
  watch->add_option("--rounds", o.rounds, "How often")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
}

Status complete(BenchOptions& o) {
  auto servers = parse_servers(o.server);
  if (!servers) {
    return servers.error();
  }
  o.servers = std::move(*servers);
  auto weights = parse_mix(o.mix);
  if (!weights) {
    return weights.error();
  }
  o.weights = *weights;
  if (o.prefix.empty()) {
    o.prefix = o.scenario == BenchScenario::kFill ? "/quorate-fill" : "/quorate-bench";
  }
  if (!o.prefix.starts_with('/') || o.prefix.ends_with('/')) {
    return Error{ErrorKind::kInvalidInput,
                 "--prefix '" + o.prefix + "' must start and must not end with /"};
  }
  o.threads = std::min(o.threads, o.sessions);
  return {};
}

}  // namespace quorate::cli
