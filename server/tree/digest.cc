// CRC-32 terms of the tree's digest.
#include "server/tree/digest.h"

#include <cstring>

#include "server/base/bytes.h"
#include "server/base/checksum.h"

namespace quorate::tree {

namespace {

constexpr size_t kStackBytes = 1024;

std::string_view view(const DigestStat& stat) { return {stat.data(), stat.size()}; }

}  // namespace

bool is_below_system(std::string_view path) { return path.starts_with("/zookeeper/"); }

DigestStat digest_stat(const wire::StatPersisted& stat) {
  DigestStat to;
  store_big_endian(to.data(), stat.czxid.value);
  store_big_endian(to.data() + 8, stat.mzxid.value);
  store_big_endian(to.data() + 16, stat.pzxid.value);
  store_big_endian(to.data() + 24, stat.ctime.value);
  store_big_endian(to.data() + 32, stat.mtime.value);
  store_big_endian(to.data() + 40, stat.version);
  store_big_endian(to.data() + 44, stat.cversion);
  store_big_endian(to.data() + 48, stat.aversion);
  store_big_endian(to.data() + 52, stat.ephemeral_owner);
  return to;
}

uint32_t node_crc(std::string_view path, wire::NullableBytes data, const DigestStat& stat) {
  if (path == "/") {
    path = "";
  }
  const std::string_view bytes = data.value_or(std::string_view());
  const size_t size = path.size() + bytes.size() + stat.size();
  if (size > kStackBytes) {
    return crc32(crc32(crc32(0, path), bytes), view(stat));
  }
  // One call for short input: the set-up of a vectorised CRC costs more than copying.
  char joined[kStackBytes];
  char* at = joined;
  at = static_cast<char*>(std::memcpy(at, path.data(), path.size())) + path.size();
  if (!bytes.empty()) {
    at = static_cast<char*>(std::memcpy(at, bytes.data(), bytes.size())) + bytes.size();
  }
  std::memcpy(at, stat.data(), stat.size());
  return crc32(0, {joined, size});
}

uint32_t crc_with_new_stat(uint32_t crc, const DigestStat& before, const DigestStat& after) {
  static const uint32_t kZeroCrc = crc32(0, view(DigestStat{}));
  DigestStat difference;
  for (size_t i = 0; i < difference.size(); ++i) {
    difference[i] = static_cast<char>(before[i] ^ after[i]);
  }
  return crc ^ crc32(0, view(difference)) ^ kZeroCrc;
}

}  // namespace quorate::tree
