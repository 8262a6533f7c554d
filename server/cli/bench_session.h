// Threads and engines of one benchmark, and the nodes that it makes and removes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_bulk.h"
#include "server/cli/bench_engine.h"
#include "server/cli/bench_options.h"
#include "server/cli/bench_report.h"
#include "server/client/client.h"

namespace quorate::cli {

/// Set by SIGINT and SIGTERM: ends the measurement early, and the clean-up still runs.
[[nodiscard]] std::atomic<bool>& bench_stop();

/// Connected engines, one a thread.
class BenchSession {
 public:
  explicit BenchSession(const BenchOptions& options) : options_(options) {}

  /// Opens `sessions` sessions of at most `outstanding` requests each, and one that prepares.
  [[nodiscard]] Status connect(size_t sessions, size_t outstanding);
  /// Makes sure that the prefix is ours: creates it, or removes what an interrupted run left there.
  [[nodiscard]] Status claim_prefix();
  /// Removes the prefix and everything below it.
  [[nodiscard]] Status remove_prefix();

  /// Runs one source per engine at once; `measured` shows progress and fills in `report`.
  void run(const std::vector<std::unique_ptr<BenchSource>>& sources, const BenchPlan& plan,
           BenchReport* report);
  /// Creates or deletes path_of(0) .. path_of(count - 1) over all engines.
  template <typename PathOf>
  [[nodiscard]] Status bulk(wire::OpCode op, uint64_t count, std::string_view value, PathOf path_of,
                            BenchReport* report = nullptr);
  /// Every engine's result since the last reset.
  [[nodiscard]] BenchResult result() const;
  void reset();
  void close();

  /// Creates a node; one that is there already is no error.
  [[nodiscard]] Status create(const std::string& path, std::string_view data);
  [[nodiscard]] std::vector<std::unique_ptr<BenchEngine>>& engines() { return engines_; }

 private:
  /// How the engines' threads tell that they are done.
  struct Gate {
    std::mutex mutex;
    std::condition_variable ended;
    size_t running = 0;  ///< Guarded by mutex.
  };
  void watch_progress(const BenchPlan& plan, BenchReport& report, Gate& gate);
  [[nodiscard]] BenchResult published() const;
  [[nodiscard]] Result<std::vector<std::string>> descendants(const std::string& path);

  const BenchOptions& options_;
  std::vector<std::unique_ptr<BenchEngine>> engines_;
  std::unique_ptr<client::Client> client_;  ///< Prepares and cleans up.
};

template <typename PathOf>
Status BenchSession::bulk(wire::OpCode op, uint64_t count, std::string_view value, PathOf path_of,
                          BenchReport* report) {
  if (count == 0) {
    return {};
  }
  const uint32_t batch = bulk_batch(options_.batch, path_of(0).size(), value.size());
  std::vector<std::unique_ptr<BenchSource>> sources;
  const uint64_t share = (count + engines_.size() - 1) / engines_.size();
  for (size_t i = 0; i < engines_.size(); ++i) {
    const uint64_t from = std::min(count, share * i);
    const uint64_t to = std::min(count, from + share);
    sources.push_back(std::make_unique<BulkSource<PathOf>>(op, from, to, batch, value, path_of));
  }
  if (report == nullptr) {
    reset();
  }
  run(sources, BenchPlan{}, report);
  const BenchResult done = result();
  if (done.error_count() == 0) {
    return {};
  }
  std::string reason = "lost connection";
  if (!done.errors.empty()) {
    reason = wire::name_of(static_cast<wire::ErrorCode>(done.errors.begin()->first));
  }
  return Error{ErrorKind::kUnavailable,
               std::to_string(done.error_count()) + " errors while " +
                   (op == wire::OpCode::kDelete ? "deleting" : "creating") + " nodes below " +
                   options_.prefix + ": " + reason};
}

}  // namespace quorate::cli
