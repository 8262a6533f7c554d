// Judge: what must hold at every step of the operator.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "operator/kube/request.h"
#include "tests/operator/simulation/ensemble.h"
#include "tests/operator/simulation/kubernetes.h"

namespace quorate::opsim {

/// Every effect of the operator's goes through it, late ones too.
class Judge final : public Follower {
 public:
  Judge(Context& context, Kubernetes& kubernetes, Ensemble& ensemble);

  /// Carries out a request of an operator and compares before and after.
  Answer write(const std::string& who, const kube::Request& request);
  Answer read(const kube::Request& request) { return kubernetes_.serve(request); }
  reconcile::MemberAnswer order(const std::string& who, const std::string& member,
                                const reconcile::MemberOrder& order,
                                const std::function<reconcile::MemberAnswer()>& perform);
  /// An operator has read Pods and members live: it may act on what was true by then.
  void read_live(const std::string& who) { reads_[who] = {context_.now(), truth()}; }
  /// What somebody else deletes is not the operator's doing.
  void excuse_claim(const std::string& uid) { excused_claims_.insert(uid); }

  void changed(const local::Change& change) override;
  [[nodiscard]] size_t writes() const { return writes_; }
  [[nodiscard]] TimePoint last_write() const { return last_write_; }

 private:
  struct Truth {
    bool has_leader = false;
    std::string leader;
    size_t quorum = 0;
    size_t voters = 0;
    std::set<std::string> synced;
    std::set<std::string> electors;
  };
  struct Read {
    TimePoint at;
    Truth truth;
  };

  [[nodiscard]] Truth truth() const;
  /// What was true when this operator looked, if that was a moment ago.
  [[nodiscard]] const Truth* recent_read(const std::string& who) const;
  void check_quorum(const std::string& who, const std::string& what, const Truth& before);
  void check_disruption(const std::string& who, const kube::Request& request,
                        const std::string& name);
  void check_record(const std::string& who, const std::string& name, const std::string& uid);
  /// Writes are of who holds the lease, but for what was under way when it was lost.
  void check_lease(const std::string& who, const std::string& what);
  void check_names(const std::string& who, const kube::Request& request);
  void check_mode(const std::string& who);
  void check_token(const std::string& who, const std::string& before);
  void check_end(const Json& cluster);
  void forget_who_is_back();
  [[nodiscard]] local::ObjectPtr cluster() const;
  [[nodiscard]] std::string token() const;

  Context& context_;
  Kubernetes& kubernetes_;
  Ensemble& ensemble_;
  std::map<std::string, Read> reads_;
  std::map<std::string, std::string>
      away_;  ///< Synced voters that we sent off: uids of their Pods.
  std::set<std::string> excused_claims_;
  std::optional<TimePoint> told_late_at_;  ///< To form again, by a write that was late.
  size_t writes_ = 0;
  TimePoint last_write_{};
};

}  // namespace quorate::opsim
