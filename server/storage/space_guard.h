// Decides from free disk space whether client writes are still taken.
#pragma once

#include <cstdint>

#include "server/base/result.h"
#include "server/storage/directories.h"
#include "server/storage/file_system.h"

namespace quorate::storage {

enum class SpaceLevel : uint8_t {
  kOk,         ///< Everything is served.
  kLow,        ///< Client writes are refused; sessions still come, live and go, on the reserve.
  kExhausted,  ///< The reserve is used up: nothing that needs the log is taken.
};

/// Thresholds of free bytes. invariant: exhausted <= low <= resume.
struct SpaceLimits {
  int64_t low_bytes = 0;        ///< Below: kLow.
  int64_t exhausted_bytes = 0;  ///< Below: kExhausted.
  int64_t resume_bytes = 0;     ///< At or above: kOk again. The distance to low_bytes keeps the
                                ///< level from flapping.
};

/// Limits for a disk of `total_bytes`: the reserve is two log files, but at most a tenth of the
/// disk.
[[nodiscard]] SpaceLimits space_limits(int64_t total_bytes, int64_t preallocate_bytes);

/// Remembers the level between looks at the disk. A value type without clock or file.
class SpaceGuard {
 public:
  explicit SpaceGuard(const SpaceLimits& limits) : limits_(limits) {}
  /// Takes the free bytes of now and returns the level that follows.
  SpaceLevel update(int64_t free_bytes);
  [[nodiscard]] SpaceLevel level() const { return level_; }
  [[nodiscard]] const SpaceLimits& limits() const { return limits_; }

 private:
  SpaceLimits limits_;
  SpaceLevel level_ = SpaceLevel::kOk;
};

/// Space of both directories; `least` is that of the one that has less free.
struct SpaceReport {
  Space snapshots;
  Space logs;
  Space least;
};
[[nodiscard]] Result<SpaceReport> read_space(FileSystem& fs, const Directories& directories);

}  // namespace quorate::storage
