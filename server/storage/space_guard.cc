// Thresholds and hysteresis of the disk space guard.
#include "server/storage/space_guard.h"

#include <algorithm>

namespace quorate::storage {

SpaceLimits space_limits(int64_t total_bytes, int64_t preallocate_bytes) {
  const int64_t low = std::min(2 * preallocate_bytes, total_bytes / 10);
  return {.low_bytes = low, .exhausted_bytes = low / 8, .resume_bytes = low + low / 4};
}

SpaceLevel SpaceGuard::update(int64_t free_bytes) {
  if (free_bytes < limits_.exhausted_bytes) {
    level_ = SpaceLevel::kExhausted;
  } else if (free_bytes < limits_.low_bytes) {
    // Out of kExhausted only with some room, as out of kLow.
    const bool stays = level_ == SpaceLevel::kExhausted && free_bytes < 2 * limits_.exhausted_bytes;
    level_ = stays ? SpaceLevel::kExhausted : SpaceLevel::kLow;
  } else if (free_bytes >= limits_.resume_bytes) {
    level_ = SpaceLevel::kOk;
  } else if (level_ == SpaceLevel::kExhausted) {
    level_ = SpaceLevel::kLow;
  }
  return level_;
}

Result<SpaceReport> read_space(FileSystem& fs, const Directories& directories) {
  Result<Space> snapshots = fs.space(directories.snapshots);
  if (!snapshots) {
    return snapshots.error();
  }
  Result<Space> logs = fs.space(directories.logs);
  if (!logs) {
    return logs.error();
  }
  const bool snapshots_less = snapshots->free_bytes < logs->free_bytes;
  return SpaceReport{
      .snapshots = *snapshots, .logs = *logs, .least = snapshots_less ? *snapshots : *logs};
}

}  // namespace quorate::storage
