// Passes, queue and lease of one instance.
#include "tests/operator/simulation/operator_process.h"

#include <chrono>
#include <utility>

#include "operator/controller/field_manager.h"
#include "operator/controller/workers.h"
#include "operator/kube/dice.h"
#include "operator/kube/object.h"
#include "server/base/overloaded.h"

namespace quorate::opsim {

namespace {

using controller::ReconcileResult;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPassTimeout = seconds(60);
const kube::ObjectKey kLeaseKey{.space = "operators", .name = "operator"};
const kube::ObjectKey kClusterKey{.space = kSpace, .name = kCluster};

}  // namespace

class OperatorProcess::FixedRandom final : public reconcile::Random {
 public:
  explicit FixedRandom(Context& context) : context_(context) {}
  std::string ensemble_id() override { return digits(16); }
  std::string token() override { return digits(64); }

 private:
  std::string digits(size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i) {
      text += "0123456789abcdef"[context_.random.below(16)];
    }
    return text;
  }
  Context& context_;
};

/// The way to the members. A live read waits for its answers; a round that was begun for a later
/// pass is answered later.
class OperatorProcess::Members final : public reconcile::MemberClient {
 public:
  explicit Members(OperatorProcess& process) : process_(process) {}

  void ask(std::vector<reconcile::MemberTarget> members, Secret token,
           std::function<void(reconcile::MemberReports)> on_done) override {
    Context& context = process_.context_;
    const Duration delay = context.random.between(milliseconds(2), milliseconds(40));
    if (process_.reads_live_) {
      process_.advance(delay);
      reconcile::MemberReports reports = collect(members, token);
      process_.judge_.read_live(process_.name_);
      process_.advance(delay);
      on_done(std::move(reports));
      return;
    }
    context.queue.after(
        delay, [self = process_.weak_from_this(), this, members, token, then = std::move(on_done)] {
          const auto alive = self.lock();
          if (alive && !alive->is_dead_) {
            then(collect(members, token));
          }
        });
  }

  reconcile::MemberAnswer order(const reconcile::MemberTarget& member, const Secret& token,
                                const reconcile::MemberOrder& order,
                                const transport::CallScope&) override {
    Context& context = process_.context_;
    if (!process_.is_dead_ && !process_.may_write()) {
      context.violate(process_.name_, "gives an order without the lease: " + order.path);
    }
    process_.advance(context.random.between(milliseconds(2), milliseconds(100)));
    const bool fails = context.has(Fault::kOrderLost) && context.random.one_in(6);
    const bool is_lost = process_.is_dead_ || (fails && context.random.one_in(2));
    reconcile::MemberAnswer answer{.error = "the connection broke"};
    if (!is_lost) {
      answer = process_.judge_.order(process_.name_, member.name, order, [&] {
        return process_.ensemble_.order(member, token.reveal(), order);
      });
    }
    process_.advance(context.random.between(milliseconds(2), milliseconds(100)));
    return fails || process_.is_dead_ ? reconcile::MemberAnswer{.error = "no answer in time"}
                                      : answer;
  }

 private:
  reconcile::MemberReports collect(const std::vector<reconcile::MemberTarget>& members,
                                   const Secret& token) {
    Context& context = process_.context_;
    reconcile::MemberReports reports;
    for (const reconcile::MemberTarget& each : members) {
      const bool is_lost = context.has(Fault::kMemberSilent) && context.random.one_in(60);
      reports.emplace(each.name, is_lost ? ensemble::unreachable("no answer in time")
                                         : process_.ensemble_.report(each, token.reveal()));
    }
    if (context.has(Bug::kTrustsStaleReads)) {
      if (context.now() - process_.stale_since_ < seconds(20) &&
          process_.stale_reports_.size() == reports.size()) {
        return process_.stale_reports_;
      }
      process_.stale_reports_ = reports;
      process_.stale_since_ = context.now();
    }
    return reports;
  }

  OperatorProcess& process_;
};

class OperatorProcess::SimPass final : public controller::Pass {
 public:
  SimPass(OperatorProcess& process, kube::ObjectKey key)
      : process_(process),
        key_(std::move(key)),
        scope_{.deadline = process.context_.now() + kPassTimeout, .stop = {}} {}

  const kube::ObjectKey& key() const override { return key_; }
  const std::string& id() const override { return id_; }
  const controller::Cache& cache() const override { return *process_.cache_; }
  kube::ApiResult<Json> send(const kube::Request& request) override {
    if (is_over()) {
      return kube::ApiError{.kind = kube::ApiErrorKind::kCancelled, .message = "it has to end"};
    }
    process_.reads_live_ = process_.reads_live_ || request.verb == kube::Verb::kList;
    Answer answer = process_.send(request);
    const bool has_version =
        answer.ok() && kube::is_write(request.verb) && request.verb != kube::Verb::kDelete &&
        request.verb != kube::Verb::kEvict && process_.cache_->watches(request.plural);
    if (has_version) {
      process_.expectations_.expect(key_, kube::resource_version_of(*answer),
                                    process_.context_.now());
    }
    return answer;
  }
  bool may_write() const override { return process_.may_write(); }
  std::function<void()> waker() override {
    return [self = process_.weak_from_this(), key = key_] {
      if (const auto alive = self.lock()) {
        alive->wake(key);
      }
    };
  }
  void record(kube::EventNote note) override {
    process_.context_.note(process_.name_, note.reason + ": " + note.note);
  }
  const transport::CallScope& scope() const override { return scope_; }
  bool is_over() const override {
    return process_.is_dead_ || process_.context_.now() >= scope_.deadline;
  }
  Now now() const override {
    return {.monotonic = process_.context_.now(), .wall = process_.context_.wall()};
  }

