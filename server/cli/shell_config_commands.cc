// Commands on the ensemble's configuration: config, reconfig.
#include <charconv>
#include <fstream>
#include <sstream>

#include "server/cli/shell_commands.h"

namespace quorate::cli {
namespace {

/// Lines "server.N=..." of a configuration, in their order, each without the key.
std::vector<std::pair<std::string, std::string>> server_lines(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> servers;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    const size_t equals = line.find('=');
    if (line.starts_with("server.") && equals != std::string::npos) {
      servers.emplace_back(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return servers;
}

/// What clients connect to, "version host:port,...": of each
/// "host:2888:3888[:role];[address:]port".
std::string client_text(const std::string& config) {
  std::string hosts;
  for (const auto& [key, value] : server_lines(config)) {
    const size_t semicolon = value.rfind(';');
    if (semicolon == std::string::npos) {
      continue;
    }
    const std::string client = value.substr(semicolon + 1);
    const bool has_host = client.rfind(':') != std::string::npos;
    const std::string host = value.starts_with('[') ? value.substr(0, value.find(']') + 1)
                                                    : value.substr(0, value.find(':'));
    hosts.append(hosts.empty() ? "" : ",").append(has_host ? client : host + ":" + client);
  }
  const size_t version = config.find("version=");
  const size_t start = version == std::string::npos ? config.size() : version + 8;
  return config.substr(start, config.find('\n', start) - start) + " " + hosts;
}

Result<std::string> members_of_file(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    return Error{ErrorKind::kNotFound, "Error processing " + file + ": cannot be read"};
  }
  std::ostringstream text;
  text << in.rdbuf();
  std::string members;
  for (const auto& [key, value] : server_lines(text.str())) {
    members.append(members.empty() ? "" : ",").append(key).append("=").append(value);
  }
  if (members.empty()) {
    return Error{ErrorKind::kInvalidInput,
                 "Error processing " + file + ": it has no line server.N=..."};
  }
  return members;
}

Result<client::ReconfigChange> change_of(const Arguments& arguments) {
  client::ReconfigChange change;
  const bool whole = arguments.has("file") || arguments.has("members");
  const bool incremental = arguments.has("add") || arguments.has("remove");
  if (whole && incremental) {
    return Error{ErrorKind::kInvalidInput,
                 "Can't use -file or -members together with -add or -remove (mixing incremental "
                 "and non-incremental modes is not allowed)"};
  }
  if (arguments.has("file") && arguments.has("members")) {
    return Error{ErrorKind::kInvalidInput,
                 "Can't use -file and -members together (conflicting non-incremental modes)"};
  }
  if (!whole && !incremental) {
    return Error{ErrorKind::kInvalidInput, usage_of(*find_command("reconfig"))};
  }
  if (arguments.has("v")) {
    const std::string text = arguments.value("v");
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), change.version, 16);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Error{ErrorKind::kInvalidInput,
                   "-v must be followed by a long (configuration version)"};
    }
  }
  if (arguments.has("add")) {
    change.joining = arguments.joined("add");
  }
  if (arguments.has("remove")) {
    change.leaving = arguments.joined("remove");
  }
  if (arguments.has("members")) {
    change.members = arguments.joined("members");
  }
  if (arguments.has("file")) {
    auto members = members_of_file(arguments.value("file"));
    if (!members) {
      return members.error();
    }
    change.members = std::move(*members);
  }
  return change;
}

}  // namespace

CommandResult command::config(Shell& shell, const Arguments& arguments, Answer& answer) {
  const auto got = shell.run(shell.calls().config(arguments.has("w")));
  if (!got.ok()) {
    return keeper_error(got.error, "/zookeeper/config");
  }
  const std::string text = got.value.data.value_or("");
  answer.out((arguments.has("c") ? client_text(text) : text) + "\n");
  answer.json = Json{{"config", text}, {"clients", client_text(text)}};
  if (arguments.has("s")) {
    answer.out(stat_text(got.value.stat));
    answer.json["stat"] = stat_json(got.value.stat);
  }
  return std::nullopt;
}

CommandResult command::reconfig(Shell& shell, const Arguments& arguments, Answer& answer) {
  const auto change = change_of(arguments);
  if (!change) {
    return CommandError{change.error().message};
  }
  const auto done = shell.run(shell.calls().reconfig(*change));
  if (!done.ok()) {
    return keeper_error(done.error, "");
  }
  const std::string text = done.value.data.value_or("");
  answer.out("Committed new configuration:\n" + text + "\n");
  answer.json = Json{{"config", text}};
  if (arguments.has("s")) {
    answer.out(stat_text(done.value.stat));
    answer.json["stat"] = stat_json(done.value.stat);
  }
  return std::nullopt;
}

}  // namespace quorate::cli
