// Wiring of the runtime's parts.
#include "operator/controller/manager.h"

#include <charconv>
#include <csignal>
#include <set>
#include <utility>

#include <boost/asio/signal_set.hpp>

#include "operator/controller/cache.h"
#include "operator/controller/event_loop.h"
#include "operator/controller/event_sink.h"
#include "operator/controller/informer_runner.h"
#include "operator/controller/lease_runner.h"
#include "operator/controller/metrics.h"
#include "operator/controller/probes.h"
#include "operator/controller/workers.h"
#include "operator/kube/object.h"
#include "operator/transport/clock.h"
#include "operator/transport/kube_client.h"
#include "operator/transport/write_gate.h"
#include "server/admin/http_server.h"
#include "server/log/logger.h"
#include "server/log/rate_limit.h"

namespace quorate::controller {

using transport::monotonic_now;

std::vector<kube::ObjectKey> concerns_itself(const kube::Delta& delta) {
  const bool is_echo = delta.type == kube::DeltaType::kUpdated &&
                       !kube::differs_beyond_status(delta.before, delta.after);
  if (is_echo) {
    return {};
  }
  return {kube::key_of(delta.object())};
}

std::function<std::vector<kube::ObjectKey>(const kube::Delta&)> concerns_owner(
    const kube::ResourceKind& kind) {
  return [kind](const kube::Delta& delta) {
    std::vector<kube::ObjectKey> keys;
    // An owner that was just removed has to know of it, too.
    for (const kube::SharedObject* object : {&delta.before, &delta.after}) {
      const auto owner = kube::controller_of(*object);
      const bool is_ours = owner && owner->kind == kind.kind &&
                           owner->api_version.substr(0, owner->api_version.find('/')) == kind.group;
      if (is_ours) {
        kube::ObjectKey key{.space = kube::namespace_of(*object), .name = owner->name};
        if (keys.empty() || keys.front() != key) {
          keys.push_back(std::move(key));
        }
      }
    }
    return keys;
  };
}

std::function<std::vector<kube::ObjectKey>(const kube::Delta&)> concerns_label(
    const std::string& label) {
  return [label](const kube::Delta& delta) {
    std::vector<kube::ObjectKey> keys;
    const std::string name = kube::label_of(delta.object(), label);
    if (!name.empty()) {
      keys.push_back({.space = kube::namespace_of(delta.object()), .name = name});
    }
    return keys;
  };
}

class Manager::Impl final : public InformerListener {
 public:
  Impl(ManagerOptions options, transport::HttpTransport& transport, Reconciler& reconciler,
       Metrics& metrics)
      : options_(std::move(options)),
        transport_(transport),
        metrics_(metrics),
        dice_(options_.seed),
        probes_({.health = [this] { return health(); },
                 .readiness = [this] { return readiness(); },
                 .metrics = [this] { return scrape(); }}),
        timer_(loop_),
        deadline_(loop_),
        client_(transport, gate_),
        events_(loop_, transport, gate_, {.instance = options_.instance}),
        workers_({.queue = options_.queue, .pass_timeout = options_.pass_timeout}, reconciler,
                 {.client = client_,
                  .cache = cache_,
                  .metrics = metrics,
                  .record = events_.recorder(),
                  .wake = waker()},
                 kube::Dice(dice_.next())) {
    add_informers();
  }

  Status listen() {
    if (const Status status = listen(options_.probe_address); !status) {
      return status;
    }
    if (options_.metrics_address != options_.probe_address) {
      return listen(options_.metrics_address);
    }
    return {};
  }

  ManagerEnd run() {
    std::optional<boost::asio::signal_set> signals;
    if (options_.handles_signals) {
      signals.emplace(loop_.io(), SIGTERM, SIGINT);
      wait_for_signal(*signals);
    }
    loop_.poster().post([this] { start(); });
    loop_.run();
    return end_;
  }

  void stop() {
    loop_.poster().post([this] { begin_stop(); });
  }

  [[nodiscard]] std::string probe_address() const { return bound_; }

 private:
  enum class Phase { kStarting, kStandby, kLeading, kDraining, kFlushing, kReleasing, kOver };

  /// Works on the loop, which drops what comes when it is gone.
  [[nodiscard]] std::function<void(const kube::ObjectKey&)> waker() {
    return [this, poster = loop_.poster()](const kube::ObjectKey& key) {
      poster.post([this, key] { workers_.add(key, kube::kPriorityLive); });
    };
  }

