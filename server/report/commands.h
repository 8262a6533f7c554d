// The commands of the AdminServer: names, aliases, who may call them, and their JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/node/status.h"
#include "server/report/four_letter_words.h"
#include "server/report/inputs.h"

namespace quorate::report {

/// What a caller must prove.
enum class Access : uint8_t {
  kOpen,         ///< Nothing.
  kToken,        ///< The bearer token, since the command changes something.
  kTokenOrRoot,  ///< The token, or ids with every permission on "/", as ZooKeeper asks.
};

/// Who produces the answer.
enum class Producer : uint8_t { kReport, kSnapshot, kRestore };

struct Command {
  std::string_view name;
  std::string_view alias;        ///< Empty: none.
  std::string_view other_alias;  ///< Empty: none.
  bool is_post = false;          ///< POST instead of GET.
  Access access = Access::kOpen;
  bool needs_server = true;  ///< An error while the member does not serve.
  Producer producer = Producer::kReport;
  node::StatusDetail detail;
  Effect effect = Effect::kNone;
};

/// Every command, by name.
[[nodiscard]] std::span<const Command> all_commands();

/// The command of that name or alias; null if there is none.
[[nodiscard]] const Command* find_command(std::string_view name);

/// The page that lists the commands: `prefix` is the path before their names, "/commands".
[[nodiscard]] std::string command_list_html(std::string_view prefix);

struct CommandAnswer {
  std::string body;  ///< JSON.
  Effect effect = Effect::kNone;
  int64_t trace_mask = 0;
};

/// The answer of a command whose producer is kReport. `query` is what follows "?" in the target.
[[nodiscard]] CommandAnswer run_command(const Command& command, std::string_view query,
                                        const Inputs& inputs);

/// {"command": ..., "error": ...}; `error` empty is null.
[[nodiscard]] std::string command_error(std::string_view name, std::string_view error);

/// The answer of a finished restore.
[[nodiscard]] std::string restore_body(Zxid last_zxid);

}  // namespace quorate::report
