// Driving the model.
#include "tests/operator/simulation/kubernetes.h"

#include <utility>

#include "operator/api/crd.h"
#include "server/base/overloaded.h"

namespace quorate::opsim {

namespace {

constexpr const char* kImages[] = {"quorate:1", "quorate:2", "quorate:3"};

local::WorldOptions options_of(const Context& context, std::vector<std::string> zones) {
  local::WorldOptions options;
  options.history_count_max = 100;  // Nobody watches or pages: changes are read as they happen.
  options.surroundings.seed = context.settings.seed;
  options.nodes = {.zones = std::move(zones), .nodes_per_zone = 3};
  options.kubelet.images.emplace(std::begin(kImages), std::end(kImages));
  options.kubelet.backoff_ms_max = 20'000;
  return options;
}

}  // namespace

Kubernetes::Kubernetes(Context& context, Runtime& runtime, std::vector<std::string> zones)
    : context_(context), runtime_(runtime), world_(options_of(context, std::move(zones))) {
  world_.create(context_.wall());
  const std::string definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  person("POST", definitions, api::crd());
  for (const char* const space : {kSpace, "operators"}) {
    person("POST", "/api/v1/namespaces",
           {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", space}}}});
  }
}

Answer Kubernetes::handle(const std::string& method, const std::string& target,
                          const std::string& content_type, const std::string& body) {
  local::ApiResponse response = world_.handle({.method = method,
                                               .target = target,
                                               .content_type = content_type,
                                               .accept = "application/json",
                                               .user_agent = "simulation",
                                               .body = body},
                                              context_.wall());
  pump();
  if (response.code >= 200 && response.code < 300) {
    return std::move(response.body);
  }
  kube::ApiError error = kube::error_of_status(response.body, response.code);
  if (response.retry_after_s > 0) {
    error.retry_after = std::chrono::seconds(response.retry_after_s);
  }
  return error;
}

Answer Kubernetes::serve(const kube::Request& request) {
  return handle(std::string(request.method), request.target, std::string(request.content_type),
                request.body);
}

bool Kubernetes::person(const std::string& method, const std::string& target, const Json& body,
                        bool may_fail) {
  const char* const type = method == "PATCH" ? "application/merge-patch+json" : "application/json";
  const Answer answer = handle(method, target, type, body.is_null() ? "" : body.dump());
  if (!answer && !may_fail) {
    context_.violate("api", method + " " + target + ": " + answer.error().message);
  }
  return answer.ok();
}

void Kubernetes::tell(const local::RuntimeEvent& event) {
  world_.on_event(event, context_.wall());
  pump();
}

local::ObjectPtr Kubernetes::find(const std::string& resource, const std::string& name,
                                  const std::string& space) const {
  return world_.store().find({resource, space, name});
}

std::vector<local::ObjectPtr> Kubernetes::list(const std::string& resource,
                                               const std::string& space) const {
  return world_.store().list(resource, space);
}

void Kubernetes::pump() {
  if (is_pumping_) {
    return;
  }
  is_pumping_ = true;
  while (true) {
    const std::vector<local::RuntimeAction> actions = world_.step(context_.wall());
    if (actions.empty()) {
      break;
    }
    for (const local::RuntimeAction& action : actions) {
      perform(action);
    }
  }
  is_pumping_ = false;
  hand_out_changes();
  const auto deadline = world_.next_deadline();
  if (!deadline) {
    return;
  }
  const int64_t left_ms = std::max<int64_t>(deadline->value - context_.wall().value, 1);
  const TimePoint at = context_.now() + std::chrono::milliseconds(left_ms);
  if (!pump_at_ || at < *pump_at_) {
    pump_at_ = at;
    context_.queue.at(at, [this, at] {
      if (pump_at_ == at) {
        pump_at_.reset();
        pump();
      }
    });
  }
}

void Kubernetes::perform(const local::RuntimeAction& action) {
  std::visit(Overloaded{[&](const local::StartContainer& start) { runtime_.start(start); },
                        [&](const local::StopContainer& stop) { runtime_.stop(stop); },
                        [&](const local::RunProbe& probe) {
                          world_.on_event(local::ProbeAnswered{.id = probe.id,
                                                               .kind = probe.kind,
                                                               .is_ok = runtime_.probe(probe),
                                                               .message = {}},
                                          context_.wall());
                        },
                        [&](const local::ProjectVolume&) {}, [&](const local::RemovePod&) {}},
             action);
}

void Kubernetes::hand_out_changes() {
  const auto changes = world_.store().changes_after(seen_revision_);
  if (!changes) {
    context_.violate("api", "history was forgotten before it was read");
    return;
  }
  const std::vector<local::Change> fresh(changes->begin, changes->end);
  for (const local::Change& change : fresh) {
    seen_revision_ = change.revision;
    // Who follows may be gone after the one before it was told.
    for (size_t i = 0; i < followers_.size(); ++i) {
      followers_[i]->changed(change);
    }
  }
  world_.trim_history();
}

}  // namespace quorate::opsim
