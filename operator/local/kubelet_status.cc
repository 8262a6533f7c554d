// The status of Pods as the kubelet writes it.
#include <algorithm>

#include "operator/local/kubelet.h"

namespace quorate::local {

Json Kubelet::container_status(const Json& spec, const Container& container,
                               const std::string& uid) const {
  const std::string name = text(spec, "name");
  Json status = {{"name", name},
                 {"image", text(spec, "image")},
                 {"imageID", ""},
                 {"ready", container.is_ready},
                 {"started", container.is_started},
                 {"restartCount", std::max<int64_t>(container.attempt - 1, 0)},
                 {"lastState", Json::object()}};
  if (!container.last_state.is_null()) {
    status["lastState"]["terminated"] = container.last_state;
  }
  Json waiting = {{"reason", container.waiting_reason}};
  if (!container.waiting_message.empty()) {
    waiting["message"] = container.waiting_message;
  }
  switch (container.state) {
    case Container::State::kWaiting:
    case Container::State::kStarting:
      status["state"]["waiting"] = std::move(waiting);
      break;
    case Container::State::kRunning:
      status["state"]["running"]["startedAt"] = format_time({container.started_ms});
      break;
    case Container::State::kEnded:
      if (container.retry_ms > now_ms()) {
        status["state"]["waiting"] = {{"reason", "CrashLoopBackOff"},
                                      {"message", "back-off restarting failed container=" + name}};
        status["lastState"]["terminated"] = container.terminated;
      } else {
        status["state"]["terminated"] = container.terminated;
      }
      break;
  }
  if (container.attempt > 0) {
    status["containerID"] =
        "quorate-local://" + uid + "/" + name + "/" + std::to_string(container.attempt);
  }
  return status;
}

void Kubelet::write_status(const PodState& state, const Json& pod) {
  const std::string uid = uid_of(pod);
  Json statuses = Json::array();
  bool all_ready = true;
  bool any_started = false;
  bool all_ended = true;
  bool any_failed = false;
  for (const Json& spec : list_at(pod, "spec/containers")) {
    const auto found = state.containers.find(text(spec, "name"));
    const Container container = found == state.containers.end() ? Container() : found->second;
    statuses.push_back(container_status(spec, container, uid));
    all_ready = all_ready && container.is_ready;
    any_started = any_started || container.attempt > 0;
    const bool has_ended = container.state == Container::State::kEnded;
    all_ended = all_ended && has_ended;
    any_failed = any_failed || (has_ended && integer(container.terminated, "exitCode") != 0);
  }
  const std::string policy = text(pod, "spec/restartPolicy", "Always");
  const bool stays_ended =
      all_ended && (policy == "Never" || (policy == "OnFailure" && !any_failed));
  const std::string phase = stays_ended   ? (any_failed ? "Failed" : "Succeeded")
                            : any_started ? "Running"
                                          : "Pending";
  const ObjectPtr stored = objects_.store().find(state.key);
  if (!stored || uid_of(*stored) != uid) {
    return;
  }
  objects_.modify_status(state.key, [&](Json& updated) {
    updated["status"]["phase"] = phase;
    updated["status"]["containerStatuses"] = statuses;
    const std::string reason = stays_ended && !any_failed ? "PodCompleted" : "ContainersNotReady";
    const std::string why = all_ready ? "" : reason;
    for (const char* type : {"PodReadyToStartContainers", "Initialized"}) {
      set_condition(updated, {.type = type, .is_true = true, .reason = {}, .message = {}},
                    objects_.now());
    }
    for (const char* type : {"Ready", "ContainersReady"}) {
      set_condition(updated, {.type = type, .is_true = all_ready, .reason = why, .message = {}},
                    objects_.now());
    }
  });
}

}  // namespace quorate::local
