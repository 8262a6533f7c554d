// Sources and rounds of the fan-out of watch events.
#include "server/cli/bench_watch.h"

#include <cstdio>
#include <cstring>

#include "server/base/bytes.h"
#include "server/cli/bench_session.h"

namespace quorate::cli {
namespace {

/// Reads every node with a watch, once a connection.
class ArmSource final : public BenchSource {
 public:
  ArmSource(std::string prefix, uint32_t nodes, size_t connections, uint32_t first_index)
      : prefix_(std::move(prefix)), nodes_(nodes), first_index_(first_index), done_(connections) {
    left_ = uint64_t{nodes} * connections;
  }
  bool next(BenchConnection& connection, int64_t intended_ns) override {
    uint32_t& done = done_[connection.index() - first_index_];
    if (done == nodes_) {
      return false;
    }
    const std::string path = key_path(prefix_, done++);
    char* at = connection.begin(BenchOp::kWatch, 12 + 4 + path.size() + 1, intended_ns);
    store_big_endian(at + 8, static_cast<int32_t>(wire::OpCode::kGetData));
    store_big_endian(at + 12, static_cast<int32_t>(path.size()));
    std::memcpy(at + 16, path.data(), path.size());
    at[16 + path.size()] = 1;
    --left_;
    return true;
  }
  [[nodiscard]] bool exhausted() const override { return left_ == 0; }

 private:
  std::string prefix_;
  uint32_t nodes_;
  uint32_t first_index_;
  std::vector<uint32_t> done_;  ///< By connection: nodes armed.
  uint64_t left_;
};

/// Sets every node in one multi, or nothing if it is not this engine's turn.
class WriteSource final : public BenchSource {
 public:
  WriteSource(const std::string& prefix, uint32_t nodes, bool writes) : done_(!writes) {
    wire::Writer writer(request_);
    writer.put_int(static_cast<int32_t>(wire::OpCode::kMulti));
    for (uint32_t node = 0; node < nodes; ++node) {
      writer.put_int(static_cast<int32_t>(wire::OpCode::kSetData));
      writer.put_bool(false);
      writer.put_int(-1);
      writer.put_string(key_path(prefix, node));
      writer.put_string("x");
      writer.put_int(-1);
    }
    writer.put_int(-1);
    writer.put_bool(true);
    writer.put_int(-1);
  }
  bool next(BenchConnection& connection, int64_t intended_ns) override {
    if (done_) {
      return false;
    }
    done_ = true;
    char* at = connection.begin(BenchOp::kMulti, 8 + request_.size(), intended_ns);
    std::memcpy(at + 8, request_.data(), request_.size());
    return true;
  }
  [[nodiscard]] bool exhausted() const override { return done_; }

 private:
  std::string request_;
  bool done_;
};

using Sources = std::vector<std::unique_ptr<BenchSource>>;

Status arm(BenchSession& session, const BenchOptions& options, uint32_t nodes) {
  Sources sources;
  for (const auto& engine : session.engines()) {
    sources.push_back(std::make_unique<ArmSource>(options.prefix, nodes,
                                                  engine->connections().size(),
                                                  engine->connections().front()->index()));
  }
  session.run(sources, BenchPlan{}, nullptr);
  if (session.result().error_count() > 0) {
    return Error{ErrorKind::kUnavailable, "cannot arm the watches"};
  }
  return {};
}

/// One write; returns when every engine has all its events.
Result<int64_t> fire(BenchSession& session, const BenchOptions& options, uint32_t nodes,
                     uint64_t events) {
  Sources sources;
  BenchPlan plan;
  plan.events_wanted = events / session.engines().size();
  plan.stop_ns = now_ns() + 60'000'000'000;
  plan.drain_ns_max = 0;
  for (size_t i = 0; i < session.engines().size(); ++i) {
    sources.push_back(std::make_unique<WriteSource>(options.prefix, nodes, i == 0));
  }
  session.reset();
  const int64_t begin = now_ns();
  session.run(sources, plan, nullptr);
  const BenchResult result = session.result();
  if (result.events != events || result.error_count() > 0) {
    return Error{ErrorKind::kUnavailable, "only " + std::to_string(result.events) + " of " +
                                              std::to_string(events) +
                                              " watch events arrived within 60 s"};
  }
  return result.last_event_ns - begin;
}

Status run_rounds(BenchSession& session, const BenchOptions& options, uint32_t nodes,
                  uint64_t events, BenchReport& report) {
  const auto path_of = [&options](uint64_t i) {
    return key_path(options.prefix, static_cast<uint32_t>(i));
  };
  if (auto made = session.bulk(wire::OpCode::kCreate, nodes, "", path_of); !made) {
    return made;
  }
  BenchResult sum;
  for (uint32_t round = 0; round < options.rounds && !bench_stop().load(); ++round) {
    session.reset();
    if (auto armed = arm(session, options, nodes); !armed) {
      return armed;
    }
    sum.merge(session.result());
    auto took = fire(session, options, nodes, events);
    if (!took) {
      return took.error();
    }
    sum.merge(session.result());
    report.rounds_ns.push_back(*took);
    if (options.progress) {
      std::fprintf(stderr, "round %u: %llu events in %.2f ms\n", round + 1,
                   static_cast<unsigned long long>(events), static_cast<double>(*took) / 1e6);
    }
  }
  report.result = sum;
  report.nodes = events;
  return {};
}

}  // namespace

Status scenario_watch(const BenchOptions& options, BenchReport& report) {
  const uint32_t wanted = options.watch_sessions == 0 ? options.watchers : options.watch_sessions;
  // The same number of sessions in each engine, and of watches in each session.
  const uint32_t sessions = (wanted + options.threads - 1) / options.threads * options.threads;
  const uint32_t nodes = (options.watchers + sessions - 1) / sessions;
  BenchSession session(options);
  if (auto connected = session.connect(sessions, 64); !connected) {
    return connected;
  }
  if (auto claimed = session.claim_prefix(); !claimed) {
    return claimed;
  }
  auto done = run_rounds(session, options, nodes, uint64_t{sessions} * nodes, report);
  if (done && !options.keep) {
    done = session.remove_prefix();
  }
  session.close();
  return done;
}

}  // namespace quorate::cli
