// The folders of Pods: volumes, logs, and the rewriting of mount paths to them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "operator/local/pod_runtime.h"
#include "server/base/result.h"

namespace quorate::local {

/// Mount paths and the folders that stand for them, the longest mount path first.
using MountMap = std::vector<std::pair<std::string, std::string>>;

/// Replaces mount paths where they stand as whole path prefixes: `/data` in `--dir=/data/x` but not
/// in `/database`.
[[nodiscard]] std::string rewrite_mounts(const std::string& text, const MountMap& mounts);

/// Where everything of one control plane lies.
class PodFiles {
 public:
  explicit PodFiles(std::string root) : root_(std::move(root)) {}

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string pod_folder(const std::string& uid) const;
  [[nodiscard]] std::string log_path(const ContainerId& id) const;
  /// The record of a running process, by which a later run finds it.
  [[nodiscard]] std::string run_path(const std::string& uid, const std::string& container) const;

  /// Makes the folders of a container and fills projected volumes.
  [[nodiscard]] Status prepare(const StartContainer& start) const;
  /// Replaces the files of a projected volume as one, by the exchange of a symbolic link.
  [[nodiscard]] Status project(const std::string& uid, const PodVolume& volume) const;
  [[nodiscard]] MountMap mounts_of(const std::string& uid, const std::vector<VolumeMount>& mounts,
                                   const std::vector<PodVolume>& volumes) const;
  void remove_pod(const std::string& uid) const;
  /// Removes the folder of a volume that was made here; others are left alone.
  void remove_volume(const std::string& path) const;

 private:
  [[nodiscard]] std::string volume_folder(const std::string& uid, const PodVolume& volume) const;

  std::string root_;
};

/// Replaces a file by a rename.
[[nodiscard]] Status write_file(const std::string& path, const std::string& content, int mode);

}  // namespace quorate::local
