// Raw snappy blocks and the framing of snappy-java around them.
#include "server/storage/snappy.h"

#include <cstdint>
#include <cstring>

#include "server/base/bytes.h"

namespace quorate::storage {
namespace {

constexpr std::string_view kStreamMagic("\x82SNAPPY\0", 8);
constexpr size_t kStreamHeaderBytes = 16;
/// The densest element, a copy with a two-byte offset, makes 64 bytes out of 3.
constexpr size_t kExpansionMax = 22;

Error corrupt(const char* what) {
  return {ErrorKind::kCorrupt, std::string("snappy data is damaged: ") + what};
}

/// Little-endian integer of `count` bytes at the front of `from`, which has them; consumes them.
uint32_t take_little_endian(std::string_view& from, size_t count) {
  uint32_t value = 0;
  for (size_t index = 0; index < count; ++index) {
    value |= uint32_t{static_cast<uint8_t>(from[index])} << (8 * index);
  }
  from.remove_prefix(count);
  return value;
}

/// Consumes a varint; false if it does not end within 5 bytes or within the input.
bool take_varint(std::string_view& from, uint64_t& value) {
  value = 0;
  for (size_t index = 0; index < 5 && index < from.size(); ++index) {
    const auto byte = static_cast<uint8_t>(from[index]);
    value |= uint64_t{byte & 0x7Fu} << (7 * index);
    if ((byte & 0x80u) == 0) {
      from.remove_prefix(index + 1);
      return true;
    }
  }
  return false;
}

/// Appends `length` bytes from `offset` back; source and target may overlap.
bool append_copy(std::string& to, size_t block_start, size_t offset, size_t length) {
  if (offset == 0 || offset > to.size() - block_start) {
    return false;
  }
  for (size_t index = 0; index < length; ++index) {
    to.push_back(to[to.size() - offset]);
  }
  return true;
}

/// Appends one literal or copy; false if it is malformed.
bool take_element(std::string_view& block, size_t block_start, std::string& to) {
  const auto tag = static_cast<uint8_t>(block.front());
  block.remove_prefix(1);
  if ((tag & 3) == 0) {
    size_t length = tag >> 2;
    if (length >= 60) {
      const size_t extra = length - 59;
      if (block.size() < extra) {
        return false;
      }
      length = take_little_endian(block, extra);
    }
    ++length;
    if (length > block.size()) {
      return false;
    }
    to.append(block.substr(0, length));
    block.remove_prefix(length);
    return true;
  }
  const size_t offset_bytes = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
  if (block.size() < offset_bytes) {
    return false;
  }
  size_t offset = take_little_endian(block, offset_bytes);
  size_t length = (size_t{tag} >> 2) + 1;
  if (offset_bytes == 1) {
    offset |= size_t{tag & 0xE0u} << 3;
    length = ((size_t{tag} >> 2) & 7) + 4;
  }
  return append_copy(to, block_start, offset, length);
}

}  // namespace

Status decode_snappy_block(std::string_view block, std::string& to) {
  const size_t start = to.size();
  uint64_t length = 0;
  if (!take_varint(block, length)) {
    return corrupt("a block without length");
  }
  if (length > (block.size() + 1) * kExpansionMax) {
    return corrupt("a block longer than its bytes can make");
  }
  to.reserve(start + length);
  while (!block.empty()) {
    if (!take_element(block, start, to) || to.size() - start > length) {
      return corrupt("an element of a block");
    }
  }
  return to.size() - start == length ? Status() : Status(corrupt("a block that ends early"));
}

Status decode_snappy_stream(std::string_view stream, std::string& to) {
  if (!stream.starts_with(kStreamMagic)) {
    return decode_snappy_block(stream, to);
  }
  while (!stream.empty()) {
    if (stream.starts_with(kStreamMagic)) {
      // Concatenated streams repeat the header.
      if (stream.size() < kStreamHeaderBytes) {
        return corrupt("the stream header");
      }
      stream.remove_prefix(kStreamHeaderBytes);
      continue;
    }
    if (stream.size() < 4) {
      return corrupt("the size of a block");
    }
    const auto size = load_big_endian<int32_t>(stream.data());
    stream.remove_prefix(4);
    if (size < 0 || static_cast<size_t>(size) > stream.size()) {
      return corrupt("a block that is cut short");
    }
    if (Status decoded = decode_snappy_block(stream.substr(0, static_cast<size_t>(size)), to);
        !decoded) {
      return decoded;
    }
    stream.remove_prefix(static_cast<size_t>(size));
  }
  return {};
}

}  // namespace quorate::storage
