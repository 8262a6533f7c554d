// Decides what the end of a log means: a proper end, a torn tail that nobody was promised, or
// damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/log_reader.h"

namespace quorate::storage {

enum class TailVerdict : uint8_t {
  kProper,   ///< The entries end where they were meant to.
  kTorn,     ///< A crash cut the last batch, which was never acknowledged: cut it off.
  kDamaged,  ///< Bytes that had been synced cannot be read. Never cut.
};

struct TailJudgement {
  TailVerdict verdict = TailVerdict::kProper;
  std::optional<SyncMark> mark;  ///< Newest mark; absent in logs of Java servers.
  int64_t mark_area = 0;         ///< Offset of the slots that hold it.
  std::string reason;            ///< Of kTorn and kDamaged: one clause for the message.
};

/// Judges the log whose entries `reader` has read to their end.
///
/// With a sync mark: what lies before `synced_end` had been synced; what lies before `batch_end`
/// had been if anything stands behind it, because a batch is written only after its predecessor was
/// synced; the rest was in flight. Without a mark (a Java server's log) the rules are Apache's,
/// made stricter: an entry that is cut short ends the log, but not when a whole entry follows
/// somewhere behind it, and a bad checksum is damage.
///
/// `last_zxid` is that of the last valid entry, or of the history before the file. `next_zxid` is
/// the first txn of the log that follows; if it continues without a gap, whatever stands between
/// the two was no part of the history.
[[nodiscard]] Result<TailJudgement> judge_tail(LogReader& reader, Zxid file_zxid, Zxid last_zxid,
                                               std::optional<Zxid> next_zxid);

}  // namespace quorate::storage
