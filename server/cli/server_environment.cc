// Directories, variables and configuration of the server verbs.
#include "server/cli/server_environment.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/config/properties.h"

extern char** environ;

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

Variables parse_variables(std::string_view zero_separated) {
  Variables variables;
  while (!zero_separated.empty()) {
    const std::string_view entry = zero_separated.substr(0, zero_separated.find('\0'));
    zero_separated.remove_prefix(std::min(zero_separated.size(), entry.size() + 1));
    const size_t equals = entry.find('=');
    if (equals != entry.npos) {
      variables[std::string(entry.substr(0, equals))] = entry.substr(equals + 1);
    }
  }
  return variables;
}

std::optional<std::string> read_text(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return in ? std::optional<std::string>(text.str()) : std::nullopt;
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional<uint16_t>(port) : std::nullopt;
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) {
    return {};
  }
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// Client port of "host:2888:3888[:role];[address:]port".
void read_server_line(std::string_view line, ServerPorts& ports) {
  const size_t semicolon = line.rfind(';');
  if (semicolon == line.npos) {
    return;
  }
  std::string_view client = line.substr(semicolon + 1);
  const size_t colon = client.rfind(':');
  if (colon != client.npos) {
    ports.client_address = trimmed(client.substr(0, colon));
    client.remove_prefix(colon + 1);
  }
  ports.client_port = parse_port(trimmed(client));
}

void read_ports(const config::Properties& properties, const std::string& server_key,
                ServerPorts& ports) {
  for (const config::Property& one : properties) {
    if (one.key == "clientPort") {
      ports.client_port = parse_port(trimmed(one.value));
    } else if (one.key == "clientPortAddress") {
      ports.client_address = trimmed(one.value);
    } else if (one.key == "secureClientPort") {
      ports.secure_port = parse_port(trimmed(one.value));
    } else if (one.key == "secureClientPortAddress") {
      ports.secure_address = trimmed(one.value);
    } else if (one.key == server_key && !ports.client_port) {
      read_server_line(one.value, ports);
    }
  }
}

}  // namespace

Variables process_variables() {
  Variables variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    variables.merge(parse_variables(*entry));
  }
  return variables;
}

Variables with_environment_files(const std::string& directory, Variables variables) {
  std::string script;
  for (const char* name : {"zookeeper-env.sh", "java.env"}) {
    const std::string path = directory + "/" + name;
    if (fs::is_regular_file(path)) {
      // The name reaches the shell as a variable: nothing in it is interpreted.
      script += std::string(". \"$QUORATE_CONF_DIRECTORY/") + name + "\"; ";
    }
  }
  if (script.empty()) {
    return variables;
  }
  ::setenv("QUORATE_CONF_DIRECTORY", fs::absolute(directory).c_str(), 1);
  FILE* shell = ::popen(("set -a; { " + script + "} >&2; exec env -0").c_str(), "r");
  ::unsetenv("QUORATE_CONF_DIRECTORY");
  if (shell == nullptr) {
    return variables;
  }
  std::string output;
  std::array<char, 4096> buffer;
  size_t got;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), shell)) > 0) {
    output.append(buffer.data(), got);
  }
  if (::pclose(shell) != 0) {
    return variables;
  }
  Variables result = parse_variables(output);
  result.erase("QUORATE_CONF_DIRECTORY");
  return result;
}

std::string variable(const Variables& variables, std::string_view name, std::string fallback) {
  const auto found = variables.find(name);
  return found == variables.end() || found->second.empty() ? std::move(fallback) : found->second;
}

Result<ServerCommandLine> parse_server_command(const std::vector<std::string>& arguments) {
  ServerCommandLine line;
  size_t i = 0;
  if (i < arguments.size() && arguments[i] == "--config") {
    if (i + 1 == arguments.size()) {
      return Error{ErrorKind::kInvalidInput, "--config needs a directory"};
    }
    line.configuration_directory = arguments[i + 1];
    i += 2;
  }
  if (i < arguments.size()) {
    line.verb = arguments[i++];
  }
  if (i < arguments.size()) {
    line.configuration = arguments[i++];
  }
  return line;
}

std::string configuration_directory(const Variables& variables, const std::string& option,
                                    const std::string& prefix) {
  if (!option.empty()) {
    return option;
  }
  const std::string from_environment = variable(variables, "ZOOCFGDIR");
  if (!from_environment.empty()) {
    return from_environment;
  }
  const std::string conf = prefix + "/conf";
  return fs::is_directory(conf) ? conf : prefix + "/etc/zookeeper";
}

std::string configuration_file(const Variables& variables, const std::string& directory,
                               const std::string& argument) {
  const std::string name = argument.empty() ? variable(variables, "ZOOCFG", "zoo.cfg") : argument;
  // A path is taken as it is, a bare name lies in the configuration directory.
  return name.find('/') == std::string::npos ? directory + "/" + name : name;
}

Result<ServerFile> read_server_file(const std::string& path) {
  const auto text = read_text(path);
  if (!text) {
    return Error{ErrorKind::kNotFound, "cannot read " + path};
  }
  ServerFile file;
  std::string dynamic;
  const config::Properties properties = config::parse_properties(*text, path).properties;
  for (const config::Property& one : properties) {
    if (one.key == "dataDir") {
      file.data_directory = trimmed(one.value);
    } else if (one.key == "dynamicConfigFile") {
      dynamic = trimmed(one.value);
    }
  }
  if (file.data_directory.empty()) {
    return Error{ErrorKind::kInvalidInput, path + " has no dataDir"};
  }
  const std::string myid = trimmed(read_text(file.data_directory + "/myid").value_or(""));
  const std::string server_key = myid.empty() ? "" : "server." + myid;
  read_ports(properties, server_key, file.ports);
  if (const auto more = dynamic.empty() ? std::nullopt : read_text(dynamic)) {
    read_ports(config::parse_properties(*more, dynamic).properties, server_key, file.ports);
  }
  return file;
}

ServerPlaces server_places(const Variables& variables, const std::string& prefix,
                           const std::string& configuration, const std::string& data_directory) {
  ServerPlaces places;
  places.configuration = configuration;
  places.data_directory = data_directory;
  places.pid_file = variable(variables, "ZOOPIDFILE", data_directory + "/zookeeper_server.pid");
  const std::string logs = variable(variables, "ZOO_LOG_DIR", prefix + "/logs");
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  places.output_file = logs + "/zookeeper-" + variable(variables, "USER", "root") + "-server-" +
                       host.data() + ".out";
  return places;
}

}  // namespace quorate::cli