 private:
  OperatorProcess& process_;
  const kube::ObjectKey key_;
  const std::string id_ = "pass";
  const transport::CallScope scope_;
};

OperatorProcess::OperatorProcess(Context& context, Kubernetes& kubernetes, Ensemble& ensemble,
                                 Judge& judge, std::string name)
    : context_(context),
      kubernetes_(kubernetes),
      ensemble_(ensemble),
      judge_(judge),
      name_(std::move(name)),
      lease_({.lease = kLeaseKey, .identity = name_}, kube::Dice(context.random.next())),
      random_(std::make_unique<FixedRandom>(context)),
      members_(std::make_unique<Members>(*this)),
      metrics_(std::make_unique<reconcile::ClusterMetrics>(registry_)),
      reconciler_(std::make_unique<reconcile::ClusterReconciler>(
          reconcile::ReconcilerParts{.members = *members_,
                                     .random = *random_,
                                     .metrics = *metrics_,
                                     .release = {.image = "quorate:1"}})) {}

OperatorProcess::~OperatorProcess() = default;

void OperatorProcess::start() {
  context_.note(name_, "starts");
  cache_ = std::make_unique<LaggingCache>(
      context_, kubernetes_,
      [this](const kube::ResourceKind& kind, const local::ObjectPtr& before,
             const local::ObjectPtr& after) { seen(kind, before, after); });
  queue_.add(kClusterKey, kube::kPriorityList, context_.now());
  step_lease(kube::LeaseStart{});
}

void OperatorProcess::kill() {
  if (!is_dead_) {
    is_dead_ = true;
    is_leading_ = false;
    context_.note(name_, "is killed");
  }
}

void OperatorProcess::advance(Duration duration) {
  if (context_.is_calm) {
    kill_in_.reset();
    freeze_in_.reset();
  }
  if (kill_in_ && (*kill_in_)-- == 0) {
    kill();
    return;
  }
  if (freeze_in_ && (*freeze_in_)-- == 0) {
    freeze_in_.reset();
    frozen_until_ = context_.now() + freeze_for_;
    context_.note(name_, "freezes");
  }
  context_.advance(duration);
  while (!is_dead_ && context_.now() < frozen_until_) {
    context_.advance(frozen_until_ - context_.now());
  }
}

bool OperatorProcess::may_write() const {
  return context_.has(Bug::kIgnoresLeaseLoss) || context_.now() < writes_until_;
}

Caller OperatorProcess::caller() {
  return {.name = name_,
          .advance = [this](Duration duration) { advance(duration); },
          .is_dead = [this] { return is_dead_; },
          .may_write = [this] { return may_write(); }};
}

Answer OperatorProcess::send(const kube::Request& request) {
  if (context_.has(Bug::kTrustsStaleReads) && request.verb == kube::Verb::kList &&
      cache_->watches(request.plural)) {
    for (const kube::ResourceKind& kind :
         {kube::kPod, kube::kPersistentVolumeClaim, kube::kStatefulSet}) {
      if (kind.plural == request.plural) {
        Json items = Json::array();
        for (const Json& object : cache_->list(kind, kSpace)) {
          items.push_back(object);
        }
        return Json{{"kind", "List"}, {"items", std::move(items)}};
      }
    }
  }
  Answer answer = send_over_wire(context_, judge_, caller(), request);
  const bool is_new = request.verb == kube::Verb::kApply || request.verb == kube::Verb::kCreate;
  if (context_.has(Bug::kRetriesUnderOtherName) && is_new && !answer &&
      answer.error().is_outcome_unknown()) {
    Json body = Json::parse(request.body);
    body["metadata"]["name"] = local::name_of(body) + "-2";
    return send_over_wire(
        context_, judge_, caller(),
        kube::create(request.plural == "configmaps" ? kube::kConfigMap : kube::kService, body, ""));
  }
  if (context_.has(Bug::kWritesSpec) && request.verb == kube::Verb::kEvict) {
    static_cast<void>(send_over_wire(
        context_, judge_, caller(),
        kube::merge_patch(kube::kQuorumCluster, kClusterKey,
                          {{"spec", {{"update", {{"batch", "All"}, {"allowDowntime", true}}}}}},
                          "")));
  }
  return answer;
}

// ---- lease ----------------------------------------------------------------------------------

