// Big-endian loads and stores, the byte order of every ZooKeeper wire and file.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace quorate {

/// Reads a big-endian integer from `from`, which need not be aligned.
template <std::integral T>
[[nodiscard]] inline T load_big_endian(const char* from) {
  std::make_unsigned_t<T> raw;
  std::memcpy(&raw, from, sizeof raw);
  if constexpr (sizeof(T) == 2) {
    raw = __builtin_bswap16(raw);
  } else if constexpr (sizeof(T) == 4) {
    raw = __builtin_bswap32(raw);
  } else if constexpr (sizeof(T) == 8) {
    raw = __builtin_bswap64(raw);
  }
  return static_cast<T>(raw);
}

/// Writes `value` big-endian to `to`, which has room for sizeof(T) bytes.
template <std::integral T>
inline void store_big_endian(char* to, T value) {
  auto raw = static_cast<std::make_unsigned_t<T>>(value);
  if constexpr (sizeof(T) == 2) {
    raw = __builtin_bswap16(raw);
  } else if constexpr (sizeof(T) == 4) {
    raw = __builtin_bswap32(raw);
  } else if constexpr (sizeof(T) == 8) {
    raw = __builtin_bswap64(raw);
  }
  std::memcpy(to, &raw, sizeof raw);
}

/// Appends `value` big-endian.
template <std::integral T>
inline void append_big_endian(std::string& to, T value) {
  char raw[sizeof(T)];
  store_big_endian(raw, value);
  to.append(raw, sizeof raw);
}

}  // namespace quorate
