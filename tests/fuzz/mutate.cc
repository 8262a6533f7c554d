// The mutations. Each takes an input that may be empty and leaves one that may be.
#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "server/base/bytes.h"

namespace quorate::fuzz {

namespace {

// Counts and lengths that are special to a decoder.
constexpr std::array<int32_t, 21> kIntegers = {
    0,   -1,  -2,  1,     2,       3,          4,
    7,   8,   12,  13,    16,      32,         127,
    128, 255, 256, 65536, 1048575, 0x7fffffff, -0x7fffffff - 1};

// What text formats are made of.
constexpr std::array<std::string_view, 24> kWords = {
    "=",    ":",   ".",        "..",      "/", "//", "\n",    "\r\n", "\\", "\\u0041",
    "#",    "%2f", "%00",      "server.", ";", ",",  "[::1]", "0x",   "-1", "99999999999999999999",
    "true", " ",   "\xc3\xa9", "-----"};

// Below `bound`; 0 if the bound is 0.
size_t below(Random& random, size_t bound) { return bound == 0 ? 0 : random() % bound; }

struct Span {
  size_t start;
  size_t size;
};

// A part of `input`, mostly a short one.
Span part_of(const std::string& input, Random& random) {
  const size_t start = below(random, input.size() + 1);
  const size_t longest = input.size() - start;
  return {start, std::min(longest, below(random, random() % 4 == 0 ? longest + 1 : 17))};
}

void change_byte(std::string& input, Random& random) {
  if (input.empty()) {
    return;
  }
  char& byte = input[below(random, input.size())];
  switch (random() % 3) {
    case 0:
      byte = static_cast<char>(byte ^ (1 << random() % 8));
      return;
    case 1:
      byte = static_cast<char>(random());
      return;
    default:
      byte = static_cast<char>(byte + static_cast<int>(random() % 9) - 4);
  }
}

void change_integer(std::string& input, Random& random) {
  if (input.size() < 4) {
    return;
  }
  char* at = input.data() + below(random, input.size() - 3);
  if (random() % 4 == 0) {
    const auto shift = static_cast<uint32_t>(random() % 33) - 16U;
    store_big_endian(at, load_big_endian<uint32_t>(at) + shift);
  } else if (random() % 4 == 0) {
    store_big_endian(at, static_cast<uint32_t>(input.size() - random() % 20));
  } else {
    store_big_endian(at, kIntegers[random() % kIntegers.size()]);
  }
}

void insert_bytes(std::string& input, Random& random) {
  const size_t at = below(random, input.size() + 1);
  if (random() % 3 == 0) {
    input.insert(at, kWords[random() % kWords.size()]);
    return;
  }
  std::string bytes(1 + random() % 8, '\0');
  for (char& byte : bytes) {
    byte = random() % 2 == 0 ? static_cast<char>(random()) : '\0';
  }
  input.insert(at, bytes);
}

void erase_part(std::string& input, Random& random) {
  const Span part = part_of(input, random);
  input.erase(part.start, part.size);
}

void repeat_part(std::string& input, Random& random) {
  const Span part = part_of(input, random);
  const std::string bytes = input.substr(part.start, part.size);
  const size_t times = random() % 8 == 0 ? 1 + random() % 64 : 1;
  for (size_t count = 0; count < times; ++count) {
    input.insert(part.start, bytes);
  }
}

void overwrite_part(std::string& input, Random& random) {
  const Span part = part_of(input, random);
  const std::string bytes = input.substr(part.start, part.size);
  const size_t to = below(random, input.size() - part.size + 1);
  input.replace(to, bytes.size(), bytes);
}

void take_from_other(std::string& input, const std::string& other, Random& random) {
  const Span part = part_of(other, random);
  const std::string_view bytes = std::string_view(other).substr(part.start, part.size);
  const size_t at = below(random, input.size() + 1);
  if (random() % 2 == 0) {
    input.insert(at, bytes);
  } else {
    // The head of this one and the tail of that one.
    input.erase(at);
    input.append(std::string_view(other).substr(part.start));
  }
}

}  // namespace

std::string mutate(const std::vector<std::string>& pool, size_t size_max, Random& random) {
  std::string input = pool[below(random, pool.size())];
  const size_t changes = 1 + (random() % 2 == 0 ? 0 : random() % 8);
  for (size_t count = 0; count < changes; ++count) {
    switch (random() % 8) {
      case 0:
      case 1:
        change_byte(input, random);
        break;
      case 2:
        change_integer(input, random);
        break;
      case 3:
        insert_bytes(input, random);
        break;
      case 4:
        erase_part(input, random);
        break;
      case 5:
        repeat_part(input, random);
        break;
      case 6:
        overwrite_part(input, random);
        break;
      default:
        take_from_other(input, pool[below(random, pool.size())], random);
    }
  }
  input.resize(std::min(input.size(), size_max));
  return input;
}

}  // namespace quorate::fuzz
