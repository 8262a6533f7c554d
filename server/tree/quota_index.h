// The paths that have a quota, and which of them governs a path.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace quorate::tree {

inline constexpr std::string_view kQuotaRoot = "/zookeeper/quota";
inline constexpr std::string_view kLimitsName = "zookeeper_limits";
inline constexpr std::string_view kStatsName = "zookeeper_stats";

/// Path whose quota node is at or below `quota_path`: "/a" for "/zookeeper/quota/a"; empty if it is
/// none, or that of the root, which has no quota.
[[nodiscard]] std::string_view path_under_quota(std::string_view quota_path);
[[nodiscard]] std::string limits_path(std::string_view path);
[[nodiscard]] std::string stats_path(std::string_view path);

class QuotaIndex {
 public:
  void add(std::string_view path) { paths_.emplace(path); }
  void remove(std::string_view path) { paths_.erase(std::string(path)); }
  void clear() { paths_.clear(); }
  [[nodiscard]] bool empty() const { return paths_.empty(); }
  /// The longest registered path that is `path` or an ancestor of it; borrowed from `path`; empty
  /// if there is none.
  [[nodiscard]] std::string_view governing(std::string_view path) const;

 private:
  std::set<std::string, std::less<>> paths_;
};

}  // namespace quorate::tree
