// Namespaces: what is read and written below each node under the root, in a table of bounded size.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/histogram.h"
#include "server/node/status.h"
#include "server/tree/applied.h"
#include "server/tree/tree.h"
#include "server/wire/request.h"
#include "server/wire/txn.h"

namespace quorate::node {

/// Counts by the first component of a path: that of "/a" and "/a/b" is "a". Clients choose those
/// names, so the first kNamesMax of bearable length have a place of their own; all others share
/// one, kOtherNamespace. A lookup allocates nothing for a name that is there, and costs one
/// comparison for the namespace of the lookup before.
class Namespaces {
 public:
  static constexpr size_t kNamesMax = 256;  ///< With 2.8 kB each: 0.7 MB.
  static constexpr size_t kNameBytesMax = 128;

  /// The place of an absolute path; null for the root, which is in no namespace.
  [[nodiscard]] NamespaceTraffic* at(std::string_view path) {
    if (last_ != nullptr && is_below(path, last_->name)) {
      return last_;
    }
    return look_up(path);
  }

  /// Sorted by name.
  [[nodiscard]] std::vector<NamespaceTraffic> traffic() const;
  /// Forgets everything.
  void reset() { *this = Namespaces(); }

 private:
  [[nodiscard]] static bool is_below(std::string_view path, std::string_view name) {
    const size_t end = name.size() + 1;
    return path.size() >= end && path.substr(1, name.size()) == name &&
           (path.size() == end || path[end] == '/');
  }
  [[nodiscard]] NamespaceTraffic* look_up(std::string_view path);

  NamespaceTraffic* last_ = nullptr;  ///< Never the shared one, whose name is of no path.
  /// By `name` of what it holds, from which the key borrows.
  absl::flat_hash_map<std::string_view, std::unique_ptr<NamespaceTraffic>> places_;
};

/// A read that was answered: `body` is the reply behind its header. Counts what Apache does: paths,
/// data, names of children, and the size of a Stat. Source: ZooKeeper 3.9 DataTree.updateReadStat.
void count_read(Namespaces& namespaces, const wire::ReadRequest& request, std::string_view body);

/// A txn that was applied. Source: ZooKeeper 3.9 DataTree.updateWriteStat.
void count_write(Namespaces& namespaces, const wire::Txn& txn, const tree::Applied& applied);

/// A write that a quota refused; `txn` is what is logged in its place.
void count_quota_exceeded(Namespaces& namespaces, const wire::WriteRequest& request,
                          std::string_view txn);

/// Limits and use of the quotas below each node under the root, sorted by name, at most
/// Namespaces::kNamesMax and what others share. Looks at no more than 4096 nodes of the tree of
/// quotas, since it runs between requests. Source: ZooKeeper 3.9 QuotaMetricsUtils.
[[nodiscard]] std::vector<NamespaceQuota> quotas_by_namespace(const tree::Tree& tree);

}  // namespace quorate::node
