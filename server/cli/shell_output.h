// Where the shell prints: standard output and error, and events that arrive at any time.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "server/client/machine.h"

namespace quorate::cli {

/// What the output looks like.
struct OutputStyle {
  bool json = false;      ///< One JSON value a line instead of ZooKeeper's text.
  bool colour = false;    ///< Only for terminals.
  bool terminal = false;  ///< Control characters of data are escaped.
};

/// Thread-safe. While a line is being edited, events wait until the editor fetches them, so that
/// they do not tear the line.
class ShellOutput {
 public:
  explicit ShellOutput(OutputStyle style);
  ~ShellOutput();
  ShellOutput(const ShellOutput&) = delete;
  ShellOutput& operator=(const ShellOutput&) = delete;

  void out(std::string_view text);
  void err(std::string_view text);
  /// An error: red on a terminal.
  void error(std::string_view text);
  /// An event: printed at once, or kept for the editor.
  void announce(const client::Event& event);
  /// Nothing is announced any more.
  void mute();

  /// Between these two, announce() keeps its texts and makes wake_fd() readable.
  void begin_edit();
  void end_edit();
  [[nodiscard]] int wake_fd() const { return wake_fd_; }
  /// Texts kept, which the caller prints.
  [[nodiscard]] std::string take_kept();

  [[nodiscard]] const OutputStyle& style() const { return style_; }

 private:
  void put(int fd, std::string_view text);

  const OutputStyle style_;
  int wake_fd_;
  std::mutex mutex_;
  // Guarded by mutex_.
  bool editing_ = false;
  bool muted_ = false;
  std::string kept_;
};

/// Escapes of a terminal.
inline constexpr std::string_view kRed = "\033[31m";
inline constexpr std::string_view kGreen = "\033[32m";
inline constexpr std::string_view kYellow = "\033[33m";
inline constexpr std::string_view kPlain = "\033[0m";

}  // namespace quorate::cli