  // ---- start ----------------------------------------------------------------------------------
  void add_informers() {
    std::vector<std::string> spaces = options_.spaces;
    if (spaces.empty()) {
      spaces.emplace_back();
    }
    for (const WatchSpec& watch : options_.watches) {
      for (const std::string& space :
           watch.kind.is_namespaced ? spaces : std::vector<std::string>{""}) {
        cache_.add(std::make_unique<InformerRunner>(
            loop_, transport_,
            kube::InformerOptions{.kind = watch.kind,
                                  .space = space,
                                  .label_selector = watch.label_selector,
                                  .field_selector = {},
                                  .indexed_labels = watch.indexed_labels,
                                  .backoff = options_.backoff,
                                  .resync_interval = options_.resync_interval},
            kube::Dice(dice_.next()), *this));
      }
    }
  }

  Status listen(const std::string& address) {
    if (address.empty()) {
      return {};
    }
    const size_t colon = address.rfind(':');
    uint16_t port = 0;
    const char* const end = address.data() + address.size();
    bool is_good = colon != std::string::npos && colon + 1 < address.size();
    if (is_good) {
      const auto parsed = std::from_chars(address.data() + colon + 1, end, port);
      is_good = parsed.ec == std::errc() && parsed.ptr == end;
    }
    if (!is_good) {
      return Error{ErrorKind::kInvalidInput, "`" + address + "` is no ADDRESS:PORT"};
    }
    servers_.push_back(
        std::make_unique<admin::HttpServer>(loop_.io(), probes_, admin::HttpLimits{}));
    auto bound = servers_.back()->listen({.address = address.substr(0, colon), .port = port});
    if (!bound) {
      return bound.error();
    }
    if (bound_.empty()) {
      bound_ = bound->address + ":" + std::to_string(bound->port);
    }
    return {};
  }

  void start() {
    if (phase_ != Phase::kStarting) {
      return;
    }
    for (const auto& each : cache_.runners()) {
      each->start();
    }
    timer_.set(monotonic_now() + options_.sync_timeout, [this] {
      log::error("caches_not_synced", {{"waiting_for", readiness()}});
      finish(ManagerEnd::kSyncFailed);
    });
    go_on_when_synced();
  }

  void go_on_when_synced() {
    if (phase_ != Phase::kStarting || !cache_.is_synced()) {
      return;
    }
    timer_.set(std::nullopt, {});
    phase_ = Phase::kStandby;
    log::info("caches_synced", {{"informers", cache_.runners().size()}});
    if (!options_.lease) {
      gate_.open_for_ever();
      lead();
      return;
    }
    metrics_.set_leader(options_.lease->lease.name, false);
    lease_ = std::make_unique<LeaseRunner>(
        loop_, transport_, *options_.lease, kube::Dice(dice_.next()),
        LeaseHandlers{.on_leading =
                          [this](TimePoint until, bool is_new) {
                            gate_.open_until(until);
                            if (is_new && phase_ == Phase::kStandby) {
                              metrics_.set_leader(options_.lease->lease.name, true);
                              lead();
                            }
                          },
                      .on_lost = [this](const std::string& reason) { lose(reason); },
                      .on_released = [this] { finish(ManagerEnd::kStopped); }});
    lease_->start();
  }

  void lead() {
    phase_ = Phase::kLeading;
    workers_left_ = workers_.thread_count();
    workers_.start([this, poster = loop_.poster()] {
      poster.post([this] {
        --workers_left_;
        flush_when_drained();
      });
    });
  }

  // ---- informers ------------------------------------------------------------------------------
  void on_delta(const kube::ResourceKind& kind, const kube::Delta& delta) override {
    if (delta.type != kube::DeltaType::kResync) {
      workers_.observe(kube::resource_version_of(delta.object()));
    }
    const int priority = delta.is_from_list ? kube::kPriorityList : kube::kPriorityLive;
    for (const WatchSpec& watch : options_.watches) {
      if (watch.kind != kind || !watch.concerns) {
        continue;
      }
      for (const kube::ObjectKey& key : watch.concerns(delta)) {
        workers_.add(key, priority);
      }
    }
  }

  void on_synced(const kube::ResourceKind&, std::string_view) override { go_on_when_synced(); }

  void on_trouble(const kube::ResourceKind& kind, std::string_view space,
                  const kube::InformerTrouble& trouble) override {
    metrics_.count_informer_failure(kind.plural, trouble.is_list);
    // What nobody mends without a person is said loudly.
    const bool is_loud = trouble.error.kind == kube::ApiErrorKind::kForbidden ||
                         trouble.error.kind == kube::ApiErrorKind::kUnauthorized ||
                         trouble.error.kind == kube::ApiErrorKind::kDenied ||
                         trouble.error.kind == kube::ApiErrorKind::kNotFound;
    trouble_log_.write(
        is_loud ? log::Level::kError : log::Level::kWarn, "informer_failed",
        {{"resource", kind.plural},
         {"namespace", space},
         {"request", trouble.is_list ? "list" : "watch"},
         {"kind", kube::to_text(trouble.error.kind)},
         {"reason", trouble.error.message},
         {"delay_ms",
          std::chrono::duration_cast<std::chrono::milliseconds>(trouble.delay).count()}});
  }

