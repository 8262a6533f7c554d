// Completion of commands, options and paths.
#include "server/cli/shell_completion.h"

#include <algorithm>

#include "server/cli/shell_commands.h"
#include "server/cli/shell_words.h"

namespace quorate::cli {
namespace {

void add_if_prefix(Completion& completion, std::string_view typed, std::string candidate) {
  if (std::string_view(candidate).starts_with(typed)) {
    completion.candidates.push_back(std::move(candidate));
  }
}

void add_commands(Completion& completion, std::string_view typed) {
  for (const Command& command : all_commands()) {
    add_if_prefix(completion, typed, std::string(command.name));
  }
}

void add_options(Completion& completion, std::string_view typed, const Command& command) {
  for (const OptionSpec& option : command.options) {
    add_if_prefix(completion, typed, "-" + std::string(option.name));
  }
}

void add_paths(Completion& completion, std::string_view typed, const ListChildren& list) {
  const size_t slash = typed.rfind('/');
  const std::string parent(typed.substr(0, std::max<size_t>(slash, 1)));
  const std::string base(typed.substr(0, slash + 1));
  for (const std::string& name : list(parent)) {
    add_if_prefix(completion, typed, base + name);
  }
  std::sort(completion.candidates.begin(), completion.candidates.end());
  completion.suffix = "";
}

}  // namespace

Completion complete_line(std::string_view before_cursor, const ListChildren& list) {
  Completion completion;
  completion.start = last_word_start(before_cursor);
  std::string_view typed = before_cursor.substr(completion.start);
  const std::vector<std::string> words = split_words(before_cursor.substr(0, completion.start));
  if (words.empty()) {
    add_commands(completion, typed);
    return completion;
  }
  if (words.front() == "help") {
    add_commands(completion, typed);
    return completion;
  }
  const Command* command = find_command(words.front());
  if (command == nullptr) {
    return completion;
  }
  if (typed.starts_with('-')) {
    add_options(completion, typed, *command);
    return completion;
  }
  // Inside quotes, the word begins behind the quote.
  if (typed.starts_with('"') || typed.starts_with('\'')) {
    ++completion.start;
    typed.remove_prefix(1);
  }
  if (command->path_operand > 0 && typed.starts_with('/')) {
    add_paths(completion, typed, list);
  } else if (command->path_operand > 0 && typed.empty()) {
    completion.candidates.push_back("/");
    completion.suffix = "";
  }
  return completion;
}

}  // namespace quorate::cli
