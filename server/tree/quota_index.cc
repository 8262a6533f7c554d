// Longest-prefix search over the paths with quotas.
#include "server/tree/quota_index.h"

namespace quorate::tree {

std::string_view path_under_quota(std::string_view quota_path) {
  if (!quota_path.starts_with(kQuotaRoot)) {
    return {};
  }
  const std::string_view path = quota_path.substr(kQuotaRoot.size());
  return path.starts_with('/') ? path : std::string_view();
}

std::string limits_path(std::string_view path) {
  return std::string(kQuotaRoot).append(path).append("/").append(kLimitsName);
}

std::string stats_path(std::string_view path) {
  return std::string(kQuotaRoot).append(path).append("/").append(kStatsName);
}

std::string_view QuotaIndex::governing(std::string_view path) const {
  if (paths_.empty()) [[likely]] {
    return {};
  }
  while (!path.empty()) {
    if (paths_.contains(path)) {
      return path;
    }
    const size_t slash = path.rfind('/');
    path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return {};
}

}  // namespace quorate::tree
