// Commands on the session and the shell itself: credentials, watches, connections, history.
#include <algorithm>
#include <charconv>

#include "server/cli/shell_commands.h"
#include "server/cli/version.h"

namespace quorate::cli {
namespace {

constexpr size_t kHistoryShown = 11;

client::WatcherType watcher_type(const Arguments& arguments) {
  using Type = client::WatcherType;
  if (arguments.has("c")) {
    return Type::kChildren;
  }
  if (arguments.has("d")) {
    return Type::kData;
  }
  if (arguments.has("p")) {
    return Type::kPersistent;
  }
  return arguments.has("r") ? Type::kPersistentRecursive : Type::kAny;
}

}  // namespace

CommandResult command::add_auth(Shell& shell, const Arguments& arguments, Answer&) {
  const auto added = shell.run(shell.calls().add_auth(arguments.operand(0), arguments.operand(1)));
  if (!added.ok()) {
    return keeper_error(added.error, "");
  }
  return std::nullopt;
}

CommandResult command::add_watch(Shell& shell, const Arguments& arguments, Answer&) {
  const std::string& path = arguments.operand(0);
  std::string mode = arguments.value("m", "PERSISTENT_RECURSIVE");
  std::transform(mode.begin(), mode.end(), mode.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (mode != "PERSISTENT" && mode != "PERSISTENT_RECURSIVE") {
    return CommandError{usage_of(*find_command("addWatch"))};
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto added = shell.run(shell.calls().add_watch(
      path, mode == "PERSISTENT" ? client::AddWatchMode::kPersistent
                                 : client::AddWatchMode::kPersistentRecursive));
  if (!added.ok()) {
    return keeper_error(added.error, path);
  }
  return std::nullopt;
}

CommandResult command::remove_watches(Shell& shell, const Arguments& arguments, Answer&) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto removed =
      shell.run(shell.calls().remove_watches(path, watcher_type(arguments), arguments.has("l")));
  const bool unreachable = removed.error == wire::ErrorCode::kConnectionLoss;
  if (!removed.ok() && !(unreachable && arguments.has("l"))) {
    return keeper_error(removed.error, path);
  }
  return std::nullopt;
}

CommandResult command::close(Shell& shell, const Arguments&, Answer&) {
  shell.disconnect();
  return std::nullopt;
}

CommandResult command::connect(Shell& shell, const Arguments& arguments, Answer&) {
  const Status connected = shell.connect(arguments.operand(0));
  if (!connected) {
    return CommandError{connected.error().message};
  }
  (void)shell.wait_connected(kMoment);
  return std::nullopt;
}

CommandResult command::help(Shell&, const Arguments& arguments, Answer& answer) {
  if (arguments.count() == 0) {
    answer.out(all_usages());
    return std::nullopt;
  }
  const Command* found = find_command(arguments.operand(0));
  if (found == nullptr) {
    return CommandError{"Command not found: Command not found " + arguments.operand(0), 127};
  }
  answer.out(usage_of(*found) + "\n" + std::string(found->help) + "\n");
  return std::nullopt;
}

CommandResult command::history(Shell& shell, const Arguments&, Answer& answer) {
  const size_t size = shell.history.size();
  answer.json = Json::array();
  for (size_t i = size > kHistoryShown ? size - kHistoryShown : 0; i < size; ++i) {
    answer.out(std::to_string(i) + " - " + shell.history[i] + "\n");
    answer.json.push_back(Json{{"number", i}, {"line", shell.history[i]}});
  }
  return std::nullopt;
}

CommandResult command::redo(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& text = arguments.operand(0);
  size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // The last line of the history is this very command.
  if (error != std::errc() || end != text.data() + text.size() ||
      number + 1 >= shell.history.size()) {
    return CommandError{"Command index out of range"};
  }
  const std::string line = shell.history[number];
  shell.history.pop_back();
  const int code = shell.execute_line(line);
  answer.json = Json{{"redone", line}};
  return code == 0 ? CommandResult() : CommandError{"", code};
}

CommandResult command::print_watches(Shell& shell, const Arguments& arguments, Answer& answer) {
  if (arguments.count() == 0) {
    answer.out(std::string("printwatches is ") + (shell.prints_watches() ? "on" : "off") + "\n");
    answer.json = Json{{"printwatches", shell.prints_watches()}};
    return std::nullopt;
  }
  shell.print_watches(arguments.operand(0) == "on");
  return std::nullopt;
}

CommandResult command::quit(Shell& shell, const Arguments&, Answer&) {
  shell.quit = true;
  shell.disconnect();
  return std::nullopt;
}

CommandResult command::version(Shell&, const Arguments&, Answer& answer) {
  answer.out(std::string("ZooKeeper CLI version: ") + kVersionText + "\n");
  answer.json = Json{{"version", kVersionText}};
  return std::nullopt;
}

CommandResult command::who_am_i(Shell& shell, const Arguments&, Answer& answer) {
  const auto infos = shell.run(shell.calls().who_am_i());
  if (!infos.ok()) {
    return keeper_error(infos.error, "");
  }
  answer.out("Auth scheme: User\n");
  answer.json = Json::array();
  for (const client::ClientInfo& info : infos.value) {
    answer.out(info.scheme + ": " + info.user + "\n");
    answer.json.push_back(Json{{"scheme", info.scheme}, {"user", info.user}});
  }
  return std::nullopt;
}

}  // namespace quorate::cli
