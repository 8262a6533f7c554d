// Start, identity and end of child processes.
#include "operator/local/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "operator/local/object.h"

namespace quorate::local {

namespace {

int open_pid_fd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

// Field 22 of /proc/PID/stat; the name in field 2 may hold anything, spaces and parentheses too.
std::optional<int64_t> start_ticks_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const size_t end = content.rfind(')');
  if (end == std::string::npos) {
    return std::nullopt;
  }
  const std::vector<std::string> fields = split(std::string_view(content).substr(end + 2), ' ');
  if (fields.size() < 20 || fields[0] == "Z") {
    return std::nullopt;
  }
  return parse_integer(fields[19]);
}

std::string variable(const ProcessPlan& plan, const std::string& name) {
  std::string value;
  for (const auto& [key, text] : plan.environment) {
    value = key == name ? text : value;
  }
  return value;
}

struct Prepared {
  std::string program;
  std::vector<char*> arguments;
  std::vector<std::string> variables;
  std::vector<char*> environment;
};

// Everything that must not happen between fork and exec, where memory cannot be had.
Prepared prepare(const ProcessPlan& plan, const std::string& program) {
  Prepared prepared;
  prepared.program = program;
  for (const std::string& word : plan.command) {
    prepared.arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve's signature.
  }
  prepared.arguments.push_back(nullptr);
  for (const auto& [key, value] : plan.environment) {
    prepared.variables.push_back(key + "=" + value);
  }
  for (std::string& entry : prepared.variables) {
    prepared.environment.push_back(entry.data());
  }
  prepared.environment.push_back(nullptr);
  return prepared;
}

[[noreturn]] void run_child(const Prepared& prepared, const char* folder, int output, int report) {
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
  if (report != 3) {
    ::dup2(report, 3);
  }
  ::fcntl(3, F_SETFD, FD_CLOEXEC);
  ::syscall(SYS_close_range, 4, ~0U, 0);
  if (::chdir(folder) == 0) {
    ::execve(prepared.program.c_str(), prepared.arguments.data(), prepared.environment.data());
  }
  const int error = errno;
  const ssize_t ignored = ::write(3, &error, sizeof(error));
  (void)ignored;
  ::_exit(128);
}

}  // namespace

std::string find_program(const std::string& name, const std::string& path,
                         const std::string& working_directory) {
  const auto runs = [](const std::string& candidate) {
    struct stat info {};
    return ::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           ::access(candidate.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    const std::string place = name.starts_with('/') ? name : working_directory + "/" + name;
    return runs(place) ? place : std::string();
  }
  for (const std::string& folder : split(path, ':')) {
    if (!folder.empty() && runs(folder + "/" + name)) {
      return folder + "/" + name;
    }
  }
  return {};
}

Result<Process> start_process(const ProcessPlan& plan) {
  if (plan.command.empty() || plan.command[0].empty()) {
    return Error{ErrorKind::kInvalidInput, "no command, and the image brings none"};
  }
  const std::string program =
      find_program(plan.command[0], variable(plan, "PATH"), plan.working_directory);
  if (program.empty()) {
    return Error{ErrorKind::kNotFound,
                 "exec: \"" + plan.command[0] + "\": executable file not found in $PATH"};
  }
  const Prepared prepared = prepare(plan, program);
  const char* output_path = plan.output_path.empty() ? "/dev/null" : plan.output_path.c_str();
  const int output = ::open(output_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  int report[2] = {-1, -1};
  if (output < 0 || ::pipe2(report, O_CLOEXEC) != 0) {
    return Error{ErrorKind::kIo,
                 "cannot open " + std::string(output_path) + ": " + std::strerror(errno)};
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    run_child(prepared, plan.working_directory.c_str(), output, report[1]);
  }
  const int fork_error = errno;
  ::close(output);
  ::close(report[1]);
  int exec_error = 0;
  const bool failed =
      pid > 0 && ::read(report[0], &exec_error, sizeof(exec_error)) == sizeof(exec_error);
  ::close(report[0]);
  if (pid < 0) {
    return Error{ErrorKind::kIo, std::string("cannot fork: ") + std::strerror(fork_error)};
  }
  if (failed) {
    ::waitpid(pid, nullptr, 0);
    return Error{ErrorKind::kIo, "exec: \"" + program + "\": " + std::strerror(exec_error)};
  }
  return Process{.pid = pid,
                 .pid_fd = open_pid_fd(pid),
                 .start_ticks = start_ticks_of(pid).value_or(0),
                 .is_child = true};
}

std::optional<Process> find_process(pid_t pid, int64_t start_ticks) {
  const int fd = pid > 1 ? open_pid_fd(pid) : -1;
  if (fd < 0) {
    return std::nullopt;
  }
  // Asked after the pidfd is held, so that the answer is about the process it holds.
  if (start_ticks_of(pid) != start_ticks) {
    ::close(fd);
    return std::nullopt;
  }
  return Process{.pid = pid, .pid_fd = fd, .start_ticks = start_ticks, .is_child = false};
}

void signal_process(const Process& process, int signal) {
  // A child's pid stays its own until it is collected; another's is checked by its time of start.
  if (!process.is_child && start_ticks_of(process.pid) != process.start_ticks) {
    return;
  }
  ::kill(-process.pid, signal);
  ::kill(process.pid, signal);
}

std::optional<Exit> collect_process(const Process& process) {
  if (!process.is_child) {
    return start_ticks_of(process.pid) == process.start_ticks ? std::nullopt
                                                              : std::optional(Exit{.code = 137});
  }
  int status = 0;
  if (::waitpid(process.pid, &status, WNOHANG) != process.pid) {
    return std::nullopt;
  }
  // What it left behind goes with it.
  ::kill(-process.pid, SIGKILL);
  if (WIFSIGNALED(status)) {
    return Exit{.code = 0, .signal = WTERMSIG(status)};
  }
  return Exit{.code = WEXITSTATUS(status), .signal = 0};
}

}  // namespace quorate::local
