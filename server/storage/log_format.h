// Bytes of a transaction log: Apache's header and entries, and our sync marks in the padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/ids.h"

namespace quorate::storage {

// Header, 16 bytes at offset 0:
//   int magic "ZKLG" · int version 2 · long dbid 0
// Entry, from offset 16 on, without gaps:
//   long Adler-32 of the bytes · int length · bytes (TxnHeader, txn[, digest]) · byte 'B'
// End: a zero length, or the end of the file.
inline constexpr int32_t kLogMagic = 0x5A4B4C47;
inline constexpr int32_t kLogVersion = 2;
inline constexpr int64_t kLogHeaderBytes = 16;
inline constexpr int64_t kEntryHeadBytes = 12;
inline constexpr char kEntryEnd = 'B';
/// What an entry adds to its bytes.
inline constexpr int64_t kEntryOverheadBytes = kEntryHeadBytes + 1;

/// Appends the header of a log.
void append_log_header(std::string& to);
[[nodiscard]] bool is_log_header(std::string_view bytes);

/// Appends one entry. `bytes` is not empty.
void append_log_entry(std::string& to, std::string_view bytes);

/// Says how much of a log was on disk for certain when the mark was written. Two slots at the end
/// of the preallocated file, each in a page of its own, are written in turn, one with every batch
/// and covered by the batch's own fdatasync. Apache's readers stop at the zeros before them.
///
/// invariant: synced_end <= batch_end, both are ends of entries (or of the header, or 0).
/// FORMAT.md holds the argument.
struct SyncMark {
  Zxid first_zxid;         ///< Of the file's name: a mark that belongs to another file is none.
  int64_t sequence = 0;    ///< Grows by one with each mark; the highest valid one counts.
  int64_t synced_end = 0;  ///< Everything before this offset had been synced.
  Zxid synced_zxid;        ///< Last txn before synced_end; the file's predecessor if there is none.
  int64_t batch_end = 0;   ///< Everything before this offset is synced by the sync of this mark.
  Zxid batch_zxid;         ///< Last txn before batch_end.
  bool sealed = false;     ///< No entry will ever follow.
  friend bool operator==(const SyncMark&, const SyncMark&) = default;
};

// Mark, 64 bytes at the start of its page:
//   8 bytes "QRSYNC1\n" · long first_zxid · long sequence · long synced_end · long synced_zxid ·
//   long batch_end · long batch_zxid · int flags (1: sealed) · int CRC-32 of the 60 bytes before
inline constexpr size_t kSyncMarkBytes = 64;
inline constexpr int64_t kPageBytes = 4096;
/// The two slots, the last bytes of a file.
inline constexpr int64_t kMarkAreaBytes = 2 * kPageBytes;
/// Zeros between the last entry and the slots, as many as Apache keeps before it extends a file.
inline constexpr int64_t kTailGapBytes = 4096;

[[nodiscard]] std::string encode_sync_mark(const SyncMark& mark);
/// The mark at the start of `bytes`, if it is whole and belongs to the log named by `first_zxid`.
[[nodiscard]] std::optional<SyncMark> decode_sync_mark(std::string_view bytes, Zxid first_zxid);

/// Offset of the slot of `sequence` in a file of `file_bytes`.
[[nodiscard]] constexpr int64_t mark_slot(int64_t file_bytes, int64_t sequence) {
  return file_bytes - kMarkAreaBytes + (sequence & 1) * kPageBytes;
}

}  // namespace quorate::storage
