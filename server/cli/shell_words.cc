// Word splitting of the shell.
#include "server/cli/shell_words.h"

namespace quorate::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool is_quote(char c) { return c == '"' || c == '\''; }

}  // namespace

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = line.find_first_not_of(kBlanks);
  while (at < line.size()) {
    size_t end = line.npos;
    if (is_quote(line[at])) {
      end = line.find(line[at], at + 1);
    }
    if (end != line.npos) {
      words.emplace_back(line.substr(at + 1, end - at - 1));
      ++end;
    } else {
      // A quote that is never closed is an ordinary sign.
      end = std::min(line.find_first_of(kBlanks, at), line.size());
      words.emplace_back(line.substr(at, end - at));
    }
    at = line.find_first_not_of(kBlanks, end);
  }
  return words;
}

size_t last_word_start(std::string_view line) {
  size_t at = 0;
  size_t start = 0;
  while (at < line.size()) {
    at = std::min(line.find_first_not_of(kBlanks, at), line.size());
    start = at;
    if (at == line.size()) {
      break;
    }
    if (is_quote(line[at])) {
      const size_t close = line.find(line[at], at + 1);
      if (close == line.npos) {
        return at;
      }
      at = close + 1;
      continue;
    }
    at = std::min(line.find_first_of(kBlanks, at), line.size());
  }
  return start;
}

}  // namespace quorate::cli
