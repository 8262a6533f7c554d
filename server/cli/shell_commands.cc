// Names, options and usages of the shell's commands.
#include "server/cli/shell_commands.h"

#include <algorithm>
#include <array>

namespace quorate::cli {
namespace {

constexpr OptionSpec kStatOption{"s", false, "Print znode stats additionally"};
constexpr OptionSpec kWatchOption{"w", false, "Watch for changes on the znode"};

constexpr std::array kAddWatchOptions{OptionSpec{"m", true, "mode"}};
constexpr std::array kConfigOptions{OptionSpec{"c", false, "client connection string"},
                                    OptionSpec{"w", false, "watch"},
                                    OptionSpec{"s", false, "stats"}};
constexpr std::array kCreateOptions{
    OptionSpec{"s", false, "sequential"}, OptionSpec{"e", false, "ephemeral"},
    OptionSpec{"c", false, "container"}, OptionSpec{"t", true, "ttl in ms"}};
constexpr std::array kDeleteOptions{OptionSpec{"v", true, "version"}};
constexpr std::array kDeleteAllOptions{OptionSpec{"b", true, "batch size"}};
constexpr std::array kQuotaOptions{
    OptionSpec{"n", true, "num soft quota"}, OptionSpec{"b", true, "bytes soft quota"},
    OptionSpec{"N", true, "num hard quota"}, OptionSpec{"B", true, "bytes hard quota"}};
constexpr std::array kDelQuotaOptions{
    OptionSpec{"n", false, "num soft quota"}, OptionSpec{"b", false, "bytes soft quota"},
    OptionSpec{"N", false, "num hard quota"}, OptionSpec{"B", false, "bytes hard quota"}};
constexpr std::array kGetOptions{OptionSpec{"b", false, "Output data in base64 format"},
                                 kStatOption, kWatchOption,
                                 OptionSpec{"x", false, "Output data in hexdump format"}};
constexpr std::array kGetAclOptions{OptionSpec{"s", false, "stats"}};
constexpr std::array kListOptions{OptionSpec{"s", false, "stat"}, OptionSpec{"w", false, "watch"},
                                  OptionSpec{"R", false, "recurse"}};
constexpr std::array kReconfigOptions{
    OptionSpec{"s", false, "stats"},        OptionSpec{"v", true, "required current version"},
    OptionSpec{"file", true, "members"},    OptionSpec{"members", true, "comma-separated list"},
    OptionSpec{"add", true, "to be added"}, OptionSpec{"remove", true, "to be removed"}};
constexpr std::array kRemoveWatchesOptions{
    OptionSpec{"c", false, "child watcher"},     OptionSpec{"d", false, "data watcher"},
    OptionSpec{"a", false, "any watcher"},       OptionSpec{"p", false, "persistent watcher"},
    OptionSpec{"r", false, "recursive watcher"}, OptionSpec{"l", false, "remove locally"}};
constexpr std::array kSetOptions{OptionSpec{"b", false, "Supply data in base64 format"},
                                 kStatOption,
                                 OptionSpec{"v", true, "Set with an expected version"}};
constexpr std::array kSetAclOptions{OptionSpec{"s", false, "stats"},
                                    OptionSpec{"v", true, "version"},
                                    OptionSpec{"R", false, "recursive"}};
constexpr std::array kStatOptions{OptionSpec{"w", false, "watch"}};
constexpr std::span<const OptionSpec> kNone;

constexpr std::array kCommands{
    Command{"addWatch",
            "[-m mode] path # optional mode is one of [PERSISTENT, PERSISTENT_RECURSIVE] - default "
            "is PERSISTENT_RECURSIVE",
            "Watch a node, or a whole subtree, until told otherwise.", kAddWatchOptions, 1, true,
            false, 1, command::add_watch},
    Command{"addauth", "scheme auth", "Add credentials to the session.", kNone, 1, true, false, 0,
            command::add_auth},
    Command{"close", "", "End the session.", kNone, 0, true, false, 0, command::close},
    Command{"config", "[-c] [-w] [-s]", "Show the ensemble's configuration.", kConfigOptions, 0,
            true, false, 0, command::config},
    Command{"connect", "host:port", "Begin a session, at another server if one is named.", kNone, 0,
            false, false, 0, command::connect},
    Command{"create", "[-s] [-e] [-c] [-t ttl] path [data] [acl]", "Create a node.", kCreateOptions,
            1, true, false, 1, command::create},
    Command{"delete", "[-v version] path", "Delete a node without children.", kDeleteOptions, 1,
            true, false, 1, command::remove},
    Command{"deleteall", "path [-b batch size]", "Delete a node and everything below it.",
            kDeleteAllOptions, 1, true, false, 1, command::remove_all},
    Command{"delquota", "[-n|-b|-N|-B] path", "Remove a quota, or one of its limits.",
            kDelQuotaOptions, 1, true, false, 1, command::remove_quota},
    Command{"exit", "", "Leave the shell.", kNone, 0, false, false, 0, command::quit},
    Command{"get", "[-s] [-w] [-b] [-x] path", "Print a node's data.", kGetOptions, 1, true, true,
            1, command::get},
    Command{"getAcl", "[-s] path", "Print who may do what with a node.", kGetAclOptions, 1, true,
            false, 1, command::get_acl},
    Command{"getAllChildrenNumber", "path", "Count the nodes below a node, at any depth.", kNone, 1,
            true, false, 1, command::all_children_number},
    Command{"getEphemerals", "path", "List the session's ephemeral nodes.", kNone, 0, true, false,
            1, command::ephemerals},
    Command{"help", "[command]", "List the commands, or explain one.", kNone, 0, false, false, 0,
            command::help},
    Command{"history", "", "List the last commands.", kNone, 0, false, false, 0, command::history},
    Command{"listquota", "path", "Show a node's quota and use.", kNone, 1, true, false, 1,
            command::list_quota},
    Command{"ls", "[-s] [-w] [-R] path", "List a node's children.", kListOptions, 1, true, false, 1,
            command::list},
    Command{"printwatches", "on|off", "Print events, or do not.", kNone, 0, false, false, 0,
            command::print_watches},
    Command{"quit", "", "Leave the shell.", kNone, 0, false, false, 0, command::quit},
    Command{"reconfig",
            "[-s] [-v version] [[-file path] | [-members serverID=host:port1:port2;port3[,...]*]] "
            "| [-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
            "Change the ensemble's members.", kReconfigOptions, 0, true, false, 0,
            command::reconfig},
    Command{"redo", "cmdno", "Run a command of the history again.", kNone, 1, false, false, 0,
            command::redo},
    Command{"removewatches", "path [-c|-d|-a|-p|-r] [-l]", "Remove watches of a node.",
            kRemoveWatchesOptions, 1, true, false, 1, command::remove_watches},
    Command{"set", "path data [-s] [-v version] [-b]", "Set a node's data.", kSetOptions, 2, true,
            true, 1, command::set},
    Command{"setAcl", "[-s] [-v version] [-R] path acl", "Set who may do what with a node.",
            kSetAclOptions, 2, true, false, 1, command::set_acl},
    Command{"setquota", "-n|-b|-N|-B val path", "Limit number and bytes of nodes below a node.",
            kQuotaOptions, 1, true, false, 1, command::set_quota},
    Command{"stat", "[-w] path", "Print a node's status.", kStatOptions, 1, true, false, 1,
            command::stat},
    Command{"sync", "path", "Wait until the server has caught up with the leader.", kNone, 1, true,
            false, 1, command::sync},
    Command{"version", "", "Print this shell's version.", kNone, 0, false, false, 0,
            command::version},
    Command{"whoami", "", "Print the identities of the session.", kNone, 0, true, false, 0,
            command::who_am_i},
};

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                  [name](const Command& c) { return c.name == name; });
  return found == kCommands.end() ? nullptr : &*found;
}

std::string usage_of(const Command& command) {
  std::string usage(command.name);
  usage.append(" ").append(command.synopsis);
  if (!command.lists_options) {
    return usage;
  }
  // As Apache's HelpFormatter draws it.
  size_t width = 0;
  for (const OptionSpec& option : command.options) {
    width = std::max(width, option.takes_value ? std::string_view("-v <arg>").size() : 2);
  }
  usage.append("\n");
  for (const OptionSpec& option : command.options) {
    std::string left = "-" + std::string(option.name) + (option.takes_value ? " <arg>" : "");
    left.resize(width, ' ');
    usage.append(" ").append(left).append("   ").append(option.help).append("\n");
  }
  return usage;
}

std::string all_usages() {
  std::string text = "ZooKeeper -server host:port -client-configuration properties-file cmd args\n";
  for (const Command& command : kCommands) {
    text.append("\t").append(command.name).append(" ").append(command.synopsis).append("\n");
  }
  return text;
}

}  // namespace quorate::cli
