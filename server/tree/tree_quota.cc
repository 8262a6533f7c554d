// Quotas: which limits apply to a write, and the statistics nodes that each replica keeps in place.
#include "server/tree/quota_text.h"
#include "server/tree/tree.h"

namespace quorate::tree {

namespace {

/// Wraps, as in Java: a user may have written any number.
int64_t wrapping_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

std::string_view Tree::text(NodeId node) const { return data(node).value_or(std::string_view()); }

QuotaVerdict Tree::check_limit(int64_t sum, int64_t soft, int64_t hard) const {
  if (hard > -1) {
    return sum > hard ? QuotaVerdict::kHardExceeded : QuotaVerdict::kWithin;
  }
  return soft > -1 && sum > soft ? QuotaVerdict::kSoftExceeded : QuotaVerdict::kWithin;
}

QuotaVerdict Tree::check_quota(std::string_view path, int64_t count, int64_t bytes) const {
  const std::string_view prefix = quotas_.governing(path);
  if (prefix.empty()) {
    return QuotaVerdict::kWithin;
  }
  const NodeId limits_node = find(limits_path(prefix));
  const NodeId stats_node = find(stats_path(prefix));
  if (!limits_node || !stats_node) {
    return QuotaVerdict::kWithin;
  }
  const QuotaText limits(text(limits_node));
  const QuotaText stats(text(stats_node));
  QuotaVerdict verdict = QuotaVerdict::kWithin;
  if (count != 0) {
    verdict =
        check_limit(wrapping_sum(stats.count(), count), limits.count(), limits.count_hard_limit());
  }
  if (bytes != 0) {
    verdict = std::max(verdict, check_limit(wrapping_sum(stats.bytes(), bytes), limits.bytes(),
                                            limits.bytes_hard_limit()));
  }
  return verdict;
}

void Tree::note_created(std::string_view path, int64_t bytes) {
  if (path.starts_with(kQuotaRoot)) {
    const size_t slash = path.rfind('/');
    const std::string_view governed = path_under_quota(path.substr(0, slash));
    const std::string_view name = path.substr(slash + 1);
    if (!governed.empty() && name == kLimitsName) {
      quotas_.add(governed);
    }
    if (!governed.empty() && name == kStatsName) {
      count_stats(governed);
    }
  }
  add_to_stats(path, 1, bytes);
}

void Tree::note_deleted(std::string_view path, int64_t count, int64_t bytes) {
  if (path.starts_with(kQuotaRoot)) {
    const size_t slash = path.rfind('/');
    const std::string_view governed = path_under_quota(path.substr(0, slash));
    if (!governed.empty() && path.substr(slash + 1) == kLimitsName) {
      quotas_.remove(governed);
    }
  }
  add_to_stats(path, -count, -bytes);
}

void Tree::add_to_stats(std::string_view path, int64_t count, int64_t bytes) {
  const std::string_view prefix = quotas_.governing(path);
  if (prefix.empty()) [[likely]] {
    return;
  }
  const NodeId node = find(stats_path(prefix));
  if (!node) {
    return;
  }
  QuotaText stats(text(node));
  stats.set_count(wrapping_sum(stats.count(), count));
  stats.set_bytes(wrapping_sum(stats.bytes(), bytes));
  set_stats_text(node, stats.format());
}

void Tree::count_stats(std::string_view path) {
  const NodeId stats_node = find(stats_path(path));
  if (!stats_node) {
    return;
  }
  int64_t count = 0;
  int64_t bytes = 0;
  std::vector<NodeId> pending;
  if (const NodeId top = find(path)) {
    pending.push_back(top);
  }
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    ++count;
    bytes += static_cast<int64_t>(text(id).size());
    children_.for_each(store_, store_.at(id),
                       [&pending](NodeId child) { pending.push_back(child); });
  }
  QuotaText stats;
  stats.set_count(count);
  stats.set_bytes(bytes);
  set_stats_text(stats_node, stats.format());
}

void Tree::set_stats_text(NodeId id, std::string_view text) {
  before_change(id);
  Node& node = store_.at(id);
  data_bytes_ += static_cast<int64_t>(text.size()) - std::max<int64_t>(node.data_size, 0);
  store_.set_data(node, text);
}

void Tree::rebuild_quotas() {
  quotas_.clear();
  std::vector<NodeId> pending;
  if (const NodeId top = find(kQuotaRoot)) {
    pending.push_back(top);
  }
  while (!pending.empty()) {
    const NodeId id = pending.back();
    pending.pop_back();
    const Node& node = store_.at(id);
    children_.for_each(store_, node, [&pending](NodeId child) { pending.push_back(child); });
    if (children_.count(store_, node) == 0 && node.name() == kLimitsName) {
      const std::string governed(path_under_quota(path(parent(id))));
      if (!governed.empty()) {
        count_stats(governed);
        quotas_.add(governed);
      }
    }
  }
}

}  // namespace quorate::tree
