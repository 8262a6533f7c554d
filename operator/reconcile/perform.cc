// One function an action.
#include "operator/reconcile/perform.h"

#include <algorithm>
#include <utility>

#include "operator/api/names.h"
#include "operator/controller/field_manager.h"
#include "operator/ensemble/member_report.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/resources/zoo_cfg.h"
#include "operator/transport/clock.h"
#include "server/base/overloaded.h"

namespace quorate::reconcile {

namespace {

using nlohmann::json;
using Kind = ActionEnd::Kind;

/// A member commits an order within this time or says that it did not.
constexpr Duration kOrderTimeout = std::chrono::seconds(15);

ActionEnd end_of(const kube::ApiResult<json>& answer) {
  if (answer.ok()) {
    return {};
  }
  const kube::ApiError& error = answer.error();
  if (error.kind == kube::ApiErrorKind::kNotFound) {
    return {};  // What was to go is gone; what was to be changed will be seen to be gone.
  }
  if (error.kind == kube::ApiErrorKind::kConflict || error.is_disruption_budget()) {
    return {.kind = Kind::kLater, .message = error.message};
  }
  if (error.is_outcome_unknown()) {
    return {.kind = Kind::kUnknown, .message = error.message};
  }
  return {.kind = Kind::kFailed, .message = error.message, .error = error};
}

class Performer {
 public:
  explicit Performer(const ActionScope& scope) : scope_(scope) {}

  ActionEnd operator()(const plan::AddFinalizer&) const { return set_finalizer(true); }
  ActionEnd operator()(const plan::RemoveFinalizer&) const { return set_finalizer(false); }

  ActionEnd operator()(const plan::ConfirmFormed& action) const {
    return order(action.leader, {.path = "/v1/formed", .body = {}});
  }

  ActionEnd operator()(const plan::Reconfigure& action) const {
    json body = {{"expectedVersion", ensemble::hex_text(action.from_version)}};
    std::string joining;
    for (const resources::Server& server : action.joining) {
      joining += (joining.empty() ? "" : ",") + resources::server_line(scope_.cluster, server);
    }
    std::string leaving;
    for (const int id : action.leaving) {
      leaving += (leaving.empty() ? "" : ",") + std::to_string(id);
    }
    if (!joining.empty()) {
      body["joining"] = joining;
    }
    if (!leaving.empty()) {
      body["leaving"] = leaving;
    }
    return order(action.leader, {.path = "/v1/reconfig", .body = kube::to_body(body)});
  }

  ActionEnd operator()(const plan::TransferLeadership& action) const {
    return order(action.from, {.path = "/v1/transfer-leadership",
                               .body = kube::to_body({{"target", action.to_id}})});
  }

  ActionEnd operator()(const plan::EvictPod& action) const {
    return send(kube::evict(key(action.name), only(action.uid)));
  }

  ActionEnd operator()(const plan::DeletePod& action) const {
    return send(kube::remove(kube::kPod, key(action.name), only(action.uid)));
  }

  ActionEnd operator()(const plan::LabelPod& action) const {
    json labels;
    labels[std::string(api::labels::kRole)] = action.role;
    return patch(kube::kPod, action.name,
                 {{"metadata", {{"uid", action.uid}, {"labels", std::move(labels)}}}});
  }

  ActionEnd operator()(const plan::GrowClaim& action) const {
    return patch(kube::kPersistentVolumeClaim, action.name,
                 {{"spec", {{"resources", {{"requests", {{"storage", action.size}}}}}}}});
  }

  ActionEnd operator()(const plan::DeleteClaim& action) const {
    const auto live = read_live(scope_.pass, kube::kPersistentVolumeClaim, key(action.name));
    if (!live) {
      return end_of(live.error());
    }
    if (live->is_null()) {
      return {};
    }
    if (kube::uid_of(*live) != action.uid ||
        kube::label_of(*live, api::labels::kInstance) != scope_.cluster.name) {
      return {.kind = Kind::kLater, .message = "claim " + action.name + " is another one by now"};
    }
    kube::DeleteOptions options = only(action.uid);
    options.preconditions.resource_version = kube::resource_version_of(*live);
    return send(kube::remove(kube::kPersistentVolumeClaim, key(action.name), options));
  }

