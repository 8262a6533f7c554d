// The arguments of quorate-server: what ZooKeeper's scripts pass, and our own options.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/problem.h"
#include "server/config/properties.h"

namespace quorate::config {

/// What the arguments say.
///
/// Accepted, in any order:
///
///     FILE                                    zoo.cfg, also as --config FILE
///     PORT DATADIR [TICKTIME] [MAXCNXNS]      as ZooKeeperServerMain, instead of a file
///     -DNAME=VALUE                            a system property, also as -D NAME=VALUE
///     --data-dir, --log-dir, --token-file,    stronger than zoo.cfg; also as --option=VALUE
///     --tls-dir, --name, --listen VALUE
///     -h --help, --version
///     -Xmx1g, -XX:..., -cp PATH, ...          options of a Java machine: each only a warning
///     org.apache.zookeeper....                a main class: only a warning
struct CommandLine {
  /// File to read; empty with the short form, and when asked for help or version.
  std::string config_file;
  /// From -D, in order; names without -D, places naming where they were written.
  Properties system_properties;
  /// Keys of zoo.cfg that are stronger than the file: from the options and the short form.
  Properties overrides;
  bool wants_help = false;
  bool wants_version = false;
  std::vector<Problem> errors;
  std::vector<Problem> warnings;

  [[nodiscard]] bool ok() const { return errors.empty(); }
};

/// Parses the arguments after the program's name. Neither a file nor a short form is an error,
/// unless help or version is wanted.
[[nodiscard]] CommandLine parse_command_line(std::span<const std::string> arguments);

/// Takes the JVM flags of an environment variable such as SERVER_JVMFLAGS or JVMFLAGS, split at
/// blanks as zkServer.sh lets the shell split them (quotes are not special), into `line`. Problems
/// name `variable`. Call it before parse() and with SERVER_JVMFLAGS first: a later -D wins.
void add_jvm_flags(CommandLine& line, std::string_view variable, std::string_view flags);

/// One screen that explains the arguments, ending in a line end.
[[nodiscard]] std::string usage_text();

}  // namespace quorate::config
