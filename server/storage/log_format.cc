// Encoding and decoding of log headers, entries and sync marks.
#include "server/storage/log_format.h"

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/base/checksum.h"

namespace quorate::storage {
namespace {

constexpr std::string_view kMarkMagic = "QRSYNC1\n";
constexpr int32_t kSealedFlag = 1;
constexpr size_t kMarkCrcAt = kSyncMarkBytes - 4;

}  // namespace

void append_log_header(std::string& to) {
  append_big_endian<int32_t>(to, kLogMagic);
  append_big_endian<int32_t>(to, kLogVersion);
  append_big_endian<int64_t>(to, 0);
}

bool is_log_header(std::string_view bytes) {
  // The version and the dbid are not looked at, as in ZooKeeper: all releases wrote version 2.
  return bytes.size() >= kLogHeaderBytes && load_big_endian<int32_t>(bytes.data()) == kLogMagic;
}

void append_log_entry(std::string& to, std::string_view bytes) {
  QR_ASSERT(!bytes.empty() && bytes.size() <= INT32_MAX);
  char head[kEntryHeadBytes];
  store_big_endian<int64_t>(head, adler32(kAdlerSeed, bytes));
  store_big_endian<int32_t>(head + 8, static_cast<int32_t>(bytes.size()));
  to.append(head, sizeof head).append(bytes).push_back(kEntryEnd);
}

std::string encode_sync_mark(const SyncMark& mark) {
  std::string to;
  to.reserve(kSyncMarkBytes);
  to.append(kMarkMagic);
  append_big_endian<int64_t>(to, mark.first_zxid.value);
  append_big_endian<int64_t>(to, mark.sequence);
  append_big_endian<int64_t>(to, mark.synced_end);
  append_big_endian<int64_t>(to, mark.synced_zxid.value);
  append_big_endian<int64_t>(to, mark.batch_end);
  append_big_endian<int64_t>(to, mark.batch_zxid.value);
  append_big_endian<int32_t>(to, mark.sealed ? kSealedFlag : 0);
  append_big_endian<uint32_t>(to, crc32(0, to));
  QR_ASSERT(to.size() == kSyncMarkBytes);
  return to;
}

std::optional<SyncMark> decode_sync_mark(std::string_view bytes, Zxid first_zxid) {
  if (bytes.size() < kSyncMarkBytes || !bytes.starts_with(kMarkMagic)) {
    return std::nullopt;
  }
  const char* at = bytes.data();
  if (load_big_endian<uint32_t>(at + kMarkCrcAt) != crc32(0, bytes.substr(0, kMarkCrcAt))) {
    return std::nullopt;
  }
  const SyncMark mark{.first_zxid = Zxid{load_big_endian<int64_t>(at + 8)},
                      .sequence = load_big_endian<int64_t>(at + 16),
                      .synced_end = load_big_endian<int64_t>(at + 24),
                      .synced_zxid = Zxid{load_big_endian<int64_t>(at + 32)},
                      .batch_end = load_big_endian<int64_t>(at + 40),
                      .batch_zxid = Zxid{load_big_endian<int64_t>(at + 48)},
                      .sealed = (load_big_endian<int32_t>(at + 56) & kSealedFlag) != 0};
  if (mark.first_zxid != first_zxid || mark.synced_end < 0 || mark.batch_end < mark.synced_end) {
    return std::nullopt;
  }
  return mark;
}

}  // namespace quorate::storage
