// Failed properties, and the operator new that counts what an input makes us allocate.
#include <cstdio>
#include <cstdlib>
#include <new>

#include "tests/fuzz/fuzz.h"

namespace {

thread_local size_t allocated_bytes = 0;

void* counted(size_t size) {
  allocated_bytes += size;
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) {
    std::abort();
  }
  return block;
}

}  // namespace

void* operator new(size_t size) { return counted(size); }
void* operator new[](size_t size) { return counted(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return counted(size); }
void operator delete(void* block) noexcept { std::free(block); }
void operator delete[](void* block) noexcept { std::free(block); }
void operator delete(void* block, size_t) noexcept { std::free(block); }
void operator delete[](void* block, size_t) noexcept { std::free(block); }

namespace quorate::fuzz {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "FUZZ_CHECK failed: %s at %s:%d\n", condition, file, line);
  std::abort();
}

AllocationLimit::AllocationLimit(size_t bytes_max)
    : bytes_max_(bytes_max), start_(allocated_bytes) {}

AllocationLimit::~AllocationLimit() {
  const size_t allocated = allocated_bytes - start_;
  if (allocated > bytes_max_) {
    std::fprintf(stderr, "allocated %zu bytes, allowed are %zu\n", allocated, bytes_max_);
    check_failed("allocation within its limit", __FILE__, __LINE__);
  }
}

}  // namespace quorate::fuzz
