// What the kubelet asks of whatever runs processes, and what it hears from it.
//
// The shell runs real processes; a simulation plays members. Either performs the actions in order
// and hands back events; every action about a container names its attempt, so that late answers
// about an earlier one are known as such.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "operator/local/object.h"

namespace quorate::local {

/// A file of a projected volume.
struct ProjectedFile {
  std::string content;
  int64_t mode = 0644;
};

/// A volume of a Pod as the runner has to provide it.
struct PodVolume {
  enum class Type : uint8_t {
    kEmpty,      ///< A folder that lives and dies with the Pod.
    kPath,       ///< A folder at `path`, kept.
    kProjected,  ///< `files`, replaced as one.
  };
  std::string name;
  Type type = Type::kEmpty;
  std::string path;
  std::map<std::string, ProjectedFile> files;
};

struct VolumeMount {
  std::string volume;
  std::string mount_path;
  std::string sub_path;
};

/// A container with everything looked up.
struct ContainerPlan {
  std::string name;
  std::string image;
  std::vector<std::string> command;  ///< Empty: the image's own.
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory;
  std::vector<VolumeMount> mounts;
};

struct ContainerId {
  std::string pod_uid;
  std::string container;
  int64_t attempt = 0;
  friend auto operator<=>(const ContainerId&, const ContainerId&) = default;
};

enum class ProbeKind : uint8_t { kStartup, kLiveness, kReadiness };

struct StartContainer {
  ContainerId id;
  std::string pod_name;
  std::string ns;
  std::string address;
  std::string node;
  ContainerPlan plan;
  std::vector<PodVolume> volumes;
};
/// Asks a container to end, or with `kill` ends it.
struct StopContainer {
  ContainerId id;
  bool kill = false;
};
struct RunProbe {
  ContainerId id;
  ProbeKind kind = ProbeKind::kReadiness;
  std::string address;
  Json probe;          ///< As in the Pod, with named ports resolved.
  ContainerPlan plan;  ///< For exec: its environment and mounts.
  int64_t timeout_ms = 1000;
};
/// New content of a projected volume of a running Pod.
struct ProjectVolume {
  std::string pod_uid;
  PodVolume volume;
};
/// Nothing of the Pod runs any more: its folder may go.
struct RemovePod {
  std::string pod_uid;
};
using RuntimeAction =
    std::variant<StartContainer, StopContainer, RunProbe, ProjectVolume, RemovePod>;

struct ContainerStarted {
  ContainerId id;
};
struct ContainerRefused {
  ContainerId id;
  std::string reason;
  std::string message;
};
struct ContainerExited {
  ContainerId id;
  int exit_code = 0;
  int signal = 0;
};
struct ProbeAnswered {
  ContainerId id;
  ProbeKind kind = ProbeKind::kReadiness;
  bool is_ok = false;
  std::string message;
};
using RuntimeEvent =
    std::variant<ContainerStarted, ContainerRefused, ContainerExited, ProbeAnswered>;

}  // namespace quorate::local
