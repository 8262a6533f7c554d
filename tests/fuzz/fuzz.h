// What a fuzz target is made of: its input, its seeds, its checks and its bound on memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Runs one input; libFuzzer's interface, which our driver uses too. Always returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace quorate::fuzz {

/// Inputs to start from, besides the corpus; defined by each target.
[[nodiscard]] std::vector<std::string> seeds();

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

inline std::string_view as_view(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// True if `part` lies inside `whole`, or is empty.
[[nodiscard]] inline bool lies_inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Fails the run when what is allocated by operator new in its lifetime exceeds `bytes_max`.
class AllocationLimit {
 public:
  explicit AllocationLimit(size_t bytes_max);
  ~AllocationLimit();
  AllocationLimit(const AllocationLimit&) = delete;
  AllocationLimit& operator=(const AllocationLimit&) = delete;

 private:
  size_t bytes_max_;
  size_t start_;
};

}  // namespace quorate::fuzz

/// A property that must hold for every input.
#define FUZZ_CHECK(condition)                                        \
  do {                                                               \
    if (!(condition)) {                                              \
      ::quorate::fuzz::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                \
  } while (false)
