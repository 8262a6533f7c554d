// The life of Pods on their nodes: start, probes, restarts with back-off, graceful end, status.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/local/objects.h"
#include "operator/local/pod_runtime.h"

namespace quorate::local {

/// How events name the kubelet.
inline constexpr const char* kKubelet = "kubelet";

struct KubeletOptions {
  /// The wait before the second restart of a container; it doubles up to the maximum.
  int64_t backoff_ms_min = 10'000;
  int64_t backoff_ms_max = 300'000;
  /// A container that ran this long starts over with its back-off.
  int64_t backoff_reset_ms = 600'000;
  /// From the end of a Pod's last process to the end of the Pod: what unmounting takes elsewhere,
  /// and what clients need to see that it was there.
  int64_t removal_ms = 250;
  /// Images that can be had; nothing: all can.
  std::optional<std::set<std::string>> images;
};

/// One kubelet for all nodes. Its memory is only what the objects do not hold; restore() makes it
/// anew after a restart. It writes Pods' status through Objects and returns what is to be done.
class Kubelet {
 public:
  Kubelet(Objects& objects, KubeletOptions options)
      : objects_(objects), options_(std::move(options)) {}

  /// Takes over after a restart: `alive` are the containers whose processes still run. Those that
  /// the objects call running and that are not alive have ended meanwhile.
  void restore(const std::set<ContainerId>& alive);

  /// What is to be done now. Calls itself quiescent: a second call does nothing new.
  [[nodiscard]] std::vector<RuntimeAction> step();
  void on_event(const RuntimeEvent& event);
  /// A ConfigMap, Secret or claim changed: containers that wait for one try again at once, and
  /// projected volumes are looked at.
  void on_content_change();
  /// When step() has something to do though nothing happens, as of its last call; nothing while it
  /// has not.
  [[nodiscard]] std::optional<WallMillis> next_deadline() const;

 private:
  struct Probe {
    bool is_running = false;
    int64_t due_ms = 0;
    int64_t successes = 0;
    int64_t failures = 0;
  };
  struct Container {
    enum class State : uint8_t { kWaiting, kStarting, kRunning, kEnded };
    State state = State::kWaiting;
    int64_t attempt = 0;
    std::string waiting_reason = "ContainerCreating";
    std::string waiting_message;
    int64_t started_ms = 0;
    int64_t retry_ms = 0;  ///< kWaiting, kEnded: not before.
    int64_t backoff_ms = 0;
    bool is_started = false;  ///< The startup probe has succeeded, or there is none.
    bool is_ready = false;
    int64_t kill_ms = 0;  ///< Asked to end: killed at this time. 0: not asked.
    bool is_killed = false;
    Json last_state;  ///< `terminated` of the attempt before.
    Json terminated;  ///< kEnded only.
    std::map<ProbeKind, Probe> probes;
  };
  struct PodState {
    Key key;
    std::map<std::string, Container> containers;
    std::map<std::string, uint64_t> projected;  ///< Hash of each projected volume.
    ObjectPtr seen;                             ///< The object at the last look.
    bool is_dirty = true;                       ///< Something happened to a container since.
    int64_t due_ms = 0;     ///< When time alone is a reason to look again; 0: never.
    int64_t remove_ms = 0;  ///< Ended: the object goes at this time.
  };

  void step_pod(const std::string& uid, PodState& state, const ObjectPtr& pod);
  void step_container(const std::string& uid, PodState& state, const Json& pod,
                      const Json& container, Container& now);
  void start(const std::string& uid, PodState& state, const Json& pod, const Json& container,
             Container& now);
  void wait(const Json& pod, Container& now, const std::string& reason, const std::string& message);
  void stop(const ContainerId& id, Container& container, int64_t grace_ms);
  void end_pod(const std::string& uid, PodState& state, const Json& pod);
  void step_probes(const std::string& uid, const Json& pod, const Json& container, Container& now);
  void refresh_volumes(const std::string& uid, PodState& state, const Json& pod);
  void on_exit(const ContainerExited& event);
  void on_probe(const ProbeAnswered& event);
  void write_status(const PodState& state, const Json& pod);
  [[nodiscard]] Json container_status(const Json& spec, const Container& container,
                                      const std::string& uid) const;
  void assign_address(const Json& pod);
  void finish_resize(const Json& pod);
  [[nodiscard]] int64_t due_of(const PodState& state) const;
  [[nodiscard]] bool has_alive(const PodState& state) const;
  [[nodiscard]] Container* find(const ContainerId& id);
  [[nodiscard]] int64_t now_ms() const { return objects_.now().value; }
  [[nodiscard]] bool node_is_on(const Json& pod) const;
  void fail_node(const std::string& uid, PodState& state);

  Objects& objects_;
  KubeletOptions options_;
  std::map<std::string, PodState> pods_;
  std::vector<RuntimeAction> actions_;
  bool content_changed_ = true;
};

/// A node with this annotation has lost its power: nothing on it runs.
inline constexpr const char* kPowerAnnotation = "local.quorate.dev/power";

}  // namespace quorate::local
