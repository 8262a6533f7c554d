// Prints a failed assertion and aborts.
#include "server/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace quorate {

void assertion_failed(const char* condition, std::source_location where) {
  std::fprintf(
      stderr, "PANIC assertion failed: %s at %s:%u in %s; this is a bug, please report it\n",
      condition, where.file_name(), static_cast<unsigned>(where.line()), where.function_name());
  std::abort();
}

}  // namespace quorate
