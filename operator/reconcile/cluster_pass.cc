// The stages of a pass.
#include "operator/reconcile/cluster_pass.h"

#include <algorithm>
#include <utility>

#include "operator/api/json_mapping.h"
#include "operator/api/names.h"
#include "operator/controller/field_manager.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/resources/bundle.h"
#include "server/base/text.h"
#include "server/log/log.h"

namespace quorate::reconcile {

namespace {

using controller::ReconcileResult;
using nlohmann::json;

/// Reports of this age still count: a pass that a round has woken begins within it.
constexpr Duration kReportAgeMax = std::chrono::milliseconds(1500);
/// After an act the world is about to change.
constexpr Duration kAfterAct = std::chrono::milliseconds(200);
constexpr Duration kAfterRefusal = std::chrono::seconds(1);

/// The merge patch that makes `from` into `to`: null for what goes. Server-side apply would leave
/// behind what others have touched, and a record has to be exactly what was decided.
json merge_difference(const json& from, const json& to) {
  if (!from.is_object() || !to.is_object()) {
    return to;
  }
  json patch = json::object();
  for (const auto& [key, value] : from.items()) {
    if (!to.contains(key)) {
      patch[key] = nullptr;
    }
  }
  for (const auto& [key, value] : to.items()) {
    const auto found = from.find(key);
    if (found == from.end() || *found != value) {
      patch[key] = found == from.end() ? value : merge_difference(*found, value);
    }
  }
  return patch;
}

const json& status_of(const json& object) {
  static const json kNone = json::object();
  const json* const found = kube::find_at(object, {"status"});
  return found != nullptr && found->is_object() ? *found : kNone;
}

/// An invalid object that is being deleted must still go, by the policy that can be read.
api::ValidatedCluster leftover_of(const json& object) {
  api::ValidatedCluster cluster;
  cluster.name_space = kube::namespace_of(object);
  cluster.name = kube::name_of(object);
  cluster.uid = kube::uid_of(object);
  cluster.is_deleting = true;
  cluster.has_finalizer = kube::has_finalizer(object, api::kFinalizer);
  if (kube::text_at(object, {"spec", "storage", "reclaimPolicy"}) == "Delete") {
    cluster.reclaim = api::Reclaim::kDelete;
  }
  return cluster;
}

}  // namespace

ClusterPass::End ClusterPass::validate() {
  recorded_ = api::read<api::QuorumClusterStatus>(status_of(object_), "status").value;
  // Cleared, but left standing by somebody.
  if (recorded_.has_in_flight() && recorded_.in_flight().kind().empty()) {
    recorded_.clear_in_flight();
  }
  api::Validation validation = api::validate(object_, shared_.parts.release);
  const bool is_new = recorded_.observed_generation() != kube::generation_of(object_);
  if (!validation.unknown.empty() && is_new) {
    tell({.is_warning = true,
          .reason = "UnknownFields",
          .message = "fields that this operator does not know are passed over: " +
                     join(validation.unknown, ", ") + "; a newer operator may know them"});
  }
  if (validation.cluster) {
    cluster_ = std::move(validation.cluster);
  } else if (kube::is_being_deleted(object_)) {
    cluster_ = leftover_of(object_);
  } else {
    return refuse(validation);
  }
  if (cluster_->is_deleting && !cluster_->has_finalizer) {
    return ReconcileResult::done();
  }
  return std::nullopt;
}

/// What runs is left as it is: only the status says what is wrong.
ClusterPass::End ClusterPass::refuse(const api::Validation& validation) {
  plan_ = plan::refuse(validation.problems, recorded_,
                       static_cast<int32_t>(kube::generation_of(object_)), pass_.now().wall);
  if (auto end = status()) {
    return end;
  }
  return ReconcileResult::done();
}

ClusterPass::End ClusterPass::observe() {
  auto seen = look(pass_, *cluster_, recorded_, shared_.secrets);
  if (!seen) {
    return ReconcileResult::of(seen.error());
  }
  seen_ = *std::move(seen);
  if (auto end = look_at_certificates()) {
    return end;
  }
  seen_.observed.refusals = shared_.refusals.of(pass_.key(), cluster_->generation);
  if (cluster_->is_deleting || seen_.token.empty()) {
    return std::nullopt;
  }
  auto reports = shared_.rounds.take(pass_.key(), {.members = targets_of(seen_, recorded_),
                                                   .token = seen_.token,
                                                   .now = pass_.now().monotonic,
                                                   .age_max = kReportAgeMax,
                                                   .wake = pass_.waker()});
  if (!reports) {
    return ReconcileResult::after(2 * MemberClient::kAskTimeout);
  }
  reports_ = *std::move(reports);
  const bool is_refused = std::ranges::any_of(
      reports_, [](const auto& each) { return each.second.error == kTokenRefused; });
  if (is_refused) {
    forget_token();
  }
  return std::nullopt;
}

ClusterPass::End ClusterPass::look_at_certificates() {
  if (!cluster_->tls_managed || cluster_->is_deleting) {
    return std::nullopt;
  }
  auto found = read_managed(pass_, *cluster_, shared_.secrets);
  if (!found) {
    return ReconcileResult::of(found.error());
  }
  certificates_ = *std::move(found);
  seen_.authorities_pem = certificates::trusted_pem(certificates_.bundle);
  seen_.observed.certificates = health_of(certificates_, hosts_of(*cluster_, recorded_),
                                          shared_.parts.certificate_terms, pass_.now().wall);
  return std::nullopt;
}

plan::Input ClusterPass::input() const {
  return {.cluster = *cluster_,
          .recorded = recorded_,
          .observed = seen_.observed,
          .reports = reports_,
          .now = pass_.now().wall,
          .fresh_ensemble_id = fresh_ensemble_id_,
          .fresh_token = fresh_token_};
}

ClusterPass::End ClusterPass::plan() {
  if (recorded_.ensemble_id().empty() || !cluster_->recovery_asked.empty()) {
    fresh_ensemble_id_ = shared_.parts.random.ensemble_id();
  }
  if (!seen_.observed.has_admin_secret) {
    fresh_token_ = shared_.parts.random.token();
  }
  plan_ = plan::make_plan(input());
  return std::nullopt;
}

ClusterPass::End ClusterPass::status() {
  if (plan_.is_status_changed) {
    // By the version that was read: whoever decided on an older record decides again.
    const json body = {
        {"metadata",
         {{"uid", kube::uid_of(object_)}, {"resourceVersion", kube::resource_version_of(object_)}}},
        {"status", merge_difference(status_of(object_), api::write(plan_.status))}};
    auto answer = pass_.send(kube::merge_patch(kube::kQuorumCluster, pass_.key(), body,
                                               controller::kStatusManager, "status"));
    if (!answer) {
      // A conflict passes as soon as the cache has the newer version.
      ReconcileResult result = ReconcileResult::error("status: " + answer.error().message);
      result.delay = answer.error().retry_after.value_or(Duration::zero());
      return result;
    }
    object_ = *std::move(answer);
    recorded_ = plan_.status;
  }
  shared_.parts.metrics.set(pass_.key(), plan_.status, pass_.now().monotonic);
  for (const plan::Event& event : plan_.events) {
    tell(event);
  }
  return std::nullopt;
}

void ClusterPass::tell(const plan::Event& event) {
  pass_.record({.regarding = kube::reference_to(kube::kQuorumCluster, object_),
                .type = event.is_warning ? kube::EventType::kWarning : kube::EventType::kNormal,
                .reason = event.reason,
                .action = "Reconcile",
                .note = event.message});
  log::info("told", {{"reconcile_id", pass_.id()},
                     {"namespace", pass_.key().space},
                     {"name", pass_.key().name},
                     {"reason", event.reason},
                     {"message", event.message}});
}

ClusterPass::End ClusterPass::apply() {
  // A finalizer that is to be there goes before the objects whose end it guards.
  const auto is_finalizer = [](const plan::Action& action) {
    return std::holds_alternative<plan::AddFinalizer>(action);
  };
  std::ranges::stable_partition(plan_.actions, is_finalizer);
  auto action = plan_.actions.begin();
  for (; action != plan_.actions.end() && is_finalizer(*action); ++action) {
    if (auto end = perform(*action)) {
      return end;
    }
  }
  if (auto end = apply_objects()) {
    return end;
  }
  for (; action != plan_.actions.end(); ++action) {
    if (pass_.is_over()) {
      return ReconcileResult::error("the pass has to end");
    }
    if (auto end = perform(*action)) {
      return end;
    }
  }
  return std::nullopt;
}

/// The next pass reads the Secret again.
void ClusterPass::forget_token() {
  shared_.secrets.forget(
      {.space = pass_.key().space, .name = api::admin_secret_name(pass_.key().name)});
}

/// Before the Pods that mount them.
ClusterPass::End ClusterPass::apply_certificates() {
  if (!cluster_->tls_managed) {
    return std::nullopt;
  }
  const Applied applied =
      write_managed(pass_, *cluster_, certificates_, hosts_of(*cluster_, plan_.status),
                    shared_.parts.certificate_terms);
  if (applied.writes > 0) {
    has_acted_ = true;
    for (const std::string& name : {api::authority_secret_name(cluster_->name),
                                    api::quorum_tls_secret_name(cluster_->name)}) {
      shared_.secrets.forget({.space = pass_.key().space, .name = name});
    }
  }
  return applied.error ? refused(applied) : std::nullopt;
}

ClusterPass::End ClusterPass::apply_objects() {
  if (!plan_.blueprint) {
    return std::nullopt;
  }
  if (auto end = apply_certificates()) {
    return end;
  }
  const std::vector<json> objects = resources::in_order(resources::build(*plan_.blueprint));
  const Applied applied = apply_bundle(pass_, objects, cluster_->uid, seen_);
  if (!plan_.blueprint->new_admin_token.empty()) {
    forget_token();
  }
  if (applied.error) {
    return refused(applied);
  }
  const Applied swept = sweep_orphans(pass_, objects, cluster_->uid);
  if (swept.error) {
    return refused(swept);
  }
  shared_.refusals.clear(pass_.key());
  has_acted_ = has_acted_ || applied.writes + swept.writes > 0;
  return std::nullopt;
}

/// What a person has to know of is in the status of the next pass.
void ClusterPass::remember_refusal(const kube::ApiError& error, const std::string& message) {
  const bool is_refusal = error.kind == kube::ApiErrorKind::kInvalid ||
                          error.kind == kube::ApiErrorKind::kForbidden ||
                          error.kind == kube::ApiErrorKind::kBadRequest;
  if (is_refusal) {
    shared_.refusals.set(pass_.key(), cluster_->generation, message);
  }
}

ClusterPass::End ClusterPass::refused(const Applied& applied) {
  const kube::ApiError& error = *applied.error;
  const std::string message = applied.object + ": " + error.message;
  remember_refusal(error, message);
  ReconcileResult result = ReconcileResult::error(message);
  result.delay = error.retry_after.value_or(Duration::zero());
  return result;
}

kube::ApiResult<bool> ClusterPass::is_still_planned(const plan::Action& action) {
  if (auto live = look_live(pass_, *cluster_, seen_); !live) {
    return live.error();
  }
  if (!cluster_->is_deleting) {
    reports_ = ask_and_wait(shared_.parts.members, targets_of(seen_, recorded_), seen_.token,
                            pass_.scope());
  }
  const plan::Plan again = plan::make_plan(input());
  const std::string wanted = plan::text_of(action);
  return std::ranges::any_of(
      again.actions, [&](const plan::Action& each) { return plan::text_of(each) == wanted; });
}

ClusterPass::End ClusterPass::perform(const plan::Action& action) {
  const std::string text = plan::text_of(action);
  const auto log_line = [&](log::Level level, std::string_view event, const std::string& reason) {
    log::write(level, event,
               {{"reconcile_id", pass_.id()},
                {"namespace", pass_.key().space},
                {"name", pass_.key().name},
                {"action", text},
                {"reason", reason}});
  };
  if (plan::reduces_quorum(action)) {
    const auto is_planned = is_still_planned(action);
    if (!is_planned) {
      return ReconcileResult::of(is_planned.error());
    }
    if (!*is_planned) {
      log_line(log::Level::kInfo, "action_dropped", "what was read live does not ask for it");
      return ReconcileResult::after(kAfterAct);
    }
  }
  has_acted_ = true;
  const ActionEnd end = perform_action({.pass = pass_,
                                        .cluster = *cluster_,
                                        .recorded = recorded_,
                                        .seen = seen_,
                                        .members = shared_.parts.members,
                                        .object = object_},
                                       action);
  if (end.kind != ActionEnd::Kind::kFailed) {
    // Members are asked anew; where nothing was done their answers would only bring the next try
    // forward, past the queue's back-off.
    shared_.rounds.forget(pass_.key());
  }
  shared_.parts.metrics.count_action(pass_.key(), text.substr(0, text.find(' ')));
  switch (end.kind) {
    case ActionEnd::Kind::kDone:
      log_line(log::Level::kInfo, "action", "");
      return std::nullopt;
    case ActionEnd::Kind::kLater:
    case ActionEnd::Kind::kUnknown:
      log_line(log::Level::kWarn, "action_refused", end.message);
      if (end.is_token_refused) {
        forget_token();
      }
      return ReconcileResult::after(kAfterRefusal);
    case ActionEnd::Kind::kFailed:
      remember_refusal(end.error, text + ": " + end.message);
      tell({.is_warning = true, .reason = "ActionFailed", .message = text + ": " + end.message});
      return ReconcileResult::of(end.error);
  }
  return std::nullopt;
}

ReconcileResult ClusterPass::next() const {
  if (has_acted_) {
    return ReconcileResult::after(kAfterAct);
  }
  return ReconcileResult::after(std::chrono::seconds(plan_.recheck_after_s));
}

}  // namespace quorate::reconcile
