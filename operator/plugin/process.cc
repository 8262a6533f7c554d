// fork and exec.
#include "operator/plugin/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "operator/transport/clock.h"
#include "server/base/text.h"

namespace quorate::plugin {

namespace {

constexpr auto kForwardTimeout = std::chrono::seconds(15);

std::vector<char*> pointers_of(const std::vector<std::string>& command) {
  std::vector<char*> pointers;
  for (const std::string& each : command) {
    pointers.push_back(const_cast<char*>(each.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

Error cannot_start(const std::string& program, int code) {
  std::string text = "cannot run " + program + ": " + std::strerror(code);
  if (code == ENOENT) {
    text += "; install it, or put it into PATH";
  }
  return {code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo, text};
}

/// The port in "Forwarding from 127.0.0.1:41234 -> 2181"; 0: the line is another one.
uint16_t port_in(std::string_view line) {
  constexpr std::string_view kBegin = "Forwarding from 127.0.0.1:";
  if (!line.starts_with(kBegin)) {
    return 0;
  }
  line.remove_prefix(kBegin.size());
  return static_cast<uint16_t>(parse_integer(line.substr(0, line.find(' ')), 1, 65535).value_or(0));
}

/// Reads lines until one names the port; 0: the end, or too late.
uint16_t await_port(int fd) {
  const auto until = transport::monotonic_now() + kForwardTimeout;
  std::string line;
  while (transport::monotonic_now() < until) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - transport::monotonic_now());
    char each = 0;
    if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0 || ::read(fd, &each, 1) != 1) {
      return 0;
    }
    if (each != '\n') {
      line += each;
    } else if (const uint16_t port = port_in(line); port != 0) {
      return port;
    } else {
      line.clear();
    }
  }
  return 0;
}

}  // namespace

std::vector<std::string> kubectl_command(const Connection& connection, const std::string& space) {
  std::vector<std::string> command{"kubectl"};
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) {
      command.insert(command.end(), {flag, value});
    }
  };
  add("--kubeconfig", connection.kubeconfig);
  add("--context", connection.context);
  add("--namespace", space);
  return command;
}

Error become(const std::vector<std::string>& command) {
  ::execvp(command.front().c_str(), pointers_of(command).data());
  return cannot_start(command.front(), errno);
}

Status run_program(const std::vector<std::string>& command) {
  const auto arguments = pointers_of(command);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return cannot_start(command.front(), errno);
  }
  if (pid == 0) {
    ::execvp(arguments[0], arguments.data());
    ::_exit(errno == ENOENT ? 127 : 126);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    return {};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    return cannot_start(command.front(), ENOENT);
  }
  return Error{ErrorKind::kUnavailable, command.front() + " failed"};
}

std::string sibling(const std::string& name) {
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const auto beside = own.parent_path() / name;
  return !error && std::filesystem::exists(beside, error) ? beside.string() : name;
}

Result<std::unique_ptr<PortForward>> PortForward::start(std::vector<std::string> kubectl,
                                                        const std::string& target, uint16_t port) {
  kubectl.insert(kubectl.end(),
                 {"port-forward", "--address", "127.0.0.1", target, ":" + std::to_string(port)});
  const auto arguments = pointers_of(kubectl);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return cannot_start(kubectl.front(), errno);
  }
  const pid_t pid = ::fork();
  if (pid == 0) {
    // A Ctrl-C is the shell's.
    ::setpgid(0, 0);
    ::dup2(ends[1], STDOUT_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return cannot_start(kubectl.front(), errno);
  }
  const uint16_t found = await_port(ends[0]);
  std::unique_ptr<PortForward> forward(new PortForward(pid, found, ends[0]));
  if (found == 0) {
    return Error{ErrorKind::kUnavailable, "kubectl port-forward to " + target + " did not start"};
  }
  return forward;
}

PortForward::~PortForward() {
  if (::kill(pid_, SIGTERM) == 0) {
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  ::close(output_);
}

}  // namespace quorate::plugin
