// One child process: started without a shell, watched by a pidfd.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/result.h"

namespace quorate::local {

struct ProcessPlan {
  std::vector<std::string> command;  ///< The first is looked up in PATH of `environment`.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string working_directory;
  std::string output_path;  ///< Standard output and error are appended to it; empty: discarded.
};

struct Process {
  pid_t pid = 0;
  int pid_fd = -1;  ///< Readable once the process has ended.
  /// Time of start in clock ticks since boot: with the pid, an identity.
  int64_t start_ticks = 0;
  bool is_child = true;
};

/// Starts a process in a session of its own. Errors: the program is not there or cannot be run.
[[nodiscard]] Result<Process> start_process(const ProcessPlan& plan);
/// Finds a process that an earlier run started; nothing when it is gone.
[[nodiscard]] std::optional<Process> find_process(pid_t pid, int64_t start_ticks);
/// Sends a signal to the process and everything in its group.
void signal_process(const Process& process, int signal);

struct Exit {
  int code = 0;
  int signal = 0;
};
/// Collects an ended process; what nobody can know of a process that is no child is 137.
[[nodiscard]] std::optional<Exit> collect_process(const Process& process);

/// The program that a name stands for in a PATH; empty: none.
[[nodiscard]] std::string find_program(const std::string& name, const std::string& path,
                                       const std::string& working_directory);

}  // namespace quorate::local
