// Commands of `quorate`, and their help.
#include "server/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/bench.h"
#include "server/cli/completion_script.h"
#include "server/cli/digest.h"
#include "server/cli/inspect.h"
#include "server/cli/run_shell.h"
#include "server/cli/server_verbs.h"
#include "server/cli/version.h"

namespace quorate::cli {
namespace {

/// Everything that CLI11 parses. `shell` and `server` parse their own arguments, as the scripts
/// that they stand for do; here they have only a name and a line of help.
struct Commands {
  CLI::App app{"Quorate: a coordination service that speaks ZooKeeper's protocol", "quorate"};
  BenchOptions bench;
  InspectOptions log;
  InspectOptions snapshot;
  DigestOptions digest;
  std::string completion;

  Commands() {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("quorate ") + kVersionText);
    app.footer("`quorate help COMMAND` explains a command.");
    app.add_subcommand("shell", "Talk to a server, with the commands of zkCli.sh")
        ->prefix_command();
    app.add_subcommand("server", "Start, stop and ask a member, as zkServer.sh")->prefix_command();
    add_bench_flags(*app.add_subcommand("bench", "Generate load and measure it"), bench);
    add_inspect_flags(*app.add_subcommand("inspect", "Print and verify logs and snapshots"), log,
                      snapshot);
    CLI::App* of_digest =
        app.add_subcommand("digest", "Print the id of a digest ACL for user:password");
    of_digest->add_option("credentials", digest.credentials, "user:password, or - to read a line")
        ->required();
    of_digest->add_option("--algorithm", digest.algorithm, "SHA1, SHA-256, SHA-512, SHA3-256, ...")
        ->capture_default_str();
    app.add_subcommand("completion", "Print a completion script for bash, zsh or fish")
        ->add_option("shell", completion, "bash, zsh, fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  [[nodiscard]] int run() {
    if (app.got_subcommand("bench")) {
      return run_bench(bench);
    }
    if (app.got_subcommand("inspect")) {
      return app.get_subcommand("inspect")->got_subcommand("log") ? inspect_log(log)
                                                                  : inspect_snapshot(snapshot);
    }
    if (app.got_subcommand("digest")) {
      return run_digest(digest);
    }
    std::fputs(completion_script(app, completion).c_str(), stdout);
    return 0;
  }
};

/// `quorate help [COMMAND ...]` is `quorate [COMMAND ...] --help`.
std::vector<std::string> help_arguments(std::vector<std::string> words) {
  if (!words.empty() && words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return words;
}

int parse_and_run(std::vector<std::string> words) {
  Commands commands;
  // CLI11 takes the words in reverse.
  std::reverse(words.begin(), words.end());
  try {
    commands.app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    const int code = commands.app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return commands.run();
}

}  // namespace

int run_command_line(int argc, char** argv) {
  const std::string name = std::filesystem::path(argv[0]).filename().string();
  std::vector<std::string> words(argv + 1, argv + argc);
  if (name == "zkCli.sh") {
    return run_shell(words);
  }
  if (name == "zkServer.sh") {
    return run_server_verb(words, true);
  }
  words = help_arguments(std::move(words));
  if (!words.empty() && (words.front() == "shell" || words.front() == "server")) {
    const std::vector<std::string> rest(words.begin() + 1, words.end());
    return words.front() == "shell" ? run_shell(rest) : run_server_verb(rest, false);
  }
  return parse_and_run(std::move(words));
}

}  // namespace quorate::cli
