// Threads, passes and what follows from their results.
#include "operator/controller/workers.h"

#include <exception>
#include <utility>

#include "operator/kube/object.h"
#include "operator/transport/clock.h"
#include "server/log/logger.h"

namespace quorate::controller {

namespace {

using transport::monotonic_now;

std::string_view text_of(ReconcileResult::Kind kind) {
  switch (kind) {
    case ReconcileResult::Kind::kDone:
      return "done";
    case ReconcileResult::Kind::kAgain:
      return "again";
    case ReconcileResult::Kind::kAfter:
      return "after";
    case ReconcileResult::Kind::kError:
      return "error";
    case ReconcileResult::Kind::kTerminal:
      return "terminal";
  }
  return "unknown";
}

PassOutcome outcome_of(ReconcileResult::Kind kind) {
  switch (kind) {
    case ReconcileResult::Kind::kDone:
      return PassOutcome::kSuccess;
    case ReconcileResult::Kind::kAgain:
      return PassOutcome::kRequeue;
    case ReconcileResult::Kind::kAfter:
      return PassOutcome::kRequeueAfter;
    case ReconcileResult::Kind::kError:
      return PassOutcome::kError;
    case ReconcileResult::Kind::kTerminal:
      return PassOutcome::kTerminalError;
  }
  return PassOutcome::kError;
}

int64_t millis(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

std::string new_id(kube::Dice& dice) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  for (uint64_t bits = dice.next(), i = 0; i < 16; ++i, bits >>= 4) {
    id += kHex[bits & 15];
  }
  return id;
}

}  // namespace

ReconcileResult ReconcileResult::of(const kube::ApiError& error) {
  const std::string message = std::string(kube::to_text(error.kind)) + ": " + error.message;
  // What is forbidden now may be allowed in a minute, without a change of the object.
  if (error.is_transient() || error.kind == kube::ApiErrorKind::kForbidden ||
      error.kind == kube::ApiErrorKind::kCancelled || error.kind == kube::ApiErrorKind::kDenied ||
      error.kind == kube::ApiErrorKind::kNotFound ||
      error.kind == kube::ApiErrorKind::kAlreadyExists) {
    return {.kind = Kind::kError,
            .delay = error.retry_after.value_or(Duration::zero()),
            .message = message};
  }
  return terminal(message);
}

bool requeue(kube::WorkQueue& queue, const kube::ObjectKey& key, const ReconcileResult& result,
             TimePoint now) {
  queue.done(key, now);
  if (result.kind == ReconcileResult::Kind::kError) {
    queue.retry(key, result.delay, now);
    return true;
  }
  queue.forget(key);
  if (result.kind == ReconcileResult::Kind::kAgain) {
    queue.add_after(key, Duration::zero(), now);
  } else if (result.kind == ReconcileResult::Kind::kAfter) {
    queue.add_after(key, result.delay, now);
  }
  return false;
}

/// The pass of one worker.
class Workers::PassImpl final : public Pass {
 public:
  PassImpl(Workers& workers, const kube::ObjectKey& key, std::string id)
      : workers_(workers),
        key_(key),
        id_(std::move(id)),
        scope_{.deadline = monotonic_now() + workers.options_.pass_timeout,
               .stop = workers.stop_.get_token()} {}

  [[nodiscard]] const kube::ObjectKey& key() const override { return key_; }
  [[nodiscard]] const std::string& id() const override { return id_; }
  [[nodiscard]] const Cache& cache() const override { return workers_.parts_.cache; }
  [[nodiscard]] kube::ApiResult<nlohmann::json> send(const kube::Request& request) override {
    auto result = workers_.parts_.client.send(request, scope_);
    if (kube::is_write(request.verb)) {
      log_write(request, result);
      // A deleted object has no version that would come; its end is an event of its own. What
      // nobody watches never comes.
      const bool has_version = result.ok() && request.verb != kube::Verb::kDelete &&
                               request.verb != kube::Verb::kEvict &&
                               workers_.parts_.cache.watches(request.plural);
      if (has_version) {
        workers_.expect(key_, kube::resource_version_of(*result));
      }
    }
    return result;
  }
  [[nodiscard]] bool may_write() const override { return workers_.parts_.client.may_write(); }
  [[nodiscard]] std::function<void()> waker() override {
    return [wake = workers_.parts_.wake, key = key_] { wake(key); };
  }
  void record(kube::EventNote note) override { workers_.parts_.record(std::move(note)); }
  [[nodiscard]] const transport::CallScope& scope() const override { return scope_; }
  [[nodiscard]] bool is_over() const override { return scope_.stop.stop_requested() || is_late(); }
  [[nodiscard]] bool is_late() const { return monotonic_now() >= scope_.deadline; }
  [[nodiscard]] Now now() const override { return transport::now(); }

 private:
  void log_write(const kube::Request& request,
                 const kube::ApiResult<nlohmann::json>& result) const {
    if (result.ok()) {
      log::info("write", {{"reconcile_id", id_},
                          {"verb", kube::to_text(request.verb)},
                          {"target", request.target}});
    } else {
      log::warn("write_failed", {{"reconcile_id", id_},
                                 {"verb", kube::to_text(request.verb)},
                                 {"target", request.target},
                                 {"kind", kube::to_text(result.error().kind)},
                                 {"reason", result.error().message}});
    }
  }

