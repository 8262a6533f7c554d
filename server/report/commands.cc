// The table of commands and the frame around their bodies.
#include "server/report/commands.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "server/report/command_bodies.h"

namespace quorate::report {

namespace {

constexpr std::string_view kNotServing =
    "This ZooKeeper instance is not currently serving requests";

constexpr std::array kCommands = {
    Command{.name = "configuration", .alias = "conf", .other_alias = "config"},
    Command{.name = "connection_stat_reset",
            .alias = "crst",
            .access = Access::kToken,
            .effect = Effect::kResetConnectionStats},
    Command{.name = "connections", .alias = "cons", .detail = {.connections = true}},
    Command{.name = "dirs"},
    Command{.name = "dump", .detail = {.sessions = true}},
    Command{.name = "environment", .alias = "env", .other_alias = "envi", .needs_server = false},
    Command{.name = "get_trace_mask", .alias = "gtmk", .needs_server = false},
    Command{.name = "hash"},
    Command{.name = "initial_configuration", .alias = "icfg"},
    Command{.name = "is_read_only", .alias = "isro"},
    Command{.name = "last_snapshot", .alias = "lsnp"},
    Command{.name = "leader", .alias = "lead"},
    Command{
        .name = "monitor", .alias = "mntr", .needs_server = false, .detail = {.namespaces = true}},
    Command{.name = "observer_connection_stat_reset", .alias = "orst", .access = Access::kToken},
    Command{.name = "observers", .alias = "obsr"},
    Command{.name = "restore",
            .alias = "rest",
            .is_post = true,
            .access = Access::kTokenOrRoot,
            .producer = Producer::kRestore},
    Command{.name = "ruok"},
    Command{.name = "server_stats", .alias = "srvr"},
    Command{
        .name = "set_trace_mask", .alias = "stmk", .access = Access::kToken, .needs_server = false},
    Command{.name = "snapshot",
            .alias = "snap",
            .access = Access::kTokenOrRoot,
            .producer = Producer::kSnapshot},
    Command{.name = "stat_reset",
            .alias = "srst",
            .access = Access::kToken,
            .effect = Effect::kResetServerStats},
    Command{.name = "stats", .alias = "stat", .detail = {.connections = true}},
    Command{.name = "system_properties", .alias = "sysp", .needs_server = false},
    Command{.name = "voting_view"},
    Command{.name = "watch_summary", .alias = "wchs"},
    Command{.name = "watches", .alias = "wchc", .detail = {.watches = true}},
    Command{.name = "watches_by_path", .alias = "wchp", .detail = {.watches = true}},
    Command{.name = "zabstate", .needs_server = false},
};

// The value of `key` in "a=b&c=d", as it stands there; the values asked for need no decoding.
std::optional<std::string_view> query_value(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > key.size() && pair.starts_with(key) && pair[key.size()] == '=') {
      return pair.substr(key.size() + 1);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

CommandAnswer set_trace_mask(const Command& command, std::string_view query) {
  constexpr std::string_view kNeedsLong = "setTraceMask requires long traceMask argument";
  const auto text = query_value(query, "traceMask");
  if (!text) {
    return {.body = failed_body(command.name, kNeedsLong)};
  }
  int64_t mask = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), mask);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size()) {
    const std::string error = std::string(kNeedsLong) + ", got " + std::string(*text);
    return {.body = failed_body(command.name, error)};
  }
  return {.body = trace_mask_body(command.name, mask),
          .effect = Effect::kSetTraceMask,
          .trace_mask = mask};
}

}  // namespace

std::span<const Command> all_commands() { return kCommands; }

const Command* find_command(std::string_view name) {
  if (name.empty()) {
    return nullptr;
  }
  for (const Command& command : kCommands) {
    if (command.name == name || command.alias == name || command.other_alias == name) {
      return &command;
    }
  }
  return nullptr;
}

std::string command_list_html(std::string_view prefix) {
  std::string html;
  for (const Command& command : kCommands) {
    html += "<a href=\"" + std::string(prefix) + "/" + std::string(command.name) + "\">";
    html += std::string(command.name) + "</a>\n<br/>\n";
  }
  return html;
}

CommandAnswer run_command(const Command& command, std::string_view query, const Inputs& inputs) {
  if (command.needs_server && !inputs.status.serving) {
    return {.body = command_error(command.name, kNotServing)};
  }
  if (command.name == "set_trace_mask") {
    return set_trace_mask(command, query);
  }
  return {.body = command_body(command.name, inputs), .effect = command.effect};
}

}  // namespace quorate::report