  ActionEnd operator()(const plan::RetireClaim& action) const {
    json labels;
    labels[std::string(api::labels::kRetired)] = action.is_retired ? json("true") : json(nullptr);
    return patch(kube::kPersistentVolumeClaim, action.name,
                 {{"metadata", {{"uid", action.uid}, {"labels", std::move(labels)}}}});
  }

  ActionEnd operator()(const plan::StampClaim& action) const {
    json annotations;
    annotations[std::string(api::annotations::kEnsembleId)] = action.ensemble_id;
    return patch(kube::kPersistentVolumeClaim, action.name,
                 {{"metadata", {{"uid", action.uid}, {"annotations", std::move(annotations)}}}});
  }

  ActionEnd operator()(const plan::DeleteSet& action) const {
    kube::DeleteOptions options = only(action.uid);
    options.propagation =
        action.keeps_pods ? kube::Propagation::kOrphan : kube::Propagation::kBackground;
    return send(kube::remove(kube::kStatefulSet, key(action.name), options));
  }

 private:
  [[nodiscard]] kube::ObjectKey key(const std::string& name) const {
    return {.space = scope_.cluster.name_space, .name = name};
  }

  static kube::DeleteOptions only(const std::string& uid) {
    return {.preconditions = {.uid = uid, .resource_version = {}},
            .grace_period_seconds = std::nullopt};
  }

  [[nodiscard]] ActionEnd send(const kube::Request& request) const {
    return end_of(scope_.pass.send(request));
  }

  [[nodiscard]] ActionEnd patch(const kube::ResourceKind& kind, const std::string& name,
                                const json& body) const {
    return send(kube::merge_patch(kind, key(name), body, controller::kFieldManager));
  }

  /// By the version that was last seen: a finalizer of somebody else is never lost.
  [[nodiscard]] ActionEnd set_finalizer(bool is_wanted) const {
    json finalizers = json::array();
    const json* const present = kube::find_at(scope_.object, {"metadata", "finalizers"});
    bool is_there = false;
    for (const json& each : present != nullptr && present->is_array() ? *present : json::array()) {
      is_there = is_there || each == api::kFinalizer;
      if (each != api::kFinalizer) {
        finalizers.push_back(each);
      }
    }
    if (is_there == is_wanted) {
      return {};
    }
    if (is_wanted) {
      finalizers.push_back(api::kFinalizer);
    }
    auto answer = scope_.pass.send(
        kube::merge_patch(kube::kQuorumCluster, key(scope_.cluster.name),
                          {{"metadata",
                            {{"uid", scope_.cluster.uid},
                             {"resourceVersion", kube::resource_version_of(scope_.object)},
                             {"finalizers", std::move(finalizers)}}}},
                          controller::kFieldManager));
    ActionEnd end = end_of(answer);
    if (answer.ok()) {
      scope_.object = *std::move(answer);
    }
    return end;
  }

  [[nodiscard]] ActionEnd order(const std::string& member, const MemberOrder& what) const {
    const std::vector<MemberTarget> targets = targets_of(scope_.seen, scope_.recorded);
    const auto target = std::ranges::find(targets, member, &MemberTarget::name);
    if (target == targets.end()) {
      return {.kind = Kind::kLater, .message = "member " + member + " does not run"};
    }
    if (!scope_.pass.may_write()) {
      return {.kind = Kind::kLater, .message = what.path + ": this process has lost its lease"};
    }
    const transport::CallScope limits{
        .deadline =
            std::min(scope_.pass.scope().deadline, scope_.pass.now().monotonic + kOrderTimeout),
        .stop = scope_.pass.scope().stop};
    const MemberAnswer answer = scope_.members.order(*target, scope_.seen.token, what, limits);
    if (answer.ok()) {
      return {};
    }
    const std::string message = what.path + " at " + member + ": " + answer.text();
    return {.kind = answer.code == 0 || answer.code == 503 ? Kind::kUnknown : Kind::kLater,
            .message = message,
            .error = {},
            .is_token_refused = answer.code == 401 || answer.code == 403};
  }

  const ActionScope& scope_;
};

}  // namespace

ActionEnd perform_action(const ActionScope& scope, const plan::Action& action) {
  return std::visit(Performer(scope), action);
}

}  // namespace quorate::reconcile