void OperatorProcess::step_lease(kube::LeaseEvent event) {
  if (is_dead_) {
    return;
  }
  if (context_.now() < frozen_until_) {
    context_.queue.at(frozen_until_, [self = shared_from_this(), event = std::move(event)] {
      self->step_lease(event);
    });
    return;
  }
  kube::LeaseActions actions;
  lease_.step(std::move(event), {.monotonic = context_.now(), .wall = context_.wall()}, actions);
  for (kube::LeaseAction& action : actions) {
    perform(action);
  }
  const auto next = lease_.next_deadline();
  if (next && lease_at_ != next) {
    lease_at_ = next;
    context_.queue.at(*next, [self = shared_from_this(), at = *next] {
      if (self->lease_at_ == at) {
        self->lease_at_.reset();
        self->step_lease(kube::LeaseDeadline{});
      }
    });
  }
}

template <typename Event>
void OperatorProcess::send_lease(kube::LeaseRequest number, kube::Request request) {
  const auto latency = [this] {
    const bool is_slow = context_.has(Fault::kSlowServer) && context_.random.one_in(20);
    return context_.random.between(milliseconds(1), milliseconds(is_slow ? 3000 : 8));
  };
  const bool is_lost = context_.has(Fault::kLostRequest) && context_.random.one_in(30);
  context_.queue.after(latency(), [self = shared_from_this(), number, request, is_lost, latency] {
    if (is_lost) {
      return;
    }
    Answer answer = self->judge_.read(request);
    self->context_.queue.after(latency(), [self, number, answer = std::move(answer)] {
      self->step_lease(Event{.request = number, .result = answer});
    });
  });
}

void OperatorProcess::perform(kube::LeaseAction& action) {
  const auto lead = [this](TimePoint until) {
    writes_until_ = until;
    if (!is_leading_) {
      context_.note(name_, "has the lease");
      is_leading_ = true;
      schedule();
    }
  };
  std::visit(Overloaded{
                 [&](const kube::ReadLease& read) {
                   send_lease<kube::LeaseRead>(read.request, kube::get(kube::kLease, kLeaseKey));
                 },
                 [&](const kube::WriteLease& write) {
                   send_lease<kube::LeaseWritten>(
                       write.request,
                       write.is_create
                           ? kube::create(kube::kLease, write.object, controller::kFieldManager)
                           : kube::update(kube::kLease, write.object, controller::kFieldManager));
                 },
                 [&](const kube::LeaderStarted& started) { lead(started.until); },
                 [&](const kube::LeaderRenewed& renewed) { lead(renewed.until); },
                 [&](const kube::LeaderLost& lost) {
                   context_.note(name_, "lost the lease: " + lost.reason);
                   if (!context_.has(Bug::kIgnoresLeaseLoss)) {
                     kill();
                   }
                 },
                 [](const auto&) {},
             },
             action);
}

// ---- queue ----------------------------------------------------------------------------------

void OperatorProcess::seen(const kube::ResourceKind& kind, const local::ObjectPtr& before,
                           const local::ObjectPtr& after) {
  if (after) {
    expectations_.observe(kube::resource_version_of(*after));
  }
  const bool is_echo = kind == kube::kQuorumCluster && before && after &&
                       !kube::differs_beyond_status(*before, *after);
  if (!is_echo) {
    wake(kClusterKey);
  }
}

void OperatorProcess::wake(const kube::ObjectKey& key) {
  queue_.add(key, kube::kPriorityLive, context_.now());
  schedule();
}

void OperatorProcess::schedule() {
  const auto next = queue_.next_deadline();
  if (!is_leading() || is_busy_ || !next || (work_at_ && *work_at_ <= *next)) {
    return;
  }
  const TimePoint at = std::max({*next, frozen_until_, context_.now()});
  work_at_ = at;
  context_.queue.at(at, [self = shared_from_this(), at] {
    if (self->work_at_ == at) {
      self->work_at_.reset();
      self->work();
    }
  });
}

void OperatorProcess::work() {
  if (!is_leading() || is_busy_) {
    return;
  }
  if (context_.now() < frozen_until_) {
    schedule();
    return;
  }
  if (const auto key = queue_.take(context_.now())) {
    if (const auto until = expectations_.wait_until(*key, context_.now())) {
      queue_.done(*key, context_.now());
      queue_.add_after(*key, std::min<Duration>(*until - context_.now(), milliseconds(50)),
                       context_.now());
    } else {
      run(*key);
    }
  }
  schedule();
}

void OperatorProcess::run(const kube::ObjectKey& key) {
  ++passes_;
  is_busy_ = true;
  reads_live_ = false;
  SimPass pass(*this, key);
  const ReconcileResult result = reconciler_->reconcile(pass);
  is_busy_ = false;
  controller::requeue(queue_, key, result, context_.now());
  if (result.kind == ReconcileResult::Kind::kError ||
      result.kind == ReconcileResult::Kind::kTerminal) {
    context_.note(name_, "pass: " + result.message);
  }
}

}  // namespace quorate::opsim
