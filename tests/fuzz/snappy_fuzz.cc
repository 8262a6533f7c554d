// The snappy decoder: streams, or raw blocks if the first byte of the input is odd. Blocks are
// compared with a second decoder, written from the format's description without a thought of speed.
#include "server/storage/snappy.h"

#include <optional>

#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {
namespace {

// A copy of 64 bytes takes three, and a string doubles as it grows.
constexpr size_t kAllocationMin = size_t{1} << 16;
constexpr size_t kAllocationFactor = 128;

// Little-endian, `size` bytes at `at`; nothing if they are not there.
std::optional<uint64_t> number(std::string_view from, size_t& at, size_t size) {
  if (from.size() - at < size) {
    return std::nullopt;
  }
  uint64_t value = 0;
  for (size_t index = 0; index < size; ++index) {
    value |= static_cast<uint64_t>(static_cast<unsigned char>(from[at + index])) << (8 * index);
  }
  at += size;
  return value;
}

std::optional<uint64_t> varint(std::string_view from, size_t& at) {
  uint64_t value = 0;
  for (int shift = 0; shift <= 28; shift += 7) {
    const auto byte = number(from, at, 1);
    if (!byte) {
      return std::nullopt;
    }
    value |= (*byte & 0x7F) << shift;
    if (*byte < 0x80) {
      return value <= UINT32_MAX ? std::optional(value) : std::nullopt;
    }
  }
  return std::nullopt;
}

bool copy_literal(std::string_view from, size_t& at, unsigned tag, std::string& to) {
  uint64_t size = tag >> 2;
  if (size >= 60) {
    const auto longer = number(from, at, size - 59);
    if (!longer) {
      return false;
    }
    size = *longer;
  }
  ++size;
  if (size > from.size() - at) {
    return false;
  }
  to.append(from.substr(at, size));
  at += size;
  return true;
}

bool copy_back(std::string_view from, size_t& at, unsigned tag, std::string& to) {
  const unsigned kind = tag & 3;
  const auto low = number(from, at, kind == 1 ? 1 : kind == 2 ? 2 : 4);
  if (!low) {
    return false;
  }
  const uint64_t size = kind == 1 ? 4 + (tag >> 2 & 7) : 1 + (tag >> 2);
  const uint64_t offset = kind == 1 ? (static_cast<uint64_t>(tag >> 5) << 8 | *low) : *low;
  if (offset == 0 || offset > to.size()) {
    return false;
  }
  for (uint64_t count = 0; count < size; ++count) {
    to.push_back(to[to.size() - offset]);
  }
  return true;
}

std::optional<std::string> reference_block(std::string_view block) {
  size_t at = 0;
  const auto size = varint(block, at);
  if (!size) {
    return std::nullopt;
  }
  std::string content;
  while (at < block.size() && content.size() <= *size) {
    const auto tag = static_cast<unsigned char>(block[at++]);
    const bool fine =
        (tag & 3) == 0 ? copy_literal(block, at, tag, content) : copy_back(block, at, tag, content);
    if (!fine) {
      return std::nullopt;
    }
  }
  return content.size() == *size ? std::optional(content) : std::nullopt;
}

void check_block(std::string_view block) {
  std::string content = "before";
  const bool decoded = storage::decode_snappy_block(block, content).ok();
  const auto reference = reference_block(block);
  FUZZ_CHECK(decoded == reference.has_value());
  if (decoded) {
    FUZZ_CHECK(content == "before" + *reference);
  }
}

}  // namespace

std::vector<std::string> seeds() {
  // 29 bytes: a literal of 5, copies with offsets of one, two and four bytes.
  const std::string block(
      "\x1d"
      "\x10hello"
      "\x05\x05"
      "\x1e\x01\x00"
      "\x1f\x03\x00\x00\x00"
      "\x0cXYZ!",
      22);
  std::string long_literal("\xc8\x01\xf0\xc7", 4);
  long_literal.append(200, 'x');
  std::string stream("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
  stream += std::string("\0\0\0\x16", 4) + block;
  return {"1" + block, "1" + long_literal, "0" + stream};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes = fuzz::as_view(data + 1, size - 1);
  if (data[0] % 2 == 1) {
    fuzz::check_block(bytes);
    return 0;
  }
  const fuzz::AllocationLimit limit(fuzz::kAllocationMin + fuzz::kAllocationFactor * size);
  std::string content;
  (void)storage::decode_snappy_stream(bytes, content);
  return 0;
}
