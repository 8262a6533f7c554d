// The runtime of the kubelet: Pods as processes of this machine.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "operator/local/pod_files.h"
#include "operator/local/pod_runtime.h"
#include "operator/local/process.h"

namespace quorate::local {

struct RunnerOptions {
  std::string root;
  /// Images by name: a folder that is first in PATH, or a program that runs without a command.
  std::map<std::string, std::string> images;
  /// PATH of the processes, after their image's folder.
  std::string path;
};

/// Performs the kubelet's actions and reports what comes of them. Lives on one loop; events are
/// delivered from it, never from inside perform().
class ProcessRunner {
 public:
  using OnEvent = std::function<void(RuntimeEvent)>;

  ProcessRunner(boost::asio::io_context& loop, RunnerOptions options, OnEvent on_event);
  ~ProcessRunner();

  /// Finds the processes of an earlier run that still run.
  [[nodiscard]] std::set<ContainerId> adopt();
  void perform(std::vector<RuntimeAction> actions);

  [[nodiscard]] const PodFiles& files() const { return files_; }
  [[nodiscard]] size_t running_count() const { return running_.size(); }
  [[nodiscard]] bool is_running(const ContainerId& id) const { return running_.contains(id); }
  /// Signals everything that runs.
  void signal_all(int signal);
  /// Hosts file of a namespace, given to its processes.
  [[nodiscard]] std::string hosts_path(const std::string& ns) const;

 private:
  struct Running {
    Process process;
    std::unique_ptr<boost::asio::posix::stream_descriptor> end;
  };

  void start(const StartContainer& action);
  void stop(const StopContainer& action);
  void probe(const RunProbe& action);
  void probe_exec(const RunProbe& action);
  void report(RuntimeEvent event);
  void watch(const ContainerId& id, const Process& process);
  void wait_for_end(const ContainerId& id);
  void sweep();
  void on_end(const ContainerId& id);
  [[nodiscard]] ProcessPlan plan_of(const std::string& uid, const std::string& ns,
                                    const ContainerPlan& plan, const MountMap& mounts) const;

  boost::asio::io_context& loop_;
  boost::asio::steady_timer sweep_timer_;
  RunnerOptions options_;
  PodFiles files_;
  OnEvent on_event_;
  std::map<ContainerId, Running> running_;
  /// Of each Pod that runs: its mounts and namespace, for exec probes.
  struct PodContext {
    std::string ns;
    std::vector<PodVolume> volumes;
  };
  std::map<std::string, PodContext> pods_;
};

}  // namespace quorate::local
