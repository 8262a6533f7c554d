// Checksums by libdeflate, which uses the vector units.
#include "server/base/checksum.h"

#include <libdeflate.h>

namespace quorate {

uint32_t adler32(uint32_t seed, std::string_view bytes) {
  if (bytes.empty()) {
    return seed;  // libdeflate takes a null pointer for a request of the initial value.
  }
  return libdeflate_adler32(seed, bytes.data(), bytes.size());
}

uint32_t crc32(uint32_t seed, std::string_view bytes) {
  if (bytes.empty()) {
    return seed;
  }
  return libdeflate_crc32(seed, bytes.data(), bytes.size());
}

}  // namespace quorate
