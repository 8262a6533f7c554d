// The judgement on the end of a log.
#include "server/storage/log_tail.h"

#include <string_view>
#include <vector>

#include "server/base/bytes.h"
#include "server/base/checksum.h"
#include "server/storage/log_format.h"
#include "server/wire/txn.h"

namespace quorate::storage {
namespace {

constexpr size_t kSearchWindowBytes = size_t{1} << 20;
/// Longest entry that the search for whole entries considers; far above any jute.maxbuffer in use.
constexpr int64_t kSearchEntryBytesMax = int64_t{64} << 20;

/// Whether the entry whose head stands at `offset` is whole and comes later than `last_zxid`.
Result<bool> is_whole_entry(File& file, int64_t offset, int64_t length, int64_t checksum,
                            Zxid last_zxid) {
  char end = 0;
  Result<size_t> got = read_full(file, offset + kEntryHeadBytes + length, {&end, 1});
  if (!got) {
    return got.error();
  }
  if (*got != 1 || end != kEntryEnd) {
    return false;
  }
  std::vector<char> bytes(static_cast<size_t>(length));
  got = read_full(file, offset + kEntryHeadBytes, bytes);
  if (!got) {
    return got.error();
  }
  const std::string_view view(bytes.data(), *got);
  if (view.size() != bytes.size() || int64_t{adler32(kAdlerSeed, view)} != checksum) {
    return false;
  }
  const std::optional<wire::TxnRecord> record = wire::decode_txn(view);
  return record && record->header.zxid > last_zxid;
}

/// Offset of the first whole entry at or behind `from_offset` that comes later than `last_zxid`.
Result<std::optional<int64_t>> find_whole_entry(File& file, int64_t file_bytes, int64_t from_offset,
                                                Zxid last_zxid) {
  std::vector<char> window(kSearchWindowBytes);
  while (from_offset + kEntryHeadBytes < file_bytes) {
    Result<size_t> got = read_full(file, from_offset, window);
    if (!got) {
      return got.error();
    }
    if (static_cast<int64_t>(*got) < kEntryHeadBytes) {
      break;
    }
    const auto positions = static_cast<int64_t>(*got) - kEntryHeadBytes + 1;
    for (int64_t at = 0; at < positions; ++at) {
      const char* head = window.data() + at;
      const auto checksum = load_big_endian<int64_t>(head);
      const int64_t length = load_big_endian<int32_t>(head + 8);
      const int64_t offset = from_offset + at;
      if (checksum <= 0 || checksum > UINT32_MAX ||
          length < static_cast<int64_t>(wire::kTxnHeaderBytes) || length > kSearchEntryBytesMax ||
          length + kEntryOverheadBytes > file_bytes - offset) {
        continue;
      }
      Result<bool> whole = is_whole_entry(file, offset, length, checksum, last_zxid);
      if (!whole) {
        return whole.error();
      }
      if (*whole) {
        return std::optional<int64_t>(offset);
      }
    }
    from_offset += positions;
  }
  return std::optional<int64_t>();
}

Result<TailJudgement> judge_with_mark(LogReader& reader, const FoundMarks& found) {
  const SyncMark& mark = *found.newest;
  const LogEnd& end = reader.end();
  const int64_t slots = found.offset - (mark.sequence & 1) * kPageBytes;
  TailJudgement judgement{.mark = mark, .mark_area = slots};
  const std::string what(describe(end.kind));
  if (end.offset < mark.synced_end) {
    judgement.verdict = TailVerdict::kDamaged;
    judgement.reason =
        what + ", but everything up to offset " + std::to_string(mark.synced_end) + " was synced";
    return judgement;
  }
  if (end.offset < mark.batch_end) {
    Result<bool> later = has_content(reader.file(), mark.batch_end, slots);
    if (!later) {
      return later.error();
    }
    judgement.verdict = *later ? TailVerdict::kDamaged : TailVerdict::kTorn;
    judgement.reason =
        what + (*later ? ", but bytes behind offset " + std::to_string(mark.batch_end) +
                             " prove that everything before was synced"
                       : " inside the last batch, which was being written");
    return judgement;
  }
  if (!end.is_proper()) {
    judgement.verdict = TailVerdict::kTorn;
    judgement.reason = what + " behind the last batch that is known to be synced";
  }
  return judgement;
}

Result<TailJudgement> judge_without_mark(LogReader& reader, Zxid last_zxid,
                                         std::optional<Zxid> next_zxid) {
  const LogEnd& end = reader.end();
  TailJudgement judgement;
  if (end.kind == LogEndKind::kEndOfFile) {
    return judgement;
  }
  const std::string what(describe(end.kind));
  if (next_zxid && *next_zxid == last_zxid.next()) {
    if (!end.is_proper()) {
      judgement.verdict = TailVerdict::kTorn;
      judgement.reason = what + "; the next log continues without a gap";
    }
    return judgement;
  }
  Result<std::optional<int64_t>> entry =
      find_whole_entry(reader.file(), reader.file_bytes(), end.offset + 1, last_zxid);
  if (!entry) {
    return entry.error();
  }
  if (*entry) {
    judgement.verdict = TailVerdict::kDamaged;
    judgement.reason =
        what + ", but a whole later entry stands at offset " + std::to_string(**entry);
    return judgement;
  }
  switch (end.kind) {
    case LogEndKind::kReading:
    case LogEndKind::kEndOfFile:
    case LogEndKind::kZeros:
      break;
    case LogEndKind::kZeroLength:
    case LogEndKind::kCutShort:
      judgement.verdict = TailVerdict::kTorn;
      judgement.reason = what + " at the end of a log without sync marks";
      break;
    case LogEndKind::kNoHeader:
    case LogEndKind::kBadLength:
    case LogEndKind::kBadChecksum: {
      Result<bool> content = has_content(reader.file(), end.offset, reader.file_bytes());
      if (!content) {
        return content.error();
      }
      judgement.verdict = *content ? TailVerdict::kDamaged : TailVerdict::kTorn;
      judgement.reason = what + " in a log without sync marks";
      break;
    }
  }
  return judgement;
}

}  // namespace

Result<TailJudgement> judge_tail(LogReader& reader, Zxid file_zxid, Zxid last_zxid,
                                 std::optional<Zxid> next_zxid) {
  Result<FoundMarks> marks =
      find_marks(reader.file(), reader.file_bytes(), reader.end().offset, file_zxid);
  if (!marks) {
    return marks.error();
  }
  return marks->newest ? judge_with_mark(reader, *marks)
                       : judge_without_mark(reader, last_zxid, next_zxid);
}

}  // namespace quorate::storage
