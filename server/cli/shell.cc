// Sessions, dispatch and printing of the shell.
#include "server/cli/shell.h"

#include "server/cli/shell_commands.h"
#include "server/cli/shell_words.h"
#include "server/client/error_text.h"

namespace quorate::cli {
namespace {

void print_error(ShellOutput& output, const CommandError& error) {
  if (!output.style().json) {
    output.error(error.message + "\n");
    return;
  }
  Json json{{"message", error.message}};
  if (error.code != wire::ErrorCode::kOk) {
    json["error"] = wire::name_of(error.code);
    json["code"] = static_cast<int32_t>(error.code);
    json["path"] = error.path;
  }
  output.error(json.dump() + "\n");
}

std::optional<CommandError> run_command(Shell& shell, const Command& command,
                                        const std::vector<std::string>& words, Answer& answer) {
  const auto arguments = parse_arguments(std::span(words).subspan(1), command.options);
  if (!arguments) {
    return CommandError{arguments.error().message};
  }
  if (arguments->count() < command.operands_min) {
    return CommandError{usage_of(command)};
  }
  if (command.needs_session && !shell.is_open()) {
    answer.out("Not connected\n");
    return CommandError{shell.output().style().json ? "Not connected" : ""};
  }
  return command.run(shell, *arguments, answer);
}

}  // namespace

CommandError keeper_error(wire::ErrorCode code, std::string_view path) {
  return CommandError{client::shell_text(code, path), 1, code, std::string(path)};
}

std::optional<CommandError> check_path(std::string_view path, bool sequential) {
  std::string problem = path_problem(path, sequential);
  if (problem.empty()) {
    return std::nullopt;
  }
  return CommandError{std::move(problem)};
}

Shell::Shell(ConnectSettings settings, ShellOutput& output)
    : settings_(std::move(settings)), output_(output) {}

Shell::~Shell() { disconnect(); }

Status Shell::connect(const std::string& server) {
  auto parsed = client::parse_connect_string(server.empty() ? settings_.server : server);
  if (!parsed) {
    return parsed.error();
  }
  if (!server.empty()) {
    settings_.server = server;
  }
  disconnect();
  client::ClientOptions options;
  options.servers = std::move(*parsed);
  options.session_timeout = std::chrono::milliseconds(settings_.timeout_ms);
  options.read_only = settings_.read_only;
  options.tls = settings_.tls;
  client_ = std::make_unique<client::Client>(
      std::move(options), [this](const client::Event& event) { on_event(event); });
  return {};
}

void Shell::disconnect() {
  if (client_ != nullptr) {
    client_->close();
  }
}

bool Shell::is_open() const {
  return client_ != nullptr && client_->state() != client::Machine::State::kClosed;
}

bool Shell::wait_connected(Duration patience) {
  return client_ != nullptr && client_->wait_connected(patience);
}

int Shell::execute(const std::vector<std::string>& words) {
  const Command* command = find_command(words.front());
  Answer answer(output_);
  std::optional<CommandError> error;
  if (command == nullptr) {
    constexpr int kNotFound = 127;
    answer.err(all_usages());
    error = CommandError{"Command not found: Command not found " + words.front(), kNotFound};
  } else {
    error = run_command(*this, *command, words, answer);
  }
  if (!error) {
    if (output_.style().json) {
      output_.out((answer.json.is_null() ? Json{{"ok", true}} : answer.json)
                      .dump(-1, ' ', false, Json::error_handler_t::replace) +
                  "\n");
    }
    return 0;
  }
  if (!error->message.empty()) {
    print_error(output_, *error);
  }
  return error->exit_code;
}

int Shell::execute_line(const std::string& line) {
  const std::vector<std::string> words = split_words(line);
  history.push_back(line);
  return words.empty() ? 0 : execute(words);
}

std::string Shell::state_text() const {
  if (client_ == nullptr) {
    return "NOT_CONNECTED";
  }
  switch (client_->state()) {
    case client::Machine::State::kConnected:
      return client_->is_read_only() ? "CONNECTEDREADONLY" : "CONNECTED";
    case client::Machine::State::kClosed:
      return "CLOSED";
    default:
      return "CONNECTING";
  }
}

std::string Shell::prompt() const {
  const std::string state = state_text();
  std::string coloured = state;
  if (output_.style().colour) {
    coloured = std::string(state == "CONNECTED" ? kGreen : kRed) + state + std::string(kPlain);
  }
  return "[zk: " + settings_.server + "(" + coloured + ") " + std::to_string(history.size()) + "] ";
}

bool Shell::prints_watches() const {
  const std::scoped_lock lock(mutex_);
  return prints_watches_;
}

void Shell::print_watches(bool on) {
  const std::scoped_lock lock(mutex_);
  prints_watches_ = on;
}

void Shell::on_event(const client::Event& event) {
  if (prints_watches()) {
    output_.announce(event);
  }
}

}  // namespace quorate::cli
