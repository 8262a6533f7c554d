// SecretReader: the few Secrets that clusters name, read again now and then.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "operator/controller/reconciler.h"
#include "operator/kube/shared_object.h"

namespace quorate::reconcile {

/// Secrets are read one by one and not watched: a watch would have the operator hold every Secret
/// of its namespaces. Any thread.
class SecretReader {
 public:
  /// A new certificate or superuser is seen within this time.
  static constexpr Duration kAgeMax = std::chrono::seconds(60);
  /// One that is missing is looked for more often, for a person waits for it.
  static constexpr Duration kMissingAgeMax = std::chrono::seconds(5);

  /// The Secret of the pass's namespace, at most `age_max` old; nothing when there is none. One
  /// that another cluster owns is never remembered: that of a former one of the name is about to
  /// go.
  [[nodiscard]] kube::ApiResult<std::optional<kube::SharedObject>> read(
      controller::Pass& pass, const std::string& cluster_uid, const std::string& name,
      Duration age_max = kAgeMax);
  void forget(const kube::ObjectKey& key);

 private:
  struct Entry {
    std::optional<kube::SharedObject> secret;
    TimePoint read_at;
  };
  static constexpr size_t kEntriesMax = 10'000;

  std::mutex mutex_;
  std::map<kube::ObjectKey, Entry> entries_;
};

}  // namespace quorate::reconcile
