// The kubelet's answers to what happens to containers: starts, exits, probes.
#include <algorithm>

#include "operator/local/events.h"
#include "operator/local/kubelet.h"
#include "operator/local/pod_plan.h"
#include "operator/local/pods.h"
#include "server/base/overloaded.h"

namespace quorate::local {

namespace {

const char* probe_field(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::kStartup:
      return "startupProbe";
    case ProbeKind::kLiveness:
      return "livenessProbe";
    case ProbeKind::kReadiness:
      return "readinessProbe";
  }
  return "";
}

const char* probe_title(ProbeKind kind) {
  return kind == ProbeKind::kStartup    ? "Startup"
         : kind == ProbeKind::kLiveness ? "Liveness"
                                        : "Readiness";
}

const Json& container_spec(const Json& pod, const std::string& name) {
  static const Json kNone;
  for (const Json& container : list_at(pod, "spec/containers")) {
    if (text(container, "name") == name) {
      return container;
    }
  }
  return kNone;
}

}  // namespace

void Kubelet::restore(const std::set<ContainerId>& alive) {
  for (const ObjectPtr& pod : objects_.store().list("pods")) {
    const std::string uid = uid_of(*pod);
    if (text(*pod, "spec/nodeName").empty() || pod_has_ended(*pod)) {
      continue;
    }
    PodState& state = pods_[uid];
    state.key = {"pods", namespace_of(*pod), name_of(*pod)};
    for (const Json& status : list_at(*pod, "status/containerStatuses")) {
      const std::string name = text(status, "name");
      Container& container = state.containers[name];
      container.attempt = integer(status, "restartCount") + 1;
      container.last_state = at(status, "lastState/terminated");
      container.is_started = boolean(status, "started");
      container.is_ready = boolean(status, "ready");
      container.started_ms =
          parse_time(text(status, "state/running/startedAt")).value_or(objects_.now()).value;
      if (has(status, "state/running")) {
        container.state = Container::State::kRunning;
        if (!alive.contains({uid, name, container.attempt})) {
          on_exit({.id = {uid, name, container.attempt}, .exit_code = 137, .signal = 0});
        }
      } else if (has(status, "state/terminated")) {
        container.state = Container::State::kEnded;
        container.terminated = at(status, "state/terminated");
      } else if (!has(status, "containerID")) {
        container.attempt = integer(status, "restartCount");
      }
    }
  }
}

void Kubelet::on_event(const RuntimeEvent& event) {
  const std::string& uid =
      std::visit([](const auto& any) -> const std::string& { return any.id.pod_uid; }, event);
  if (const auto found = pods_.find(uid); found != pods_.end()) {
    found->second.is_dirty = true;
  }
  std::visit(
      Overloaded{[&](const ContainerStarted& started) {
                   Container* container = find(started.id);
                   if (container == nullptr || container->state != Container::State::kStarting) {
                     return;
                   }
                   container->state = Container::State::kRunning;
                   container->started_ms = now_ms();
                   container->is_started = false;
                   container->is_ready = false;
                   if (const ObjectPtr pod = objects_.store().find(pods_[started.id.pod_uid].key)) {
                     record_event(objects_, *pod,
                                  {.reason = "Started",
                                   .message = "Started container " + started.id.container,
                                   .component = kKubelet});
                   }
                 },
                 [&](const ContainerRefused& refused) {
                   Container* container = find(refused.id);
                   if (container == nullptr) {
                     return;
                   }
                   container->state = Container::State::kRunning;
                   container->started_ms = now_ms();
                   on_exit({.id = refused.id, .exit_code = 128, .signal = 0});
                   container->terminated["reason"] = refused.reason;
                   container->terminated["message"] = refused.message;
                   if (const ObjectPtr pod = objects_.store().find(pods_[refused.id.pod_uid].key)) {
                     record_event(objects_, *pod,
                                  {.is_warning = true,
                                   .reason = "Failed",
                                   .message = "Error: " + refused.message,
                                   .component = kKubelet});
                   }
                 },
                 [&](const ContainerExited& exited) { on_exit(exited); },
                 [&](const ProbeAnswered& answered) { on_probe(answered); }},
      event);
}

