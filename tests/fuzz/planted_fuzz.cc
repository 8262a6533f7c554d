// A decoder with a mistake, to see that the driver finds one: it trusts a length by one byte too
// much. Not a decoder of ours.
#include "server/base/bytes.h"
#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {

std::vector<std::string> seeds() { return {std::string("\0\0\0\2ok", 6)}; }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  const std::string_view bytes = fuzz::as_view(data, size);
  if (size < 4) {
    return 0;
  }
  const auto length = load_big_endian<uint32_t>(bytes.data());
  if (length <= size - 3) {
    FUZZ_CHECK(length <= size - 4);
  }
  return 0;
}
