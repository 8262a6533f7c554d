// Keys of the data directories, the transaction log, snapshots and their purge.
#include <array>
#include <utility>

#include "server/base/text.h"
#include "server/config/key_tables.h"
#include "server/config/words.h"

namespace quorate::config {
namespace {

using Compression = StorageSettings::Compression;
constexpr std::array<Word<Compression>, 2> kCompressions = {
    {{"", Compression::kNone}, {"gz", Compression::kGzip}}};

/// Snapshots of snappy are read, but not written: gz does what is asked for, smaller files.
Verdict set_compression(Config& config, std::string_view value) {
  if (equals_ignoring_case(value, "snappy")) {
    config.storage.snapshot_compression = Compression::kGzip;
    return Verdict{.kind = Verdict::Kind::kWarning,
                   .message = "is 'snappy', which is read but not written; gz is used"};
  }
  return set_word<Compression>(kCompressions, config.storage.snapshot_compression, value);
}
std::string get_compression(const Config& config) {
  return word_of<Compression>(kCompressions, config.storage.snapshot_compression);
}

constexpr int32_t kRetainMin = 3;

/// Fewer than 3 are raised to 3, as ZooKeeper does, so that its configurations stay valid.
Verdict set_retain_count(Config& config, std::string_view value) {
  const std::optional<int64_t> count = parse_integer(value, INT32_MIN, INT32_MAX);
  if (!count) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be an integer of 3 to 2147483647"};
  }
  if (*count >= kRetainMin) {
    config.storage.purge_retain_count = static_cast<int32_t>(*count);
    return {};
  }
  config.storage.purge_retain_count = kRetainMin;
  return Verdict{.kind = Verdict::Kind::kWarning,
                 .message = "is " + quoted(value) + ", must be at least 3; 3 is used"};
}
std::string get_retain_count(const Config& config) {
  return std::to_string(config.storage.purge_retain_count);
}

struct IntervalUnit {
  std::string_view suffix;
  int64_t ms;
};
// Longer suffixes first, so that "ms" is not read as seconds.
constexpr std::array<IntervalUnit, 5> kUnits = {
    {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}}};
constexpr int64_t kHourMs = 3600000;

constexpr int64_t kIntervalMsMax = 36500 * 24 * kHourMs;

constexpr std::string_view kIntervalAllowed =
    "hours, or a number with ms, s, m, h or d, up to 36500 days; 0 to never purge";

/// A bare number is hours; the units are those of ZooKeeper 3.10.
Verdict set_purge_interval(Config& config, std::string_view value) {
  std::string text = to_lower(value);
  int64_t unit_ms = kHourMs;
  for (const IntervalUnit& unit : kUnits) {
    if (text.ends_with(unit.suffix)) {
      text.resize(text.size() - unit.suffix.size());
      unit_ms = unit.ms;
      break;
    }
  }
  const std::optional<int64_t> count = parse_integer(text, 0, kIntervalMsMax / unit_ms);
  if (!count) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be " + std::string(kIntervalAllowed)};
  }
  config.storage.purge_interval_ms = *count * unit_ms;
  return {};
}
std::string get_purge_interval(const Config& config) {
  const int64_t ms = config.storage.purge_interval_ms;
  return ms % kHourMs == 0 ? std::to_string(ms / kHourMs) : std::to_string(ms) + "ms";
}

std::vector<Key> directory_keys() {
  return {
      {"dataDir", Text{[](Config& c) { return &c.storage.data_dir; }},
       "Directory of snapshots, epochs and myid; required."},
      {"dataLogDir", Text{[](Config& c) { return &c.storage.data_log_dir; }},
       "Directory of the transaction log; dataDir when not set."},
      {"datadir.autocreate", Flag{[](Config& c) { return &c.storage.autocreate_data_dir; }},
       "Create data directories that are missing."},
      {"db.autocreate", Flag{[](Config& c) { return &c.storage.autocreate_db; }},
       "Start an empty data directory as an empty database."},
  };
}

std::vector<Key> log_keys() {
  return {
      {"preAllocSize", Int64{[](Config& c) { return &c.storage.prealloc_size_kb; }, 0, INT32_MAX},
       "Size by which a log file is extended ahead of need, KiB; 0: not at all."},
      {"txnLogSizeLimitInKb",
       Int64{[](Config& c) { return &c.storage.txn_log_size_limit_kb; }, -1, INT32_MAX},
       "Size at which the next log file is begun, KiB; 0 or less: only at snapshots."},
      {"forceSync", Flag{[](Config& c) { return &c.storage.force_sync; }, "yes", "no"},
       "Have a write on disk before it is acknowledged; no can lose acknowledged writes."},
      {"fsync.warningthresholdms",
       Int64{[](Config& c) { return &c.storage.fsync_warning_threshold_ms; }, 0, INT32_MAX},
       "Time after which one fsync is logged as slow, milliseconds.",
       {},
       Key::RawName::kAlso},
      {"commitLogCount", Int32{[](Config& c) { return &c.storage.commit_log_count; }, 0},
       "Committed transactions kept in memory to bring learners up to date."},
  };
}

std::vector<Key> snapshot_keys() {
  return {
      {"snapCount", Int32{[](Config& c) { return &c.storage.snap_count; }, 2},
       "Transactions between snapshots, at most."},
      {"snapSizeLimitInKb",
       Int64{[](Config& c) { return &c.storage.snap_size_limit_kb; }, -1, INT64_MAX / 1024},
       "Log bytes between snapshots, at most, KiB; 0 or less: no such limit."},
      {"snapshot.compression.method", Custom{set_compression, get_compression, "nothing or gz"},
       "How snapshots are compressed."},
      {"snapshot.trust.empty", Flag{[](Config& c) { return &c.storage.snapshot_trust_empty; }},
       "Replay logs without any valid snapshot from an empty tree."},
      {"autopurge.snapRetainCount",
       Custom{set_retain_count, get_retain_count, "an integer of 3 to 2147483647"},
       "Snapshots that the purge keeps, with the logs that they need.",
       {},
       Key::RawName::kNone,
       {{[](const Config& c) { return c.storage.purge_interval_ms > 0; },
         "while autopurge.purgeInterval is 0"}}},
      {"autopurge.purgeInterval", Custom{set_purge_interval, get_purge_interval, kIntervalAllowed},
       "Time between purges; ZooKeeper's default is 0, ours 1 hour."},
  };
}

}  // namespace

std::vector<Key> storage_keys() {
  std::vector<Key> rows = directory_keys();
  append(rows, log_keys());
  append(rows, snapshot_keys());
  return rows;
}

}  // namespace quorate::config
