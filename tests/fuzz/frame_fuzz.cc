// The search for whole frames, in pieces of any size: the first bytes of the input are the sizes of
// the pieces, up to a zero; the rest is what arrives.
#include "server/net/frame_progress.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {
namespace {

constexpr int32_t kLengthMax = 1000;
constexpr int64_t kLargeThreshold = 100;

struct Found {
  size_t whole = 0;
  bool bad = false;
  int64_t large = 0;
};

// All at once, the obvious way.
Found reference(std::string_view input) {
  Found found;
  for (size_t at = 0; input.size() - at >= 4;) {
    const auto length = load_big_endian<int32_t>(input.data() + at);
    if (length < 0 || length > kLengthMax) {
      found.bad = true;
      break;
    }
    found.large += length > kLargeThreshold ? length : 0;
    if (input.size() - at - 4 < static_cast<size_t>(length)) {
      break;
    }
    at += 4 + static_cast<size_t>(length);
    found.whole = at;
  }
  return found;
}

// In pieces; every other time what is whole is consumed, as a server does.
Found in_pieces(std::string_view input, std::string_view sizes) {
  net::FrameProgress progress;
  Found found;
  size_t consumed = 0;
  size_t received = 0;
  for (size_t piece = 0; received < input.size() && !found.bad; ++piece) {
    const size_t size =
        piece < sizes.size() ? static_cast<unsigned char>(sizes[piece]) : input.size();
    received = std::min(input.size(), received + size);
    const std::string_view pending = input.substr(consumed, received - consumed);
    const net::FrameCheck check = progress.advance(pending, kLengthMax, kLargeThreshold);
    FUZZ_CHECK(progress.whole <= pending.size() && progress.whole <= progress.next);
    found.bad = check.bad_length;
    found.large += check.large_bytes;
    found.whole = consumed + progress.whole;
    if (piece % 2 == 1) {
      consumed += progress.whole;
      progress.consume(progress.whole);
    }
  }
  return found;
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string frames("\0\0\0\2ab\0\0\0\0\0\0\0\1x\0\0\0\200", 18);
  return {std::string("\1\2\3\0", 4) + frames, std::string("\7\0", 2) + frames + frames};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  const std::string_view bytes = fuzz::as_view(data, size);
  const size_t zero = std::min(bytes.find('\0'), bytes.size());
  const std::string_view input = bytes.substr(std::min(zero + 1, bytes.size()));
  const fuzz::Found expected = fuzz::reference(input);
  const fuzz::Found found = fuzz::in_pieces(input, bytes.substr(0, zero));
  FUZZ_CHECK(found.bad == expected.bad);
  FUZZ_CHECK(found.whole == expected.whole);
  FUZZ_CHECK(found.large == expected.large);
  return 0;
}