  Workers& workers_;
  const kube::ObjectKey key_;
  const std::string id_;
  const transport::CallScope scope_;
};

Workers::Workers(WorkersOptions options, Reconciler& reconciler, PassParts parts, kube::Dice dice)
    : options_(std::move(options)),
      reconciler_(reconciler),
      parts_(std::move(parts)),
      dice_(dice),
      queue_(options_.queue) {}

Workers::~Workers() {
  drain();
  cancel();
  for (std::thread& each : threads_) {
    each.join();
  }
}

void Workers::add(const kube::ObjectKey& key, int priority) {
  {
    const std::lock_guard lock(mutex_);
    queue_.add(key, priority, monotonic_now());
  }
  parts_.metrics.count_add();
  changed_.notify_one();
}

void Workers::observe(const std::string& version) {
  const std::lock_guard lock(mutex_);
  expectations_.observe(version);
}

void Workers::expect(const kube::ObjectKey& key, std::string version) {
  const std::lock_guard lock(mutex_);
  expectations_.expect(key, std::move(version), monotonic_now());
}

void Workers::start(std::function<void()> on_exit) {
  for (size_t i = 0; i < thread_count(); ++i) {
    threads_.emplace_back([this, on_exit, dice = kube::Dice(dice_.next())] {
      work(dice);
      on_exit();
    });
  }
}

void Workers::drain() {
  {
    const std::lock_guard lock(mutex_);
    is_draining_ = true;
    queue_.shut_down();
  }
  changed_.notify_all();
}

void Workers::cancel() { stop_.request_stop(); }

QueueGauges Workers::gauges() const {
  const std::lock_guard lock(mutex_);
  const TimePoint now = monotonic_now();
  QueueGauges gauges{.depth = queue_.depth(now),
                     .active_workers = running_.size(),
                     .workers_max = options_.queue.in_flight_max};
  for (const auto& [key, since] : running_) {
    gauges.unfinished += now - since;
    gauges.longest_running = std::max(gauges.longest_running, now - since);
  }
  return gauges;
}

void Workers::work(kube::Dice dice) {
  std::unique_lock lock(mutex_);
  while (!is_draining_) {
    const TimePoint now = monotonic_now();
    const auto key = queue_.take(now);
    if (!key) {
      const auto next = queue_.next_deadline();
      if (next) {
        changed_.wait_until(lock, transport::to_steady(*next));
      } else {
        changed_.wait(lock);
      }
      continue;
    }
    if (const auto until = expectations_.wait_until(*key, now)) {
      // The cache is behind our own writes. What comes into it adds the key again, too.
      queue_.done(*key, now);
      queue_.add_after(*key, std::min<Duration>(*until - now, std::chrono::milliseconds(50)), now);
      continue;
    }
    const Duration waited = queue_.last_latency();
    running_.emplace(*key, now);
    lock.unlock();
    parts_.metrics.count_taken(waited);
    run(*key, new_id(dice));
    lock.lock();
  }
}

void Workers::run(const kube::ObjectKey& key, std::string id) {
  PassImpl pass(*this, key, std::move(id));
  const TimePoint started = monotonic_now();
  const ReconcileResult result = guarded(pass);
  const Duration worked = monotonic_now() - started;
  const bool is_error = result.kind == ReconcileResult::Kind::kError ||
                        result.kind == ReconcileResult::Kind::kTerminal;
  if (is_error && pass.is_late()) {
    parts_.metrics.count_timeout();
  }
  parts_.metrics.count_pass(outcome_of(result.kind), worked);
  log::write(is_error ? log::Level::kWarn : log::Level::kDebug, "reconciled",
             {{"controller", options_.controller},
              {"namespace", key.space},
              {"name", key.name},
              {"reconcile_id", pass.id()},
              {"result", text_of(result.kind)},
              {"duration_ms", millis(worked)},
              {"delay_ms", millis(result.delay)},
              {"reason", result.message}});
  settle(key, result);
}

ReconcileResult Workers::guarded(PassImpl& pass) {
  std::string what;
  try {
    return reconciler_.reconcile(pass);
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "not a std::exception";
  }
  parts_.metrics.count_panic();
  log::error("reconcile_exception", {{"controller", options_.controller},
                                     {"namespace", pass.key().space},
                                     {"name", pass.key().name},
                                     {"reconcile_id", pass.id()},
                                     {"reason", what}});
  return ReconcileResult::error("exception: " + what);
}

void Workers::settle(const kube::ObjectKey& key, const ReconcileResult& result) {
  bool is_retry = false;
  {
    const std::lock_guard lock(mutex_);
    running_.erase(key);
    is_retry = requeue(queue_, key, result, monotonic_now());
  }
  if (is_retry) {
    parts_.metrics.count_retry();
  }
  changed_.notify_one();
}

}  // namespace quorate::controller
