// The event loop of the load generator: one thread, one epoll, many sessions.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_connection.h"
#include "server/cli/bench_histogram.h"

namespace quorate::cli {

/// Monotonic clock, in nanoseconds.
[[nodiscard]] int64_t now_ns();

/// The next whole second after `now`, counted from `origin_ns`.
[[nodiscard]] int64_t next_tick_ns(int64_t now, int64_t origin_ns);

/// Where requests come from.
class BenchSource {
 public:
  virtual ~BenchSource() = default;
  /// Appends one request to `connection` by its begin(). False: it has none for this connection
  /// now.
  virtual bool next(BenchConnection& connection, int64_t intended_ns) = 0;
  /// True when next() will not give anything to any connection any more.
  [[nodiscard]] virtual bool exhausted() const = 0;
};

/// What to do in one run() of an engine. Times are on now_ns()'s clock.
struct BenchPlan {
  int64_t measure_from_ns = 0;            ///< Earlier replies are not recorded.
  int64_t stop_ns = INT64_MAX;            ///< No new requests from then on.
  double interval_ns = 0;                 ///< Open loop: time between two requests; 0: closed loop.
  uint64_t events_wanted = 0;             ///< Runs on until so many watch events have arrived.
  int64_t drain_ns_max = 10'000'000'000;  ///< How long to wait for the last replies.
};

/// What was measured. Counters that the progress line shows are published once a second.
struct BenchResult {
  std::array<LatencyHistogram, kBenchOpCount> latency;
  std::map<int32_t, uint64_t> errors;  ///< By error code of the reply.
  uint64_t completed = 0;   ///< Replies, good or bad, between the start and the end of measurement.
  uint64_t events = 0;      ///< Watch events, at any time.
  uint64_t unanswered = 0;  ///< Requests lost with their connection, or not answered at the end.
  uint64_t connections_lost = 0;
  uint64_t unsent = 0;  ///< Open loop: due before the end, but no session had room.
  int64_t last_event_ns = 0;
  int64_t last_reply_ns = 0;

  void merge(const BenchResult& other);
  /// Replies with an error, requests without a reply, and connections that were lost, idle or not.
  [[nodiscard]] uint64_t error_count() const;
};

/// Drives its connections from the calling thread. The result accumulates over runs until reset().
class BenchEngine {
 public:
  BenchEngine();
  ~BenchEngine();
  BenchEngine(const BenchEngine&) = delete;
  BenchEngine& operator=(const BenchEngine&) = delete;

  /// Opens `count` sessions, numbered from `first_index`, round robin over `servers`.
  [[nodiscard]] Status connect(const std::vector<BenchServer>& servers, uint32_t first_index,
                               size_t count, size_t outstanding_max, int32_t timeout_ms);
  /// Sends what `source` gives until the plan's end. `stop` ends it early, as stop_ns does.
  void run(BenchSource& source, const BenchPlan& plan, const std::atomic<bool>& stop);
  void close();
  /// When the last run() stopped sending; its end if nothing stopped it early.
  [[nodiscard]] int64_t stopped_ns() const { return stopped_ns_; }

  [[nodiscard]] const BenchResult& result() const { return result_; }
  void reset();
  [[nodiscard]] const std::vector<std::unique_ptr<BenchConnection>>& connections() const {
    return connections_;
  }
  /// A copy of the result, at most a second old. Thread-safe.
  [[nodiscard]] BenchResult published() const;

 private:
  void start(BenchSource& source);
  void refill(BenchConnection& connection, int64_t now);
  void send_due(int64_t now);
  void housekeeping(int64_t now);
  void wait(int64_t now);
  void on_ready(BenchConnection& connection, uint32_t events);
  void read_from(BenchConnection& connection);
  [[nodiscard]] bool consume(BenchConnection& connection, size_t size, int64_t now);
  void on_reply(BenchConnection& connection, std::string_view frame, int64_t now);
  void flush(BenchConnection& connection, int64_t now);
  void flush_dirty(int64_t now);
  void mark_dirty(BenchConnection& connection);
  void lose(BenchConnection& connection);
  [[nodiscard]] bool finished(int64_t now) const;

  std::vector<std::unique_ptr<BenchConnection>> connections_;
  std::vector<BenchConnection*> dirty_;
  std::unique_ptr<char[]> buffer_;
  int epoll_ = -1;
  int32_t timeout_ms_ = 30000;
  BenchSource* source_ = nullptr;
  BenchPlan plan_;
  bool stopping_ = false;
  int64_t stopped_ns_ = 0;
  size_t in_flight_ = 0;
  size_t alive_ = 0;
  int64_t started_ns_ = 0;
  uint64_t scheduled_ = 0;       ///< Open loop: requests whose time has come and that were sent.
  size_t turn_ = 0;              ///< Open loop: connection that is asked first.
  int64_t housekeeping_ns_ = 0;  ///< When it is due; on whole seconds of the measurement.
  BenchResult result_;
  mutable std::mutex mutex_;
  BenchResult published_;  ///< Guarded by mutex_.
};

/// The error code inside the body of a multi's reply: that of the first operation that failed.
[[nodiscard]] int32_t multi_error(std::string_view body);

}  // namespace quorate::cli
