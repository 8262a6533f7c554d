// Threads, progress, preparation and clean-up of a benchmark.
#include "server/cli/bench_session.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "server/client/error_text.h"
#include "server/wire/path.h"

namespace quorate::cli {
namespace {

/// Data of the prefix node: what lies below it may be removed by the next run.
constexpr std::string_view kPrefixMark = "made by quorate bench";

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Error refused(std::string_view what, const std::string& path, wire::ErrorCode code) {
  return Error{ErrorKind::kUnavailable,
               "cannot " + std::string(what) + " nodes: " + client::shell_text(code, path)};
}

/// Leaves that this tool makes are told by their names: asking each for its children takes long.
bool is_leaf(std::string_view name) {
  return (name.size() == 1 + kBenchDigits || name.size() == 2 + 2 * kBenchDigits) &&
         (name[0] == 'k' || name[0] == 'c' || name[0] == 'n') && name[1] >= '0' && name[1] <= '9';
}

}  // namespace

std::atomic<bool>& bench_stop() {
  static std::atomic<bool> stop{false};
  return stop;
}

Status BenchSession::connect(size_t sessions, size_t outstanding) {
  client::ClientOptions client_options;
  client_options.servers.servers = options_.servers;
  client_options.session_timeout = std::chrono::milliseconds(options_.timeout_ms);
  client_ = std::make_unique<client::Client>(std::move(client_options));
  if (const auto root = client_->run(client_->calls().exists("/")); !root.ok()) {
    return Error{ErrorKind::kUnavailable, "cannot connect to " + client_->last_failure()};
  }
  uint32_t first = 0;
  for (size_t i = 0; i < options_.threads; ++i) {
    const size_t share = sessions * (i + 1) / options_.threads - first;
    auto engine = std::make_unique<BenchEngine>();
    auto connected =
        engine->connect(options_.servers, first, share, outstanding, options_.timeout_ms);
    if (!connected) {
      return connected;
    }
    first += static_cast<uint32_t>(share);
    engines_.push_back(std::move(engine));
  }
  return {};
}

Status BenchSession::claim_prefix() {
  const auto found = client_->run(client_->calls().get(options_.prefix));
  if (!found.ok() && found.error != wire::ErrorCode::kNoNode) {
    return refused("read", options_.prefix, found.error);
  }
  if (found.ok() && found.value.data != kPrefixMark) {
    return Error{ErrorKind::kConflict, options_.prefix +
                                           " exists and was not made by quorate bench: choose "
                                           "another --prefix"};
  }
  if (found.ok()) {
    if (auto removed = remove_prefix(); !removed) {
      return removed;
    }
  }
  for (size_t slash = options_.prefix.find('/', 1); slash != std::string::npos;
       slash = options_.prefix.find('/', slash + 1)) {
    if (auto made = create(options_.prefix.substr(0, slash), ""); !made) {
      return made;
    }
  }
  return create(options_.prefix, kPrefixMark);
}

Status BenchSession::create(const std::string& path, std::string_view data) {
  client::NewNode node;
  node.data = data;
  const auto created = client_->run(client_->calls().create(path, node));
  if (!created.ok() && created.error != wire::ErrorCode::kNodeExists) {
    return refused("create", path, created.error);
  }
  return {};
}

Result<std::vector<std::string>> BenchSession::descendants(const std::string& path) {
  std::vector<std::string> found{path};
  for (size_t i = 0; i < found.size(); ++i) {
    if (i > 0 && is_leaf(wire::name_of_path(found[i]))) {
      continue;
    }
    const auto children = client_->run(client_->calls().child_names(found[i]));
    if (!children.ok() && children.error != wire::ErrorCode::kNoNode) {
      return refused("list", found[i], children.error);
    }
    const std::string parent = found[i] + "/";
    for (const std::string& child : children.value.names) {
      found.push_back(parent + child);
    }
  }
  return found;
}

Status BenchSession::remove_prefix() {
  auto found = descendants(options_.prefix);
  if (!found) {
    return found.error();
  }
  // Level by level, deepest first: what runs in parallel must not depend on each other.
  const auto depth = [](const std::string& path) {
    return std::count(path.begin(), path.end(), '/');
  };
  size_t end = found->size();
  while (end > 0) {
    size_t begin = end;
    while (begin > 0 && depth((*found)[begin - 1]) == depth((*found)[end - 1])) {
      --begin;
    }
    auto removed = bulk(wire::OpCode::kDelete, end - begin, {},
                        [&found, begin](uint64_t i) { return (*found)[begin + i]; });
    if (!removed) {
      return removed;
    }
    end = begin;
  }
  return {};
}

void BenchSession::run(const std::vector<std::unique_ptr<BenchSource>>& sources,
                       const BenchPlan& plan, BenchReport* report) {
  static std::atomic<bool> never{false};
  Gate gate;
  gate.running = engines_.size();
  std::vector<std::jthread> threads;
  const int64_t begin = now_ns();
  for (size_t i = 0; i < engines_.size(); ++i) {
    threads.emplace_back([&, i] {
      engines_[i]->run(*sources[i], plan, report == nullptr ? never : bench_stop());
      const std::scoped_lock lock(gate.mutex);
      --gate.running;
      gate.ended.notify_all();
    });
  }
  if (report != nullptr) {
    watch_progress(plan, *report, gate);
  }
  threads.clear();
  if (report == nullptr) {
    return;
  }
  int64_t stopped = begin;
  for (const auto& engine : engines_) {
    stopped = std::max(stopped, engine->stopped_ns());
  }
  const int64_t from = std::max(begin, plan.measure_from_ns);
  report->seconds = static_cast<double>(std::max<int64_t>(stopped - from, 1)) / 1e9;
  report->generator_cpu_s += processor_seconds();
  report->result = result();
}

void BenchSession::watch_progress(const BenchPlan& plan, BenchReport& report, Gate& gate) {
  // The engines publish on each whole second; this looks a moment later.
  constexpr int64_t kLateNs = 20'000'000;
  const int64_t begin = now_ns();
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  BenchResult earlier = published();
  int64_t at = begin;
  bool shown = false;
  report.generator_cpu_s = -processor_seconds();
  std::unique_lock lock(gate.mutex);
  while (true) {
    const int64_t tick = next_tick_ns(at, plan.measure_from_ns);
    const auto wait = std::chrono::nanoseconds(tick + kLateNs - now_ns());
    if (gate.ended.wait_for(lock, wait, [&gate] { return gate.running == 0; })) {
      break;
    }
    const BenchResult later = published();
    if (at >= plan.measure_from_ns) {
      report.ops_per_second.push_back(later.completed - earlier.completed);
    } else if (tick >= plan.measure_from_ns) {
      report.generator_cpu_s = -processor_seconds();
    }
    if (options_.progress) {
      const double at_s = static_cast<double>(tick - begin) / 1e9;
      const std::string line =
          tick <= plan.measure_from_ns
              ? "warming up"
              : progress_line(at_s, earlier, later, static_cast<double>(tick - at) / 1e9);
      std::fprintf(stderr, terminal ? "\r\033[K%s" : "%s\n", line.c_str());
      std::fflush(stderr);
      shown = true;
    }
    earlier = later;
    at = tick;
  }
  if (shown && terminal) {
    std::fputc('\n', stderr);
  }
}

BenchResult BenchSession::published() const {
  BenchResult sum;
  for (const auto& engine : engines_) {
    sum.merge(engine->published());
  }
  return sum;
}

BenchResult BenchSession::result() const {
  BenchResult sum;
  for (const auto& engine : engines_) {
    sum.merge(engine->result());
  }
  return sum;
}

void BenchSession::reset() {
  for (auto& engine : engines_) {
    engine->reset();
  }
}

void BenchSession::close() {
  for (auto& engine : engines_) {
    engine->close();
  }
}

}  // namespace quorate::cli
