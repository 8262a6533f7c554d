// What zkServer.sh takes from its surroundings: directories, configuration file, variables.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::cli {

/// Variables by name.
using Variables = std::map<std::string, std::string, std::less<>>;

/// The environment of this process.
[[nodiscard]] Variables process_variables();
/// Runs zookeeper-env.sh and java.env of `directory`, where they exist, in a shell, and returns the
/// variables that they leave.
[[nodiscard]] Variables with_environment_files(const std::string& directory, Variables variables);

/// The word behind `server` and what follows it.
struct ServerCommandLine {
  std::string verb;
  std::string configuration;            ///< The cfg argument; may be empty.
  std::string configuration_directory;  ///< Of --config; may be empty.
};
[[nodiscard]] Result<ServerCommandLine> parse_server_command(
    const std::vector<std::string>& arguments);

/// Where everything is. Source: zkEnv.sh, zkServer.sh of ZooKeeper 3.9.
struct ServerPlaces {
  std::string configuration;  ///< zoo.cfg.
  std::string pid_file;
  std::string output_file;  ///< Standard output and error of a started server.
  std::string data_directory;
};
/// `prefix` is the directory above bin.
[[nodiscard]] std::string configuration_directory(const Variables& variables,
                                                  const std::string& option,
                                                  const std::string& prefix);
[[nodiscard]] std::string configuration_file(const Variables& variables,
                                             const std::string& directory,
                                             const std::string& argument);

/// The values of zoo.cfg that the script itself needs.
struct ServerPorts {
  std::optional<uint16_t> client_port;
  std::string client_address = "localhost";
  std::optional<uint16_t> secure_port;
  std::string secure_address = "localhost";
};
struct ServerFile {
  std::string data_directory;
  ServerPorts ports;
};
/// Reads the file, and the dynamic configuration with myid if the file has no port. Errors: it
/// cannot be read, or has no dataDir.
[[nodiscard]] Result<ServerFile> read_server_file(const std::string& path);

/// Pid and output file.
[[nodiscard]] ServerPlaces server_places(const Variables& variables, const std::string& prefix,
                                         const std::string& configuration,
                                         const std::string& data_directory);

/// A variable, or `fallback` if it is unset or empty.
[[nodiscard]] std::string variable(const Variables& variables, std::string_view name,
                                   std::string fallback = {});

}  // namespace quorate::cli
