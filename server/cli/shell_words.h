// Splitting of a line into words, as zkCli.sh does it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quorate::cli {

/// Words are separated by blanks. A word that begins with " or ' goes on to the next such sign,
/// which may be followed by another word at once; inside other words quotes are ordinary. There are
/// no escapes. Source: ZooKeeperMain.MyCommandOptions.parseCommand.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

/// Where the word at the end of `line` begins: what completion replaces.
[[nodiscard]] size_t last_word_start(std::string_view line);

}  // namespace quorate::cli
