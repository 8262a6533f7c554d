// QR_ASSERT: a check of our own reasoning, on in every build. Never used on input from outside.
#pragma once

#include <source_location>

namespace quorate {

/// Prints the condition and its place to standard error and aborts.
[[noreturn]] void assertion_failed(const char* condition,
                                   std::source_location where = std::source_location::current());

}  // namespace quorate

#define QR_ASSERT(condition)                   \
  do {                                         \
    if (!(condition)) [[unlikely]] {           \
      ::quorate::assertion_failed(#condition); \
    }                                          \
  } while (false)
