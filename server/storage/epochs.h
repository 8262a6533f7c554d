// The epoch files of a quorum member: acceptedEpoch and currentEpoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

/// What a member promised: `accepted` to the leader it follows, `current` once it had that leader's
/// history. invariant: accepted >= current.
struct Epochs {
  int64_t accepted = 0;
  int64_t current = 0;
  friend bool operator==(const Epochs&, const Epochs&) = default;
};

/// A file that is absent takes the epoch of `last_zxid`, as a server has it that was standalone. An
/// epoch of `last_zxid` above `current` is that of a sync which was broken off, if it had been
/// accepted: `current` stays. It is accepted too if `currentEpoch.tmp` shows that the change of
/// epoch was under way, and promoted in the result; the file is the caller's to write. Errors: a
/// file that is no number, an epoch above `current` otherwise, accepted below current. Source:
/// ZooKeeper QuorumPeer.loadDataBase.
[[nodiscard]] Result<Epochs> read_epochs(FileSystem& fs, const std::string& directory,
                                         Zxid last_zxid);

/// Replaces the file atomically and durably. When both change, accepted goes first.
[[nodiscard]] Status write_accepted_epoch(FileSystem& fs, const std::string& directory,
                                          int64_t epoch);
[[nodiscard]] Status write_current_epoch(FileSystem& fs, const std::string& directory,
                                         int64_t epoch);

}  // namespace quorate::storage
