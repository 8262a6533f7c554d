// Terminal: a program of ours in a pseudo-terminal, typed at and read by a test.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "server/base/assert.h"

namespace quorate::cli::test {

/// Runs this very test binary again with one of its disabled tests as the program, so that nothing
/// has to be found on disk. Killed with the object.
class Terminal {
 public:
  Terminal(const std::string& test, const std::map<std::string, std::string>& environment) {
    int slave = -1;
    winsize size{24, 120, 0, 0};
    QR_ASSERT(::openpty(&master_, &slave, nullptr, nullptr, &size) == 0);
    pid_ = ::fork();
    QR_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
      ::setsid();
      ::ioctl(slave, TIOCSCTTY, 0);
      for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        ::dup2(slave, fd);
      }
      ::close(slave);
      ::close(master_);
      for (const auto& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
      }
      const std::string filter = "--gtest_filter=" + test;
      ::execl("/proc/self/exe", "test", filter.c_str(), "--gtest_also_run_disabled_tests", nullptr);
      ::_exit(127);
    }
    ::close(slave);
  }
  ~Terminal() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) {
    QR_ASSERT(::write(master_, keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
  }
  /// Reads until `text` has appeared behind what was awaited before; false after 20 s, or at the
  /// program's end.
  bool await(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (true) {
      const size_t found = screen_.find(text, seen_);
      if (found != std::string::npos) {
        seen_ = found + text.size();
        return true;
      }
      if (std::chrono::steady_clock::now() > deadline || !read_some()) {
        return false;
      }
    }
  }
  /// Waits until the program has ended; its exit code, -1 if a signal ended it. A program that is
  /// silent for 20 s is killed.
  int finish() {
    while (read_some()) {
    }
    pollfd hung_up{master_, 0, 0};
    if (::poll(&hung_up, 1, 0) != 1) {
      ::kill(pid_, SIGKILL);
    }
    int status = 0;
    QR_ASSERT(::waitpid(pid_, &status, 0) == pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& screen() const { return screen_; }

 private:
  bool read_some() {
    pollfd ready{master_, POLLIN, 0};
    if (::poll(&ready, 1, 20000) != 1) {
      return false;
    }
    char buffer[4096];
    const ssize_t got = ::read(master_, buffer, sizeof buffer);
    if (got <= 0) {
      return false;
    }
    screen_.append(buffer, static_cast<size_t>(got));
    return true;
  }

  int master_ = -1;
  pid_t pid_ = -1;
  std::string screen_;
  size_t seen_ = 0;
};

}  // namespace quorate::cli::test
