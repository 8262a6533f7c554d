// Scenarios of the load generator: a mix, a fill, a fan-out of watch events.
#include "server/cli/bench.h"

#include <csignal>
#include <cstdio>
#include <random>

#include "server/cli/bench_session.h"
#include "server/cli/bench_watch.h"

namespace quorate::cli {
namespace {

std::string random_value(const BenchOptions& options) {
  std::mt19937_64 generator(options.seed);
  std::string value(options.value_size, '\0');
  for (char& byte : value) {
    byte = static_cast<char>('!' + generator() % 94);
  }
  return value;
}

bool uses(const BenchOptions& options, BenchOp op) {
  return options.weights.weight[static_cast<size_t>(op)] > 0;
}

/// Path of a child in a directory: "<directory>/n00000012".
std::string leaf_path(std::string directory, uint32_t leaf) {
  directory.append("/n00000000");
  put_digits(directory.data() + directory.size() - kBenchDigits, leaf);
  return directory;
}

Status prepare_mix(BenchSession& session, const BenchOptions& options, const std::string& value) {
  const std::string& prefix = options.prefix;
  if (uses(options, BenchOp::kGet) || uses(options, BenchOp::kSet) ||
      uses(options, BenchOp::kExists) || uses(options, BenchOp::kMulti)) {
    auto made = session.bulk(wire::OpCode::kCreate, options.keys, value, [&prefix](uint64_t i) {
      return key_path(prefix, static_cast<uint32_t>(i));
    });
    if (!made) {
      return made;
    }
  }
  if (!uses(options, BenchOp::kList)) {
    return {};
  }
  const std::string directory = list_path(prefix);
  if (auto made = session.create(directory, ""); !made) {
    return made;
  }
  return session.bulk(wire::OpCode::kCreate, options.children, "", [&directory](uint64_t i) {
    return leaf_path(directory, static_cast<uint32_t>(i));
  });
}

/// Removes what `create` left, by counting instead of listing: there may be millions.
Status remove_created(BenchSession& session, const BenchOptions& options) {
  struct Span {
    uint64_t end;  ///< Nodes of this and all former connections.
    const BenchConnection* connection;
  };
  std::vector<Span> spans;
  uint64_t sum = 0;
  for (const auto& engine : session.engines()) {
    for (const auto& connection : engine->connections()) {
      sum += connection->created - connection->deleted;
      spans.push_back({sum, connection.get()});
    }
  }
  return session.bulk(wire::OpCode::kDelete, sum, {}, [&options, &spans](uint64_t i) {
    const auto span = std::upper_bound(spans.begin(), spans.end(), i,
                                       [](uint64_t index, const Span& s) { return index < s.end; });
    const BenchConnection& connection = *span->connection;
    return created_path(options.prefix, connection.index(),
                        static_cast<uint32_t>(connection.created - (span->end - i)));
  });
}

Status run_mix(BenchSession& session, const BenchOptions& options, BenchReport& report) {
  const std::string value = random_value(options);
  if (auto prepared = prepare_mix(session, options, value); !prepared) {
    return prepared;
  }
  const MixShape shape{options.prefix, options.keys, options.multi_size, value};
  std::vector<std::unique_ptr<BenchSource>> sources;
  for (size_t i = 0; i < session.engines().size(); ++i) {
    sources.push_back(std::make_unique<MixSource>(options.weights, shape, options.seed + i));
  }
  session.reset();
  BenchPlan plan;
  const int64_t now = now_ns();
  plan.measure_from_ns = now + static_cast<int64_t>(options.warmup_s * 1e9);
  plan.stop_ns = plan.measure_from_ns + static_cast<int64_t>(options.seconds * 1e9);
  if (options.rate > 0) {
    plan.interval_ns = 1e9 * static_cast<double>(session.engines().size()) / options.rate;
  }
  session.run(sources, plan, &report);
  return {};
}

Status clean_up(BenchSession& session, const BenchOptions& options) {
  // A create that failed leaves a gap, and then the multi fails: listing finds the rest.
  (void)remove_created(session, options);
  return session.remove_prefix();
}

Status scenario_run(const BenchOptions& options, BenchReport& report) {
  BenchSession session(options);
  if (auto connected = session.connect(options.sessions, options.outstanding); !connected) {
    return connected;
  }
  if (auto claimed = session.claim_prefix(); !claimed) {
    return claimed;
  }
  auto done = run_mix(session, options, report);
  if (done && !options.keep) {
    done = clean_up(session, options);
  }
  session.close();
  return done;
}

Status scenario_fill(const BenchOptions& options, BenchReport& report) {
  BenchSession session(options);
  if (auto connected = session.connect(options.sessions, options.outstanding); !connected) {
    return connected;
  }
  if (auto claimed = session.claim_prefix(); !claimed) {
    return claimed;
  }
  const auto directory_of = [&options](uint64_t i) {
    std::string path = options.prefix + "/d00000000";
    put_digits(path.data() + path.size() - kBenchDigits, static_cast<uint32_t>(i));
    return path;
  };
  const uint64_t directories = (options.count + options.per_directory - 1) / options.per_directory;
  if (auto made = session.bulk(wire::OpCode::kCreate, directories, "", directory_of); !made) {
    return made;
  }
  session.reset();
  const std::string value = random_value(options);
  auto done = session.bulk(
      wire::OpCode::kCreate, options.count, value,
      [&](uint64_t i) {
        return leaf_path(directory_of(i / options.per_directory),
                         static_cast<uint32_t>(i % options.per_directory));
      },
      &report);
  report.nodes = options.count;
  session.close();
  return done;
}

Status run_scenario(const BenchOptions& options, BenchReport& report) {
  switch (options.scenario) {
    case BenchScenario::kRun:
      return scenario_run(options, report);
    case BenchScenario::kFill:
      return scenario_fill(options, report);
    case BenchScenario::kWatch:
      return scenario_watch(options, report);
  }
  return {};
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { bench_stop().store(true); };
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int run_bench(BenchOptions& options) {
  if (auto completed = complete(options); !completed) {
    std::fprintf(stderr, "quorate bench: %s\n", completed.error().message.c_str());
    return 2;
  }
  (void)bench_stop();
  stop_on_signals();
  BenchReport report;
  const Status done = run_scenario(options, report);
  if (!done) {
    std::fprintf(stderr, "quorate bench: %s\n", done.error().message.c_str());
  }
  if (report.seconds > 0 || !report.rounds_ns.empty()) {
    std::fputs(report_table(options, report).c_str(), options.json == "-" ? stderr : stdout);
    if (!options.json.empty()) {
      if (auto written = write_report(options.json, report_json(options, report)); !written) {
        std::fprintf(stderr, "quorate bench: %s\n", written.error().message.c_str());
        return 1;
      }
    }
  }
  return done.ok() && report.result.error_count() == 0 ? 0 : 1;
}

}  // namespace quorate::cli
