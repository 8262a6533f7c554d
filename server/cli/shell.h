// The shell: a connection, a history, and the commands that work on them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/cli/shell_arguments.h"
#include "server/cli/shell_format.h"
#include "server/cli/shell_output.h"
#include "server/client/client.h"

namespace quorate::cli {

/// How to reach the server.
struct ConnectSettings {
  std::string server = "localhost:2181";
  int32_t timeout_ms = 30000;
  bool read_only = false;
  std::shared_ptr<net::TlsContext> tls;  ///< Null: plain text.
};

/// How long a conversation waits for a connection before it shows the prompt.
inline constexpr Duration kMoment = std::chrono::seconds(1);

/// Why a command failed: what to print, and the exit code of a one-shot shell.
struct CommandError {
  std::string message;
  int exit_code = 1;
  wire::ErrorCode code = wire::ErrorCode::kOk;  ///< kOk: not an answer of the server.
  std::string path;
};
/// The error that the server's answer about `path` means.
[[nodiscard]] CommandError keeper_error(wire::ErrorCode code, std::string_view path);
/// What is wrong with the path, before any server is asked.
[[nodiscard]] std::optional<CommandError> check_path(std::string_view path,
                                                     bool sequential = false);

/// What one command prints. In JSON mode texts are dropped and `json` is printed at the end.
class Answer {
 public:
  Answer(ShellOutput& output) : output_(output) {}
  void out(std::string_view text) {
    if (!output_.style().json) {
      output_.out(text);
    }
  }
  void err(std::string_view text) {
    if (!output_.style().json) {
      output_.err(text);
    }
  }
  Json json;

 private:
  ShellOutput& output_;
};

class Shell {
 public:
  /// `output` outlives the shell.
  Shell(ConnectSettings settings, ShellOutput& output);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// Begins a session at `server` (empty: the same as before), after ending the one in use. Errors:
  /// the connect string.
  [[nodiscard]] Status connect(const std::string& server);
  void disconnect();
  /// True while there is a session that has not ended.
  [[nodiscard]] bool is_open() const;
  /// Waits until the session is established; false if it is not after `patience`.
  [[nodiscard]] bool wait_connected(Duration patience);

  /// Runs the command in `words` and prints its answer or error. Returns its exit code.
  int execute(const std::vector<std::string>& words);
  /// Splits and runs a line, which becomes part of the history.
  int execute_line(const std::string& line);

  template <typename T>
  [[nodiscard]] client::Outcome<T> run(client::Call<T> call) {
    return client_->run(std::move(call));
  }
  [[nodiscard]] client::Client& client() { return *client_; }
  [[nodiscard]] const client::Calls& calls() const { return client_->calls(); }
  [[nodiscard]] ShellOutput& output() { return output_; }

  /// "[zk: 127.0.0.1:2181(CONNECTED) 3] ".
  [[nodiscard]] std::string prompt() const;
  [[nodiscard]] const std::string& server() const { return settings_.server; }
  /// Lines by number; those given by redo are the lines that they repeated.
  std::vector<std::string> history;
  bool quit = false;  ///< The user wants to leave.

  [[nodiscard]] bool prints_watches() const;
  void print_watches(bool on);

 private:
  [[nodiscard]] std::string state_text() const;
  void on_event(const client::Event& event);

  ConnectSettings settings_;
  ShellOutput& output_;
  mutable std::mutex mutex_;
  bool prints_watches_ = true;  ///< Guarded by mutex_.
  std::unique_ptr<client::Client> client_;
};

}  // namespace quorate::cli
