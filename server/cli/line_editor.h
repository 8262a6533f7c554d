// Reading lines from a terminal: editing, history, completion, and events between keystrokes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/cli/shell_output.h"

namespace quorate::cli {

/// What may stand where the word before the cursor stands.
struct Completion {
  size_t start = 0;                     ///< Where that word begins in the line.
  std::vector<std::string> candidates;  ///< Whole words.
  std::string suffix = " ";             ///< Behind a word that is the only candidate.
};
/// The longest text with which every candidate begins.
[[nodiscard]] std::string common_prefix(const std::vector<std::string>& candidates);

/// A terminal's line editor on libedit. One at a time; used by one thread.
class LineEditor {
 public:
  using Completer = std::function<Completion(std::string_view before_cursor)>;

  /// `history_file` may be empty. `output` outlives the editor; what it keeps while a line is
  /// edited is printed above that line.
  LineEditor(ShellOutput& output, std::string history_file, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// The next line without its end; nothing at the end of input.
  [[nodiscard]] std::optional<std::string> read(const std::string& prompt);
  /// Puts a line into the history; `secret` lines do not get into the file.
  void remember(const std::string& line, bool secret);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::cli
