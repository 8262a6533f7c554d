// What commands other than the shell print with.
#pragma once

#include <cstdio>
#include <string>

namespace quorate::cli {

/// To standard output, at once, so that it stands in order with what others print.
inline void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

/// A line to standard output; left in its buffer.
inline void print_line(const std::string& line) { std::fputs((line + "\n").c_str(), stdout); }

/// A line to standard error.
inline void complain(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

}  // namespace quorate::cli
