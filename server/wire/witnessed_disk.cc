// Encoding and decoding of witnessed disks; the layout is in the header.
#include "server/wire/witnessed_disk.h"

#include "server/base/assert.h"
#include "server/base/bytes.h"

namespace quorate::wire {

void encode(std::span<const WitnessedDisk> disks, std::string& to) {
  QR_ASSERT(disks.size() <= kWitnessedDisksMax);
  for (const WitnessedDisk& disk : disks) {
    append_big_endian(to, disk.server.value);
    append_big_endian(to, disk.accepted.value);
    append_big_endian(to, disk.durable.value);
  }
}

std::optional<std::vector<WitnessedDisk>> decode_witnessed_disks(std::string_view bytes) {
  if (bytes.size() % kWitnessedDiskBytes != 0 ||
      bytes.size() > kWitnessedDisksMax * kWitnessedDiskBytes) {
    return std::nullopt;
  }
  std::vector<WitnessedDisk> disks;
  for (; !bytes.empty(); bytes.remove_prefix(kWitnessedDiskBytes)) {
    disks.push_back({.server = ServerId{load_big_endian<int64_t>(bytes.data())},
                     .accepted = Epoch{load_big_endian<int64_t>(bytes.data() + 8)},
                     .durable = Zxid{load_big_endian<int64_t>(bytes.data() + 16)}});
  }
  return disks;
}

}  // namespace quorate::wire
