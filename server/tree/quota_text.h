// Text of quota nodes: limits and statistics, "count=N,bytes=M=;byteHardLimit=X;countHardLimit=Y".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace quorate::tree {

/// A set of named numbers, -1 where absent. Source: ZooKeeper 3.9 StatsTrack.
class QuotaText {
 public:
  QuotaText() = default;
  /// Reads `text`; tokens that are malformed, on which Apache gives up, are skipped.
  explicit QuotaText(std::string_view text);

  [[nodiscard]] int64_t count() const { return value("count"); }
  [[nodiscard]] int64_t bytes() const { return value("bytes"); }
  [[nodiscard]] int64_t count_hard_limit() const { return value("countHardLimit"); }
  [[nodiscard]] int64_t bytes_hard_limit() const { return value("byteHardLimit"); }
  void set_count(int64_t count) { values_["count"] = count; }
  void set_bytes(int64_t bytes) { values_["bytes"] = bytes; }

  /// Count and bytes first, the other keys sorted behind them, with the "=" after the bytes that
  /// keeps readers before 3.5 from seeing them.
  [[nodiscard]] std::string format() const;

 private:
  [[nodiscard]] int64_t value(std::string_view key) const;

  std::map<std::string, int64_t, std::less<>> values_;
};

}  // namespace quorate::tree
