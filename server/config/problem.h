// Problem: one thing that is wrong, or worth a word, in the configuration, and where it stands.
#pragma once

#include <string>

namespace quorate::config {

/// Where a setting was written.
struct Place {
  /// Name of the file as the user gave it, or the argument or variable, such as
  /// `-Dzookeeper.snapCount` or `SERVER_JVMFLAGS`.
  std::string source;
  /// Line in the file, from 1; 0 when the source is not a file.
  int line = 0;
};

/// An error or a warning.
struct Problem {
  Place place;
  /// The key as written; empty when it is about a line or the whole.
  std::string key;
  /// What is wrong and what is allowed, without place and key.
  std::string message;
};

/// `file:line: key: message`, the form in which a person reads a problem. Control characters that
/// came from the file are escaped. One line without an end.
[[nodiscard]] std::string to_text(const Problem& problem);

}  // namespace quorate::config
