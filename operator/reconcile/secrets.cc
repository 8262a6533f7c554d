// Reading and remembering Secrets.
#include "operator/reconcile/secrets.h"

#include <algorithm>
#include <utility>

#include "operator/kube/object.h"

namespace quorate::reconcile {

kube::ApiResult<std::optional<kube::SharedObject>> SecretReader::read(
    controller::Pass& pass, const std::string& cluster_uid, const std::string& name,
    Duration age_max) {
  const kube::ObjectKey key{.space = pass.key().space, .name = name};
  const TimePoint now = pass.now().monotonic;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      const Duration limit =
          found->second.secret ? age_max : std::min<Duration>(age_max, kMissingAgeMax);
      if (now - found->second.read_at < limit) {
        return found->second.secret;
      }
    }
  }
  auto answer = pass.send(kube::get(kube::kSecret, key));
  std::optional<kube::SharedObject> secret;
  if (answer.ok()) {
    kube::strip_bulk(*answer);
    secret = *std::move(answer);
  } else if (answer.error().kind != kube::ApiErrorKind::kNotFound) {
    return answer.error();
  }
  const auto owner = secret ? kube::controller_of(*secret) : std::nullopt;
  if (owner && owner->uid != cluster_uid) {
    return secret;
  }
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kEntriesMax) {
    entries_.clear();
  }
  entries_[key] = {.secret = secret, .read_at = now};
  return secret;
}

void SecretReader::forget(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  entries_.erase(key);
}

}  // namespace quorate::reconcile
