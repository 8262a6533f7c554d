// Processes and sockets of the server verbs.
#include "server/cli/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/client/client.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

int milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

/// What exec needs, made before a fork: between fork and exec nothing may be allocated.
class Image {
 public:
  Image(const std::string& program, const std::vector<std::string>& arguments,
        const Variables& variables)
      : words_{program} {
    words_.insert(words_.end(), arguments.begin(), arguments.end());
    for (const auto& [name, value] : variables) {
      environment_.push_back(name + "=" + value);
    }
    argv_ = pointers(words_);
    envp_ = pointers(environment_);
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  /// Returns only if it fails; errno says why.
  void execute() { ::execvpe(argv_.front(), argv_.data(), envp_.data()); }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> result;
    for (std::string& word : words) {
      result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
  }

  std::vector<std::string> words_;
  std::vector<std::string> environment_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

std::string cannot_run(const std::string& program, int error) {
  return "cannot run " + program + ": " + std::strerror(error);
}

/// In the child: output to the file, away from the terminal.
void detach(const std::string& output_file) {
  ::setsid();
  ::signal(SIGHUP, SIG_IGN);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  ::dup2(nothing, STDIN_FILENO);
  if (output >= 0) {
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
  }
}

bool is_server(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/cmdline");
  std::string word;
  // The second word too: an interpreter may stand before it.
  for (int i = 0; i < 2 && std::getline(in, word, '\0'); ++i) {
    if (fs::path(word).filename() == "quorate-server") {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string installation_prefix() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? "." : self.parent_path().parent_path().string();
}

std::string server_program() {
  if (const char* program = std::getenv("QUORATE_SERVER")) {
    return program;
  }
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  const fs::path beside = self.parent_path() / "quorate-server";
  return !error && ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "quorate-server";
}

ProcessHandle::ProcessHandle(pid_t pid)
    : fd_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

ProcessHandle::~ProcessHandle() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool ProcessHandle::wait(Duration patience) const {
  pollfd ended{fd_, POLLIN, 0};
  return fd_ < 0 || ::poll(&ended, 1, milliseconds(patience)) == 1;
}

bool ProcessHandle::terminate() const {
  return ::syscall(SYS_pidfd_send_signal, fd_, SIGTERM, nullptr, 0) == 0;
}

std::optional<pid_t> running_server(const std::string& pid_file) {
  std::ifstream in(pid_file);
  pid_t pid = 0;
  if (!(in >> pid) || pid <= 0 || !is_server(pid)) {
    return std::nullopt;
  }
  const ProcessHandle process(pid);
  return process.exists() && !process.has_ended() ? std::optional<pid_t>(pid) : std::nullopt;
}

ReadySocket::ReadySocket()
    : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      name_("@quorate-ready-" + std::to_string(::getpid())) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A leading zero byte, written as @ by convention: a name outside of the file system.
  std::memcpy(address.sun_path + 1, name_.data() + 1, name_.size() - 1);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
  if (fd_ >= 0 && ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

ReadySocket::~ReadySocket() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

bool ReadySocket::take_ready() {
  std::array<char, 512> message;
  const ssize_t size = fd_ < 0 ? 0 : ::recv(fd_, message.data(), message.size(), 0);
  return size > 0 && std::string_view(message.data(), static_cast<size_t>(size)).find("READY=1") !=
                         std::string_view::npos;
}

std::string become(const std::string& program, const std::vector<std::string>& arguments,
                   const Variables& variables) {
  Image(program, arguments, variables).execute();
  return cannot_run(program, errno);
}

Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments,
                    const Variables& variables, const std::string& output_file) {
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
    return Error{ErrorKind::kIo, std::string("pipe: ") + std::strerror(errno)};
  }
  Image image(program, arguments, variables);
  const pid_t pid = ::fork();
  if (pid == 0) {
    detach(output_file);
    image.execute();
    const int error = errno;
    (void)!::write(failure[1], &error, sizeof error);
    ::_exit(127);
  }
  ::close(failure[1]);
  int error = 0;
  // The end of the pipe: exec has succeeded.
  const ssize_t size = pid < 0 ? 0 : ::read(failure[0], &error, sizeof error);
  ::close(failure[0]);
  if (pid < 0) {
    return Error{ErrorKind::kIo, std::string("fork: ") + std::strerror(errno)};
  }
  if (size > 0) {
    ::waitpid(pid, nullptr, 0);
    return Error{ErrorKind::kNotFound, cannot_run(program, error)};
  }
  return pid;
}

std::string end_of_child(pid_t pid) {
  int status = 0;
  if (::waitpid(pid, &status, WNOHANG) != pid) {
    return {};
  }
  if (WIFSIGNALED(status)) {
    return "signal " + std::to_string(WTERMSIG(status)) + " (" + ::strsignal(WTERMSIG(status)) +
           ")";
  }
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

std::optional<std::string> four_letter_word(const std::string& host, uint16_t port,
                                            std::string_view word, Duration patience) {
  const TimePoint deadline = client::monotonic_now() + patience;
  client::Stream stream(client::Endpoint{host, port}, nullptr);
  const auto wait = [&](bool has_output) {
    const Duration left = std::max(deadline - client::monotonic_now(), Duration(0));
    pollfd ready{stream.fd(), stream.events(has_output), 0};
    return ::poll(&ready, 1, milliseconds(left)) == 1;
  };
  while (true) {
    const client::Stream::Progress progress = stream.advance();
    if (progress == client::Stream::Progress::kReady) {
      break;
    }
    if (progress == client::Stream::Progress::kFailed || !wait(true)) {
      return std::nullopt;
    }
  }
  std::string question(word);
  std::string answer;
  if (!stream.send(question)) {
    return std::nullopt;
  }
  while (wait(false)) {
    if (!stream.receive(answer)) {
      return answer;
    }
  }
  return std::nullopt;
}

}  // namespace quorate::cli
