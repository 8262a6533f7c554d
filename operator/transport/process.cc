// posix_spawn with pipes and a deadline.
#include "operator/transport/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace quorate::transport {

namespace {

using Clock = std::chrono::steady_clock;

/// A file descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (value_ >= 0) {
      ::close(std::exchange(value_, -1));
    }
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{ErrorKind::kIo, std::string("pipe: ") + std::strerror(errno)};
  }
  return Pipe{.read = Descriptor(ends[0]), .write = Descriptor(ends[1])};
}

std::vector<std::string> merged_environment(const ProcessOptions& options) {
  std::vector<std::string> merged;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view entry = *each;
    const bool is_replaced = std::ranges::any_of(
        options.environment, [&](const auto& own) { return entry.starts_with(own.first + "="); });
    if (!is_replaced) {
      merged.emplace_back(entry);
    }
  }
  for (const auto& [name, value] : options.environment) {
    merged.push_back(name + "=" + value);
  }
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> found;
  for (std::string& each : texts) {
    found.push_back(each.data());
  }
  found.push_back(nullptr);
  return found;
}

/// Starts the program in a process group of its own. Returns its id.
Result<pid_t> spawn(const ProcessOptions& options, const Pipe& out, const Pipe& err) {
  std::vector<std::string> arguments = options.arguments;
  arguments.insert(arguments.begin(), options.program);
  std::vector<std::string> environment = merged_environment(options);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, options.program.c_str(), &actions, &attributes,
                                    argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return Error{ErrorKind::kNotFound,
                 "cannot start `" + options.program + "`: " + std::strerror(failed)};
  }
  return child;
}

enum class Ended { kInTime, kLate, kTooMuch };

/// Reads both pipes to their ends.
Ended collect(Pipe& out, Pipe& err, const ProcessOptions& options, std::string& output,
              std::string& errors) {
  const Clock::time_point deadline = Clock::now() + options.timeout;
  std::array<pollfd, 2> fds{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0}};
  std::array<std::string*, 2> texts{&output, &errors};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      return Ended::kLate;
    }
    if (::poll(fds.data(), fds.size(), static_cast<int>(left)) < 0 && errno != EINTR) {
      return Ended::kLate;
    }
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) {
        continue;
      }
      char block[4096];
      const ssize_t count = ::read(fds[i].fd, block, sizeof(block));
      if (count > 0) {
        texts[i]->append(block, static_cast<size_t>(count));
      } else if (count == 0 || errno != EINTR) {
        fds[i].fd = -1;
      }
      if (texts[i]->size() > options.output_bytes_max) {
        return Ended::kTooMuch;
      }
    }
  }
  return Ended::kInTime;
}

std::string last_words(const std::string& errors) {
  constexpr size_t kBytesMax = 500;
  std::string words =
      errors.size() > kBytesMax ? "..." + errors.substr(errors.size() - kBytesMax) : errors;
  while (!words.empty() && (words.back() == '\n' || words.back() == '\r')) {
    words.pop_back();
  }
  return words.empty() ? "" : ": " + words;
}

/// Waits for the end of the child, which may have closed its output before it ends; kills it when
/// it does not.
int reap(pid_t child, Clock::time_point deadline) {
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child || (ended < 0 && errno != EINTR)) {
      return status;
    }
    if (Clock::now() >= deadline) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &status, 0);
      return status;
    }
    ::poll(nullptr, 0, 5);
  }
}

}  // namespace

Result<std::string> run_process(const ProcessOptions& options) {
  auto out = make_pipe();
  auto err = make_pipe();
  if (!out || !err) {
    return out ? err.error() : out.error();
  }
  const Clock::time_point deadline = Clock::now() + options.timeout;
  const auto child = spawn(options, *out, *err);
  if (!child) {
    return child.error();
  }
  out->write.close();
  err->write.close();
  std::string output;
  std::string errors;
  const Ended ended = collect(*out, *err, options, output, errors);
  if (ended != Ended::kInTime) {
    ::kill(-*child, SIGKILL);
  }
  const int status = reap(*child, deadline);
  const std::string name = "`" + options.program + "` ";
  if (ended == Ended::kLate) {
    return Error{ErrorKind::kUnavailable, name + "did not answer in time" + last_words(errors)};
  }
  if (ended == Ended::kTooMuch) {
    return Error{ErrorKind::kUnavailable, name + "printed too much"};
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error{
        ErrorKind::kUnavailable,
        name +
            (WIFEXITED(status) ? "failed with exit code " + std::to_string(WEXITSTATUS(status))
                               : "was killed") +
            last_words(errors)};
  }
  return output;
}

}  // namespace quorate::transport
