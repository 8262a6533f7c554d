// Rounds: reports of members for passes, without making a worker wait for them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "operator/kube/resource_kind.h"
#include "operator/reconcile/member_client.h"
#include "server/base/secret.h"
#include "server/base/time.h"

namespace quorate::reconcile {

/// A pass that finds no fresh reports starts a round and ends; the end of the round wakes the
/// object, and the next pass finds them. So a zone that does not answer costs no worker anything.
/// Any thread.
class Rounds {
 public:
  explicit Rounds(MemberClient& client) : client_(client) {}

  struct Ask {
    std::vector<MemberTarget> members;
    Secret token;
    TimePoint now;
    Duration age_max;
    std::function<void()> wake;  ///< Called at the end of a round, on any thread.
  };
  /// Reports of a round of these members that began at most `age_max` ago. Nothing: a round is
  /// under way, and `wake` is called at its end.
  [[nodiscard]] std::optional<MemberReports> take(const kube::ObjectKey& key, Ask ask);
  /// What was reported counts no more: something was changed since, or the object is gone.
  void forget(const kube::ObjectKey& key);

 private:
  struct Round {
    uint64_t number = 0;
    std::vector<MemberTarget> members;
    TimePoint began;
    std::optional<MemberReports> reports;  ///< Nothing: under way.
  };
  struct State {
    std::mutex mutex;
    uint64_t last_number = 0;
    std::map<kube::ObjectKey, Round> rounds;
  };
  /// A round that has not ended after so long never will.
  static constexpr Duration kLost = 5 * MemberClient::kAskTimeout;

  [[nodiscard]] std::optional<MemberReports> find(const kube::ObjectKey& key, const Ask& ask,
                                                  bool& is_under_way) const;

  MemberClient& client_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace quorate::reconcile
