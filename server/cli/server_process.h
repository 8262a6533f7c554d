// The server process that the verbs start, find and stop.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/cli/server_environment.h"

namespace quorate::cli {

/// The quorate-server beside this program; just its name, to be looked up in PATH, if there is
/// none.
[[nodiscard]] std::string server_program();
/// The directory above the one that holds this program.
[[nodiscard]] std::string installation_prefix();

/// A handle on a process that tells when it ends. Closes its descriptor.
class ProcessHandle {
 public:
  explicit ProcessHandle(pid_t pid);
  ~ProcessHandle();
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;

  /// False if there is no such process.
  [[nodiscard]] bool exists() const { return fd_ >= 0; }
  [[nodiscard]] bool has_ended() const { return wait(Duration(0)); }
  /// True as soon as it has ended; false after `patience`.
  [[nodiscard]] bool wait(Duration patience) const;
  [[nodiscard]] bool terminate() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

/// The pid in the file, if a quorate-server with that pid runs. A number that meanwhile belongs to
/// another program is none.
[[nodiscard]] std::optional<pid_t> running_server(const std::string& pid_file);

/// Where a started server says that it serves: a datagram "READY=1" to NOTIFY_SOCKET.
class ReadySocket {
 public:
  ReadySocket();
  ~ReadySocket();
  ReadySocket(const ReadySocket&) = delete;
  ReadySocket& operator=(const ReadySocket&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  /// Value for NOTIFY_SOCKET.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// True if READY=1 has arrived.
  [[nodiscard]] bool take_ready();

 private:
  int fd_ = -1;
  std::string name_;
};

/// Starts `program` in a session of its own, output appended to `output_file`. Errors: it cannot be
/// executed.
[[nodiscard]] Result<pid_t> spawn(const std::string& program,
                                  const std::vector<std::string>& arguments,
                                  const Variables& variables, const std::string& output_file);
/// How a child that we started has ended: "exit code 2", "signal 11 (Segmentation fault)"; empty if
/// it has not.
[[nodiscard]] std::string end_of_child(pid_t pid);
/// Becomes `program`; returns only on failure, with the reason.
[[nodiscard]] std::string become(const std::string& program,
                                 const std::vector<std::string>& arguments,
                                 const Variables& variables);

/// Sends a four-letter word and returns the answer; nothing if nobody answers within `patience`.
[[nodiscard]] std::optional<std::string> four_letter_word(const std::string& host, uint16_t port,
                                                          std::string_view word, Duration patience);

}  // namespace quorate::cli
