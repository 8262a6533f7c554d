// Majorities over one or two configurations, and the acknowledgements that they count.
#include "server/quorum/majority.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace quorate::quorum {

Majority::Majority(std::span<const ServerId> voters) : voters_(voters.begin(), voters.end()) {
  std::ranges::sort(voters_);
  voters_.erase(std::ranges::unique(voters_).begin(), voters_.end());
  QR_ASSERT(voters_.size() <= kVotersMax);
  committed_ = set_of(voters_);
}

Majority::Majority(std::span<const ServerId> committed, std::span<const ServerId> next)
    : is_joint_(true) {
  voters_.assign(committed.begin(), committed.end());
  voters_.insert(voters_.end(), next.begin(), next.end());
  std::ranges::sort(voters_);
  voters_.erase(std::ranges::unique(voters_).begin(), voters_.end());
  QR_ASSERT(voters_.size() <= 2 * kVotersMax);
  committed_ = set_of(committed);
  next_ = set_of(next);
  QR_ASSERT(committed_.count() <= kVotersMax && next_.count() <= kVotersMax);
}

VoterSet Majority::set_of(std::span<const ServerId> voters) const {
  VoterSet set;
  for (const ServerId voter : voters) {
    set.add(*index_of(voter));
  }
  return set;
}

std::optional<size_t> Majority::index_of(ServerId voter) const {
  const auto at = std::ranges::lower_bound(voters_, voter);
  if (at == voters_.end() || *at != voter) {
    return std::nullopt;
  }
  return static_cast<size_t>(at - voters_.begin());
}

bool Majority::is_quorum(VoterSet set) const {
  if ((set & committed_).count() <= committed_.count() / 2) {
    return false;
  }
  return !is_joint_ || (set & next_).count() > next_.count() / 2;
}

AckTracker::AckTracker(Majority majority)
    : majority_(std::move(majority)), acked_(majority_.voters().size()) {}

void AckTracker::set_majority(Majority majority) {
  std::vector<Zxid> acked(majority.voters().size());
  for (size_t index = 0; index < acked.size(); ++index) {
    acked[index] = this->acked(majority.voters()[index]);
  }
  majority_ = std::move(majority);
  acked_ = std::move(acked);
}

bool AckTracker::record(ServerId voter, Zxid zxid) {
  const std::optional<size_t> index = majority_.index_of(voter);
  if (!index || acked_[*index] >= zxid) {
    return false;
  }
  acked_[*index] = zxid;
  return true;
}

void AckTracker::forget(ServerId voter) {
  if (const std::optional<size_t> index = majority_.index_of(voter)) {
    acked_[*index] = Zxid{};
  }
}

Zxid AckTracker::quorum_zxid() const {
  Zxid best;
  for (const Zxid candidate : acked_) {
    if (candidate > best && majority_.is_quorum(holders(candidate))) {
      best = candidate;
    }
  }
  return best;
}

Zxid AckTracker::acked(ServerId voter) const {
  const std::optional<size_t> index = majority_.index_of(voter);
  return index ? acked_[*index] : Zxid{};
}

VoterSet AckTracker::holders(Zxid zxid) const {
  VoterSet set;
  for (size_t index = 0; index < acked_.size(); ++index) {
    if (acked_[index] >= zxid) {
      set.add(index);
    }
  }
  return set;
}

}  // namespace quorate::quorum