void Kubelet::on_exit(const ContainerExited& event) {
  Container* container = find(event.id);
  if (container == nullptr) {
    return;
  }
  const int exit_code = event.signal != 0 ? 128 + event.signal : event.exit_code;
  const int64_t ran_ms = now_ms() - container->started_ms;
  container->state = Container::State::kEnded;
  container->is_ready = false;
  container->is_started = false;
  container->kill_ms = 0;
  container->terminated = {
      {"exitCode", exit_code},
      {"reason", exit_code == 0 ? "Completed" : "Error"},
      {"startedAt", format_time({container->started_ms})},
      {"finishedAt", format_time(objects_.now())},
      {"containerID", "quorate-local://" + event.id.pod_uid + "/" + event.id.container + "/" +
                          std::to_string(event.id.attempt)}};
  if (event.signal != 0) {
    container->terminated["signal"] = event.signal;
  }
  // The first restart is free; each later one waits twice as long as the one before.
  if (ran_ms >= options_.backoff_reset_ms) {
    container->backoff_ms = 0;
  }
  container->retry_ms = now_ms() + container->backoff_ms;
  container->backoff_ms = container->backoff_ms == 0
                              ? options_.backoff_ms_min
                              : std::min(container->backoff_ms * 2, options_.backoff_ms_max);
  const ObjectPtr pod = objects_.store().find(pods_[event.id.pod_uid].key);
  if (pod && !is_deleting(*pod) && container->retry_ms > now_ms()) {
    record_event(
        objects_, *pod,
        {.is_warning = true,
         .reason = "BackOff",
         .message = "Back-off restarting failed container " + event.id.container + " in pod " +
                    name_of(*pod) + "_" + namespace_of(*pod) + "(" + uid_of(*pod) + ")",
         .component = kKubelet});
  }
}

void Kubelet::step_probes(const std::string& uid, const Json& pod, const Json& container,
                          Container& now) {
  if (now.kill_ms != 0) {
    return;
  }
  if (!has(container, "startupProbe")) {
    now.is_started = true;
  }
  if (now.is_started && !has(container, "readinessProbe")) {
    now.is_ready = true;
  }
  for (const ProbeKind kind : {ProbeKind::kStartup, ProbeKind::kLiveness, ProbeKind::kReadiness}) {
    const Json& spec = at(container, probe_field(kind));
    if (spec.is_null() || (kind == ProbeKind::kStartup) == now.is_started) {
      continue;
    }
    Probe& probe = now.probes[kind];
    if (probe.due_ms == 0) {
      probe.due_ms =
          std::max(now.started_ms + integer(spec, "initialDelaySeconds") * 1000, now_ms());
    }
    if (probe.is_running || probe.due_ms > now_ms()) {
      continue;
    }
    auto plan = plan_container(objects_, pod, container);
    if (!std::holds_alternative<ContainerPlan>(plan)) {
      continue;
    }
    Json resolved = spec;
    for (const char* type : {"httpGet", "tcpSocket"}) {
      if (resolved.contains(type)) {
        resolved[type]["port"] = port_of(at(resolved[type], "port"), container);
      }
    }
    probe.is_running = true;
    actions_.emplace_back(RunProbe{.id = {uid, text(container, "name"), now.attempt},
                                   .kind = kind,
                                   .address = text(pod, "status/podIP"),
                                   .probe = std::move(resolved),
                                   .plan = std::get<0>(std::move(plan)),
                                   .timeout_ms = integer(spec, "timeoutSeconds", 1) * 1000});
  }
}

void Kubelet::on_probe(const ProbeAnswered& event) {
  Container* container = find(event.id);
  if (container == nullptr || container->state != Container::State::kRunning) {
    return;
  }
  const ObjectPtr pod = objects_.store().find(pods_[event.id.pod_uid].key);
  if (!pod) {
    return;
  }
  const Json& spec = at(container_spec(*pod, event.id.container), probe_field(event.kind));
  Probe& probe = container->probes[event.kind];
  probe.is_running = false;
  probe.due_ms = now_ms() + std::max<int64_t>(integer(spec, "periodSeconds", 10), 1) * 1000;
  if (event.is_ok) {
    probe.failures = 0;
    ++probe.successes;
    if (probe.successes >= integer(spec, "successThreshold", 1)) {
      container->is_started = container->is_started || event.kind == ProbeKind::kStartup;
      container->is_ready = container->is_ready || event.kind == ProbeKind::kReadiness;
    }
    return;
  }
  probe.successes = 0;
  ++probe.failures;
  record_event(objects_, *pod,
               {.is_warning = true,
                .reason = "Unhealthy",
                .message = std::string(probe_title(event.kind)) + " probe failed: " + event.message,
                .component = kKubelet});
  if (probe.failures < integer(spec, "failureThreshold", 3)) {
    return;
  }
  if (event.kind == ProbeKind::kReadiness) {
    container->is_ready = false;
    return;
  }
  record_event(objects_, *pod,
               {.reason = "Killing",
                .message = "Container " + event.id.container + " failed " +
                           (event.kind == ProbeKind::kStartup ? "startup" : "liveness") +
                           " probe, will be restarted",
                .component = kKubelet});
  const int64_t grace_s = integer(spec, "terminationGracePeriodSeconds",
                                  integer(*pod, "spec/terminationGracePeriodSeconds", 30));
  stop(event.id, *container, grace_s * 1000);
}

}  // namespace quorate::local
