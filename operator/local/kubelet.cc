// The kubelet's passes over Pods and containers.
#include "operator/local/kubelet.h"

#include <algorithm>

#include "operator/local/events.h"
#include "operator/local/pod_plan.h"
#include "operator/local/pods.h"

namespace quorate::local {

namespace {

void tell(Objects& objects, const Json& pod, const std::string& reason, const std::string& message,
          bool is_warning = false) {
  record_event(
      objects, pod,
      {.is_warning = is_warning, .reason = reason, .message = message, .component = kKubelet});
}

uint64_t content_hash(const PodVolume& volume) {
  std::string all;
  for (const auto& [path, file] : volume.files) {
    all += path + '\0' + std::to_string(file.mode) + '\0' + std::to_string(file.content.size()) +
           '\0' + file.content;
  }
  return hash_of(all);
}

}  // namespace

bool Kubelet::has_alive(const PodState& state) const {
  return std::any_of(state.containers.begin(), state.containers.end(), [](const auto& entry) {
    return entry.second.state == Container::State::kRunning ||
           entry.second.state == Container::State::kStarting;
  });
}

Kubelet::Container* Kubelet::find(const ContainerId& id) {
  const auto pod = pods_.find(id.pod_uid);
  if (pod == pods_.end()) {
    return nullptr;
  }
  const auto container = pod->second.containers.find(id.container);
  const bool is_known =
      container != pod->second.containers.end() && container->second.attempt == id.attempt;
  return is_known ? &container->second : nullptr;
}

bool Kubelet::node_is_on(const Json& pod) const {
  const ObjectPtr node = objects_.find("nodes", "", text(pod, "spec/nodeName"));
  return node && annotation(*node, kPowerAnnotation) != "off";
}

void Kubelet::on_content_change() {
  content_changed_ = true;
  for (auto& [uid, state] : pods_) {
    for (auto& [name, container] : state.containers) {
      if (container.state == Container::State::kWaiting) {
        container.retry_ms = 0;
      }
    }
  }
}

std::vector<RuntimeAction> Kubelet::step() {
  std::set<std::string> living;
  for (const ObjectPtr& pod : objects_.store().list("pods")) {
    const std::string uid = uid_of(*pod);
    if (text(*pod, "spec/nodeName").empty() || (pod_has_ended(*pod) && !is_deleting(*pod))) {
      living.insert(uid);
      continue;
    }
    living.insert(uid);
    PodState& state = pods_[uid];
    state.key = {"pods", namespace_of(*pod), name_of(*pod)};
    const bool is_due = state.due_ms != 0 && state.due_ms <= now_ms();
    if (!content_changed_ && !state.is_dirty && !is_due && state.seen == pod) {
      continue;
    }
    state.is_dirty = false;
    if (node_is_on(*pod)) {
      step_pod(uid, state, pod);
    } else {
      fail_node(uid, state);
    }
    if (const auto found = pods_.find(uid); found != pods_.end()) {
      // What it looks like now, its own writes included.
      found->second.seen = objects_.store().find(found->second.key);
      found->second.due_ms = due_of(found->second);
    }
  }
  for (auto it = pods_.begin(); it != pods_.end();) {
    auto& [uid, state] = *it;
    if (living.contains(uid)) {
      ++it;
      continue;
    }
    // Deleted without grace: its processes go at once.
    for (auto& [name, container] : state.containers) {
      stop({uid, name, container.attempt}, container, 0);
    }
    if (has_alive(state)) {
      ++it;
    } else {
      actions_.emplace_back(RemovePod{uid});
      it = pods_.erase(it);
    }
  }
  content_changed_ = false;
  return std::exchange(actions_, {});
}

// Without power processes stop at once, and nobody is left to say so: status stays as it is.
void Kubelet::fail_node(const std::string& uid, PodState& state) {
  for (auto& [name, container] : state.containers) {
    stop({uid, name, container.attempt}, container, 0);
  }
}

void Kubelet::step_pod(const std::string& uid, PodState& state, const ObjectPtr& pod) {
  if (is_deleting(*pod)) {
    end_pod(uid, state, *pod);
    return;
  }
  if (text(*pod, "status/podIP").empty()) {
    assign_address(*pod);
  }
  const ObjectPtr current = objects_.store().find(state.key);
  if (!current) {
    return;
  }
  for (const Json& container : list_at(*current, "spec/containers")) {
    step_container(uid, state, *current, container, state.containers[text(container, "name")]);
  }
  refresh_volumes(uid, state, *current);
  write_status(state, *current);
}

void Kubelet::assign_address(const Json& pod) {
  std::set<std::string> used;
  for (const ObjectPtr& other : objects_.store().list("pods")) {
    used.insert(text(*other, "status/podIP"));
  }
  constexpr int64_t kCount = 126 * 254;
  std::string address;
  do {
    const int64_t number = objects_.store().next_number() % kCount;
    address = objects_.surroundings().address_prefix + "." + std::to_string(number / 254 + 1) +
              "." + std::to_string(number % 254 + 1);
  } while (used.contains(address) && used.size() < static_cast<size_t>(kCount));
  const std::string host = objects_.surroundings().address_prefix + ".0.1";
  objects_.modify({"pods", namespace_of(pod), name_of(pod)}, [&](Json& updated) {
    Json& status = updated["status"];
    status["podIP"] = address;
    status["podIPs"] = Json::array({{{"ip", address}}});
    status["hostIP"] = host;
    status["hostIPs"] = Json::array({{{"ip", host}}});
    status["startTime"] = format_time(objects_.now());
  });
}

void Kubelet::step_container(const std::string& uid, PodState& state, const Json& pod,
                             const Json& container, Container& now) {
  using State = Container::State;
  if (now.state == State::kRunning) {
    step_probes(uid, pod, container, now);
    if (now.kill_ms != 0 && now.kill_ms <= now_ms()) {
      stop({uid, text(container, "name"), now.attempt}, now, 0);
    }
    return;
  }
  if (now.state == State::kStarting || now.retry_ms > now_ms()) {
    return;
  }
  if (now.state == State::kEnded) {
    const std::string policy = text(pod, "spec/restartPolicy", "Always");
    const bool failed = integer(now.terminated, "exitCode") != 0;
    if (policy == "Never" || (policy == "OnFailure" && !failed)) {
      return;
    }
  }
  start(uid, state, pod, container, now);
}

void Kubelet::wait(const Json& pod, Container& now, const std::string& reason,
                   const std::string& message) {
  constexpr int64_t kRetry_ms = 2000;
  if (now.waiting_reason != reason || now.waiting_message != message) {
    tell(objects_, pod, reason == "ContainerCreating" ? "FailedMount" : "Failed", message, true);
  }
  if (now.state == Container::State::kEnded) {
    now.last_state = now.terminated;
  }
  now.state = Container::State::kWaiting;
  now.waiting_reason = reason;
  now.waiting_message = message;
  now.retry_ms = now_ms() + kRetry_ms;
}

void Kubelet::start(const std::string& uid, PodState& state, const Json& pod, const Json& container,
                    Container& now) {
  const std::string image = text(container, "image");
  if (options_.images && !options_.images->contains(image)) {
    const bool is_known =
        now.waiting_reason == "ErrImagePull" || now.waiting_reason == "ImagePullBackOff";
    wait(pod, now, is_known ? "ImagePullBackOff" : "ErrImagePull",
         is_known ? "Back-off pulling image \"" + image + "\""
                  : "failed to pull image \"" + image + "\": not found");
    return;
  }
  auto volumes = plan_volumes(objects_, pod);
  if (const auto* refusal = std::get_if<NotReady>(&volumes)) {
    wait(pod, now, refusal->reason, refusal->message);
    return;
  }
  auto plan = plan_container(objects_, pod, container);
  if (const auto* refusal = std::get_if<NotReady>(&plan)) {
    wait(pod, now, refusal->reason, refusal->message);
    return;
  }
  for (const PodVolume& volume : std::get<0>(volumes)) {
    if (volume.type == PodVolume::Type::kProjected) {
      state.projected[volume.name] = content_hash(volume);
    }
  }
  finish_resize(pod);
  if (now.state == Container::State::kEnded) {
    now.last_state = now.terminated;
  }
  ++now.attempt;
  now.state = Container::State::kStarting;
  now.waiting_reason = "ContainerCreating";
  now.waiting_message.clear();
  now.is_killed = false;
  now.kill_ms = 0;
  now.probes.clear();
  actions_.emplace_back(StartContainer{.id = {uid, text(container, "name"), now.attempt},
                                       .pod_name = name_of(pod),
                                       .ns = namespace_of(pod),
                                       .address = text(pod, "status/podIP"),
                                       .node = text(pod, "spec/nodeName"),
                                       .plan = std::get<0>(std::move(plan)),
                                       .volumes = std::get<0>(std::move(volumes))});
}

// A file system that waited for a Pod to start takes its volume's size.
void Kubelet::finish_resize(const Json& pod) {
  for (const Json& volume : list_at(pod, "spec/volumes")) {
    const Key key{"persistentvolumeclaims", namespace_of(pod),
                  text(volume, "persistentVolumeClaim/claimName")};
    const ObjectPtr claim = key.name.empty() ? nullptr : objects_.store().find(key);
    if (claim && condition_is_true(*claim, "FileSystemResizePending")) {
      objects_.modify(key, [](Json& grown) {
        grown["status"]["capacity"]["storage"] = at(grown, "spec/resources/requests/storage");
        grown["status"].erase("conditions");
      });
    }
  }
}

void Kubelet::stop(const ContainerId& id, Container& container, int64_t grace_ms) {
  if (container.state != Container::State::kRunning &&
      container.state != Container::State::kStarting) {
    return;
  }
  if (grace_ms > 0 && container.kill_ms == 0) {
    container.kill_ms = now_ms() + grace_ms;
    actions_.emplace_back(StopContainer{id, false});
  } else if (grace_ms <= 0 && !container.is_killed) {
    container.is_killed = true;
    container.kill_ms = now_ms();
    actions_.emplace_back(StopContainer{id, true});
  } else if (grace_ms > 0) {
    container.kill_ms = std::min(container.kill_ms, now_ms() + grace_ms);
  }
}

void Kubelet::end_pod(const std::string& uid, PodState& state, const Json& pod) {
  const auto deadline = parse_time(text(pod, "metadata/deletionTimestamp"));
  const int64_t left_ms = deadline ? deadline->value - now_ms() : 0;
  for (auto& [name, container] : state.containers) {
    if (container.state == Container::State::kRunning && container.kill_ms == 0) {
      tell(objects_, pod, "Killing", "Stopping container " + name);
    }
    stop({uid, name, container.attempt}, container, std::max<int64_t>(left_ms, 0));
  }
  write_status(state, pod);
  if (has_alive(state)) {
    return;
  }
  if (state.remove_ms == 0) {
    state.remove_ms = now_ms() + options_.removal_ms;
  }
  if (state.remove_ms > now_ms() && !state.containers.empty()) {
    return;
  }
  actions_.emplace_back(RemovePod{uid});
  DeleteOptions now_gone;
  now_gone.grace_s = 0;
  now_gone.uid = uid;
  const Key key = state.key;
  pods_.erase(uid);
  objects_.drop(key, now_gone);
}

void Kubelet::refresh_volumes(const std::string& uid, PodState& state, const Json& pod) {
  if (state.projected.empty() || !content_changed_) {
    return;
  }
  auto volumes = plan_volumes(objects_, pod);
  if (!std::holds_alternative<std::vector<PodVolume>>(volumes)) {
    return;  // What was there stays.
  }
  for (PodVolume& volume : std::get<0>(volumes)) {
    const auto known = state.projected.find(volume.name);
    if (known == state.projected.end()) {
      continue;
    }
    if (const uint64_t hash = content_hash(volume); hash != known->second) {
      known->second = hash;
      actions_.emplace_back(ProjectVolume{uid, std::move(volume)});
    }
  }
}

// The earliest time at which something of a Pod is due; 0: nothing is.
int64_t Kubelet::due_of(const PodState& state) const {
  int64_t earliest = 0;
  const auto consider = [&](int64_t ms) {
    if (earliest == 0 || ms < earliest) {
      earliest = ms;
    }
  };
  if (state.remove_ms > now_ms()) {
    consider(state.remove_ms);
  }
  for (const auto& [name, container] : state.containers) {
    const bool is_running = container.state == Container::State::kRunning;
    if (is_running && container.kill_ms != 0 && !container.is_killed) {
      consider(std::max(container.kill_ms, now_ms() + 1));
    }
    const bool is_idle = container.state == Container::State::kWaiting ||
                         container.state == Container::State::kEnded;
    if (is_idle && container.retry_ms > now_ms()) {
      consider(container.retry_ms);
    }
    for (const auto& [kind, probe] : container.probes) {
      // The startup probe is over once it has succeeded, the others wait for it.
      const bool is_made = (kind == ProbeKind::kStartup) != container.is_started;
      if (is_running && is_made && !probe.is_running && probe.due_ms > 0) {
        consider(std::max(probe.due_ms, now_ms() + 1));
      }
    }
  }
  return earliest;
}

std::optional<WallMillis> Kubelet::next_deadline() const {
  std::optional<WallMillis> earliest;
  for (const auto& [uid, state] : pods_) {
    if (state.due_ms != 0 && (!earliest || state.due_ms < earliest->value)) {
      earliest = WallMillis{state.due_ms};
    }
  }
  return earliest;
}

}  // namespace quorate::local
