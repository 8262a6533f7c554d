// Performing of the kubelet's actions with real processes.
#include "operator/local/process_runner.h"

#include <signal.h>
#include <sys/stat.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "operator/local/probe.h"
#include "server/base/overloaded.h"
#include "server/log/logger.h"

namespace quorate::local {

namespace asio = boost::asio;
using boost::system::error_code;

ProcessRunner::ProcessRunner(asio::io_context& loop, RunnerOptions options, OnEvent on_event)
    : loop_(loop),
      sweep_timer_(loop),
      options_(std::move(options)),
      files_(options_.root),
      on_event_(std::move(on_event)) {
  sweep();
}

ProcessRunner::~ProcessRunner() = default;

std::string ProcessRunner::hosts_path(const std::string& ns) const {
  return options_.root + "/hosts/ns/" + ns;
}

void ProcessRunner::report(RuntimeEvent event) {
  asio::post(loop_, [this, held = std::move(event)] { on_event_(held); });
}

std::set<ContainerId> ProcessRunner::adopt() {
  std::set<ContainerId> alive;
  std::error_code error;
  for (const auto& pod : std::filesystem::directory_iterator(options_.root + "/pods", error)) {
    const std::string uid = pod.path().filename().string();
    std::error_code ignored;
    for (const auto& entry :
         std::filesystem::directory_iterator(pod.path() / "containers", ignored)) {
      const std::string container = entry.path().filename().string();
      std::ifstream file(files_.run_path(uid, container));
      const auto record = parse_json(std::string{std::istreambuf_iterator<char>(file), {}});
      if (!record) {
        continue;
      }
      const auto process = find_process(static_cast<pid_t>(integer(*record, "pid")),
                                        integer(*record, "start_ticks"));
      if (process) {
        const ContainerId id{uid, container, integer(*record, "attempt")};
        alive.insert(id);
        pods_[uid].ns = text(*record, "namespace");
        watch(id, *process);
      }
    }
  }
  return alive;
}

void ProcessRunner::perform(std::vector<RuntimeAction> actions) {
  for (RuntimeAction& action : actions) {
    std::visit(Overloaded{[&](const StartContainer& wanted) { start(wanted); },
                          [&](const StopContainer& wanted) { stop(wanted); },
                          [&](const RunProbe& wanted) { probe(wanted); },
                          [&](const ProjectVolume& wanted) {
                            const Status done = files_.project(wanted.pod_uid, wanted.volume);
                            if (!done) {
                              log::warn("volume_not_projected", {{"reason", done.error().message}});
                            }
                          },
                          [&](const RemovePod& wanted) {
                            pods_.erase(wanted.pod_uid);
                            files_.remove_pod(wanted.pod_uid);
                          }},
               action);
  }
}

ProcessPlan ProcessRunner::plan_of(const std::string& uid, const std::string& ns,
                                   const ContainerPlan& plan, const MountMap& mounts) const {
  ProcessPlan process;
  const std::string folder = files_.pod_folder(uid);
  std::string path = options_.path;
  std::string entrypoint;
  if (const auto image = options_.images.find(plan.image); image != options_.images.end()) {
    struct stat info {};
    const bool is_folder = ::stat(image->second.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    entrypoint = is_folder ? "" : image->second;
    path = (is_folder ? image->second : image->second.substr(0, image->second.rfind('/'))) + ":" +
           path;
  }
  process.environment = {{"PATH", path},
                         {"HOME", folder + "/root"},
                         {"TMPDIR", folder + "/tmp"},
                         {"QUORATE_HOSTS_FILE", hosts_path(ns)}};
  for (const auto& [key, value] : plan.environment) {
    process.environment.emplace_back(key, rewrite_mounts(value, mounts));
  }
  process.command = plan.command;
  if (process.command.empty() && !entrypoint.empty()) {
    process.command.push_back(entrypoint);
  }
  process.command.insert(process.command.end(), plan.args.begin(), plan.args.end());
  for (std::string& word : process.command) {
    word = rewrite_mounts(word, mounts);
  }
  process.working_directory = folder + "/root";
  if (!plan.working_directory.empty()) {
    const std::string wanted = rewrite_mounts(plan.working_directory, mounts);
    std::error_code error;
    if (std::filesystem::is_directory(wanted, error)) {
      process.working_directory = wanted;
    }
  }
  return process;
}

void ProcessRunner::start(const StartContainer& action) {
  const ContainerId& id = action.id;
  if (const Status ready = files_.prepare(action); !ready) {
    report(ContainerRefused{id, "CreateContainerError", ready.error().message});
    return;
  }
  pods_[id.pod_uid] = {.ns = action.ns, .volumes = action.volumes};
  const MountMap mounts = files_.mounts_of(id.pod_uid, action.plan.mounts, action.volumes);
  ProcessPlan plan = plan_of(id.pod_uid, action.ns, action.plan, mounts);
  plan.output_path = files_.log_path(id);
  auto process = start_process(plan);
  if (!process) {
    report(ContainerRefused{id, "StartError", process.error().message});
    return;
  }
  const Json record = {{"pid", process->pid},
                       {"start_ticks", process->start_ticks},
                       {"attempt", id.attempt},
                       {"namespace", action.ns}};
  (void)write_file(files_.run_path(id.pod_uid, id.container), dump(record), 0600);
  watch(id, *process);
  report(ContainerStarted{id});
}

void ProcessRunner::watch(const ContainerId& id, const Process& process) {
  Running& entry = running_[id];
  entry.process = process;
  entry.end = std::make_unique<asio::posix::stream_descriptor>(loop_, process.pid_fd);
  wait_for_end(id);
}

void ProcessRunner::wait_for_end(const ContainerId& id) {
  running_[id].end->async_wait(asio::posix::stream_descriptor::wait_read,
                               [this, id](const error_code& error) {
                                 if (!error) {
                                   on_end(id);
                                 }
                               });
}

// A wake-up can be lost with the number of a descriptor that was closed and taken again: whoever
// has ended is found here at the latest.
void ProcessRunner::sweep() {
  std::vector<ContainerId> all;
  for (const auto& [id, entry] : running_) {
    all.push_back(id);
  }
  for (const ContainerId& id : all) {
    on_end(id);
  }
  sweep_timer_.expires_after(std::chrono::seconds(1));
  sweep_timer_.async_wait([this](const error_code& error) {
    if (!error) {
      sweep();
    }
  });
}

void ProcessRunner::on_end(const ContainerId& id) {
  const auto found = running_.find(id);
  if (found == running_.end()) {
    return;
  }
  const auto exit = collect_process(found->second.process);
  if (!exit) {
    return;  // The sweep comes by again.
  }
  running_.erase(found);
  std::error_code error;
  std::filesystem::remove(files_.run_path(id.pod_uid, id.container), error);
  report(ContainerExited{.id = id, .exit_code = exit->code, .signal = exit->signal});
}

void ProcessRunner::stop(const StopContainer& action) {
  if (const auto found = running_.find(action.id); found != running_.end()) {
    signal_process(found->second.process, action.kill ? SIGKILL : SIGTERM);
  }
}

void ProcessRunner::signal_all(int signal) {
  for (const auto& [id, entry] : running_) {
    signal_process(entry.process, signal);
  }
}

void ProcessRunner::probe(const RunProbe& action) {
  if (has(action.probe, "exec")) {
    probe_exec(action);
    return;
  }
  run_network_probe(loop_, action, [this, action](bool is_ok, const std::string& message) {
    on_event_(
        ProbeAnswered{.id = action.id, .kind = action.kind, .is_ok = is_ok, .message = message});
  });
}

void ProcessRunner::probe_exec(const RunProbe& action) {
  const auto context = pods_.find(action.id.pod_uid);
  ContainerPlan plan = action.plan;
  plan.command.clear();
  plan.args.clear();
  for (const Json& word : list_at(action.probe, "exec/command")) {
    plan.command.push_back(word.is_string() ? word.get<std::string>() : "");
  }
  const bool is_known = context != pods_.end();
  const MountMap mounts =
      is_known ? files_.mounts_of(action.id.pod_uid, plan.mounts, context->second.volumes)
               : MountMap();
  auto process =
      start_process(plan_of(action.id.pod_uid, is_known ? context->second.ns : "", plan, mounts));
  const auto answer = [this, action](bool is_ok, const std::string& message) {
    report(ProbeAnswered{.id = action.id, .kind = action.kind, .is_ok = is_ok, .message = message});
  };
  if (!process) {
    answer(false, process.error().message);
    return;
  }
  struct Waiting {
    Process process;
    asio::posix::stream_descriptor end;
    asio::steady_timer timer;
  };
  auto waiting = std::make_shared<Waiting>(Waiting{
      *process, asio::posix::stream_descriptor(loop_, process->pid_fd), asio::steady_timer(loop_)});
  waiting->timer.expires_after(std::chrono::milliseconds(action.timeout_ms));
  waiting->timer.async_wait([waiting](const error_code& error) {
    if (!error) {
      signal_process(waiting->process, SIGKILL);
    }
  });
  waiting->end.async_wait(asio::posix::stream_descriptor::wait_read,
                          [waiting, answer](const error_code&) {
                            waiting->timer.cancel();
                            const auto exit = collect_process(waiting->process);
                            const bool is_ok = exit && exit->code == 0 && exit->signal == 0;
                            answer(is_ok, is_ok ? "" : "the command failed");
                          });
}

}  // namespace quorate::local
