// The command line of kubectl-quorate.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "operator/plugin/command.h"

namespace quorate::plugin {

/// The process ends before it began: after --help, or because of a mistake.
struct FlagsEnd {
  int code = 0;
  std::string text;  ///< For people; help goes to standard output, a mistake to standard error.
};

/// Reads the arguments after the program's name.
[[nodiscard]] std::variant<Command, FlagsEnd> parse_flags(std::vector<std::string> arguments);

/// What may be typed as the last of `words`: verbs, flags, or nothing when a name is wanted.
struct Candidates {
  std::vector<std::string> words;
  bool wants_cluster = false;
  bool wants_member = false;
  Connection connection;  ///< As far as it is typed.
};
[[nodiscard]] Candidates candidates(const std::vector<std::string>& words);

}  // namespace quorate::plugin
