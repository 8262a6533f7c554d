// operator new with a count, for the whole test binary.
#include "tests/server/log/allocation_count.h"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local uint64_t count = 0;

}  // namespace

void* operator new(size_t size) {
  ++count;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace quorate::log {

uint64_t allocation_count() { return count; }

}  // namespace quorate::log
