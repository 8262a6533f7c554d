// The table of the shell's commands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/shell.h"
#include "server/cli/shell_arguments.h"

namespace quorate::cli {

/// One command of zkCli.sh.
struct Command {
  std::string_view name;
  std::string_view synopsis;  ///< Behind the name in the usage.
  std::string_view help;      ///< One sentence.
  std::span<const OptionSpec> options;
  size_t operands_min = 0;
  bool needs_session = true;
  bool lists_options = false;  ///< The usage explains each option, as Apache's does.
  size_t path_operand = 0;     ///< Which operand completion takes for a path, from 1.
  std::optional<CommandError> (*run)(Shell& shell, const Arguments& arguments, Answer& answer);
};

/// All commands, sorted by name.
[[nodiscard]] std::span<const Command> all_commands();
[[nodiscard]] const Command* find_command(std::string_view name);
/// "get [-s] [-w] [-b] [-x] path", with the options explained where Apache's shell does that.
[[nodiscard]] std::string usage_of(const Command& command);
/// What zkCli.sh prints when it does not know a command.
[[nodiscard]] std::string all_usages();

using CommandResult = std::optional<CommandError>;
/// The commands, by file.
namespace command {
// shell_node_commands.cc
CommandResult create(Shell&, const Arguments&, Answer&);
CommandResult remove(Shell&, const Arguments&, Answer&);
CommandResult get(Shell&, const Arguments&, Answer&);
CommandResult set(Shell&, const Arguments&, Answer&);
CommandResult stat(Shell&, const Arguments&, Answer&);
CommandResult sync(Shell&, const Arguments&, Answer&);
CommandResult all_children_number(Shell&, const Arguments&, Answer&);
CommandResult ephemerals(Shell&, const Arguments&, Answer&);
// shell_tree_commands.cc
CommandResult list(Shell&, const Arguments&, Answer&);
CommandResult remove_all(Shell&, const Arguments&, Answer&);
CommandResult get_acl(Shell&, const Arguments&, Answer&);
CommandResult set_acl(Shell&, const Arguments&, Answer&);
// shell_quota_commands.cc
CommandResult set_quota(Shell&, const Arguments&, Answer&);
CommandResult list_quota(Shell&, const Arguments&, Answer&);
CommandResult remove_quota(Shell&, const Arguments&, Answer&);
// shell_session_commands.cc
CommandResult add_auth(Shell&, const Arguments&, Answer&);
CommandResult add_watch(Shell&, const Arguments&, Answer&);
CommandResult remove_watches(Shell&, const Arguments&, Answer&);
CommandResult close(Shell&, const Arguments&, Answer&);
CommandResult connect(Shell&, const Arguments&, Answer&);
CommandResult help(Shell&, const Arguments&, Answer&);
CommandResult history(Shell&, const Arguments&, Answer&);
CommandResult print_watches(Shell&, const Arguments&, Answer&);
CommandResult quit(Shell&, const Arguments&, Answer&);
CommandResult redo(Shell&, const Arguments&, Answer&);
CommandResult version(Shell&, const Arguments&, Answer&);
CommandResult who_am_i(Shell&, const Arguments&, Answer&);
// shell_config_commands.cc
CommandResult config(Shell&, const Arguments&, Answer&);
CommandResult reconfig(Shell&, const Arguments&, Answer&);
}  // namespace command

/// Parses a version argument; `text` empty is -1. Errors in words.
[[nodiscard]] Result<int32_t> parse_version(const std::string& text);
/// All paths from `root` down, sorted as a depth-first walk visits them, read with many requests in
/// flight. Nodes that vanish meanwhile are left out; a node that may not be read is listed, and is
/// `error`. If the root itself does not exist, `paths` is empty.
struct Subtree {
  std::vector<std::string> paths;
  std::optional<CommandError> error;
};
[[nodiscard]] Subtree walk(Shell& shell, const std::string& root);

}  // namespace quorate::cli