  // ---- stop -----------------------------------------------------------------------------------
  void wait_for_signal(boost::asio::signal_set& signals) {
    signals.async_wait([this, &signals](const boost::system::error_code& error, int number) {
      if (error) {
        return;
      }
      log::info("signal", {{"number", number}});
      if (phase_ >= Phase::kDraining) {
        finish(ManagerEnd::kStopTimeout);  // Somebody is in a hurry.
        return;
      }
      begin_stop();
      wait_for_signal(signals);
    });
  }

  void begin_stop() {
    if (phase_ >= Phase::kDraining) {
      return;
    }
    const bool was_leading = phase_ == Phase::kLeading;
    phase_ = Phase::kDraining;
    deadline_.set(monotonic_now() + options_.stop_timeout, [this] {
      log::error("stop_timeout", {});
      finish(ManagerEnd::kStopTimeout);
    });
    workers_.drain();
    if (!was_leading) {
      workers_left_ = 0;
      flush_when_drained();
      return;
    }
    timer_.set(monotonic_now() + options_.drain_timeout, [this] {
      log::warn("passes_cancelled", {{"count", workers_.gauges().active_workers}});
      workers_.cancel();
    });
    flush_when_drained();
  }

  void flush_when_drained() {
    if (phase_ != Phase::kDraining || workers_left_ > 0) {
      return;
    }
    phase_ = Phase::kFlushing;
    flush_until_ = monotonic_now() + std::chrono::seconds(2);
    flush();
  }

  void flush() {
    if (events_.pending_count() > 0 && monotonic_now() < flush_until_) {
      timer_.set(monotonic_now() + std::chrono::milliseconds(20), [this] { flush(); });
      return;
    }
    timer_.set(std::nullopt, {});
    phase_ = Phase::kReleasing;
    for (const auto& each : cache_.runners()) {
      each->stop();
    }
    gate_.shut();
    if (lease_ == nullptr) {
      finish(ManagerEnd::kStopped);
    } else {
      metrics_.set_leader(options_.lease->lease.name, false);
      lease_->stop();
    }
  }

  void lose(const std::string& reason) {
    gate_.shut();
    workers_.drain();
    workers_.cancel();
    log::error("lease_lost", {{"reason", reason}});
    finish(ManagerEnd::kLeaseLost);
  }

  void finish(ManagerEnd end) {
    if (phase_ == Phase::kOver) {
      return;
    }
    phase_ = Phase::kOver;
    gate_.shut();
    end_ = end;
    loop_.stop();
  }

  // ---- probes ---------------------------------------------------------------------------------
  [[nodiscard]] std::string health() const {
    // A pass is cancelled at its timeout; one that goes on for long after it hangs.
    if (workers_.gauges().longest_running > 3 * options_.pass_timeout) {
      return "a pass hangs";
    }
    // A leader that cannot renew exits by itself; if it is still here, its loop hung meanwhile.
    if (phase_ == Phase::kLeading && !gate_.is_open()) {
      return "the lease was not renewed";
    }
    return {};
  }

  [[nodiscard]] std::string readiness() const {
    std::string waiting;
    for (const auto& each : cache_.runners()) {
      if (!each->is_synced()) {
        waiting += waiting.empty() ? "waiting for the first list of " : ", ";
        waiting += each->options().kind.plural;
      }
    }
    return waiting;
  }

  std::string scrape() {
    metrics_.set_queue(workers_.gauges());
    return metrics_.text();
  }

  const ManagerOptions options_;
  transport::HttpTransport& transport_;
  Metrics& metrics_;
  kube::Dice dice_;
  EventLoop loop_;
  Probes probes_;
  std::vector<std::unique_ptr<admin::HttpServer>> servers_;
  std::string bound_;
  LoopTimer timer_;     ///< Of the phase.
  LoopTimer deadline_;  ///< Of the stop.
  transport::WriteGate gate_;
  transport::KubeClient client_;
  InformerCache cache_;
  EventSink events_;
  std::unique_ptr<LeaseRunner> lease_;
  log::RateLimit trouble_log_{20, std::chrono::seconds(60)};
  Phase phase_ = Phase::kStarting;
  ManagerEnd end_ = ManagerEnd::kStopped;
  size_t workers_left_ = 0;
  TimePoint flush_until_;
  Workers workers_;  ///< Last: its threads use the rest.
};

Manager::Manager(ManagerOptions options, transport::HttpTransport& transport,
                 Reconciler& reconciler, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), transport, reconciler, metrics)) {}
Manager::~Manager() = default;

Status Manager::listen() { return impl_->listen(); }
ManagerEnd Manager::run() { return impl_->run(); }
void Manager::stop() { impl_->stop(); }
std::string Manager::probe_address() const { return impl_->probe_address(); }

}  // namespace quorate::controller
