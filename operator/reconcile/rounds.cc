// Starting rounds and keeping the last one of each object.
#include "operator/reconcile/rounds.h"

#include <utility>

namespace quorate::reconcile {

std::optional<MemberReports> Rounds::find(const kube::ObjectKey& key, const Ask& ask,
                                          bool& is_under_way) const {
  is_under_way = false;
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->rounds.find(key);
  if (found == state_->rounds.end() || found->second.members != ask.members) {
    return std::nullopt;
  }
  const Duration age = ask.now - found->second.began;
  if (!found->second.reports) {
    is_under_way = age < kLost;
    return std::nullopt;
  }
  return age <= ask.age_max ? found->second.reports : std::nullopt;
}

std::optional<MemberReports> Rounds::take(const kube::ObjectKey& key, Ask ask) {
  if (ask.members.empty()) {
    return MemberReports();
  }
  bool is_under_way = false;
  if (auto reports = find(key, ask, is_under_way); reports || is_under_way) {
    return reports;
  }
  uint64_t number = 0;
  {
    const std::lock_guard lock(state_->mutex);
    number = ++state_->last_number;
    state_->rounds[key] = {
        .number = number, .members = ask.members, .began = ask.now, .reports = std::nullopt};
  }
  client_.ask(ask.members, ask.token,
              [state = state_, key, number, wake = ask.wake](MemberReports reports) {
                {
                  const std::lock_guard lock(state->mutex);
                  const auto found = state->rounds.find(key);
                  if (found == state->rounds.end() || found->second.number != number) {
                    return;  // A newer round is asked for.
                  }
                  found->second.reports = std::move(reports);
                }
                wake();
              });
  // A client that answers from within has answered by now.
  return find(key, ask, is_under_way);
}

void Rounds::forget(const kube::ObjectKey& key) {
  const std::lock_guard lock(state_->mutex);
  state_->rounds.erase(key);
}

}  // namespace quorate::reconcile
