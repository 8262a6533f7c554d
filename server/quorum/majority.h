// What a quorum is: a majority of the voters of one configuration, or of each of two.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "server/base/ids.h"

namespace quorate::quorum {

/// Voters of one configuration at most. Two configurations then fit into one word of bits.
inline constexpr size_t kVotersMax = 32;

/// A set of voters of one Majority, a bit each. It means nothing beside another Majority.
class VoterSet {
 public:
  void add(size_t index) { bits_ |= uint64_t{1} << index; }
  void remove(size_t index) { bits_ &= ~(uint64_t{1} << index); }
  [[nodiscard]] bool contains(size_t index) const { return (bits_ >> index & 1) != 0; }
  [[nodiscard]] size_t count() const { return static_cast<size_t>(std::popcount(bits_)); }
  [[nodiscard]] VoterSet operator&(VoterSet other) const { return VoterSet(bits_ & other.bits_); }
  friend bool operator==(const VoterSet&, const VoterSet&) = default;

  VoterSet() = default;

 private:
  explicit VoterSet(uint64_t bits) : bits_(bits) {}
  uint64_t bits_ = 0;
};

/// The voters that count, each with an index, and which sets of them are quorums. While a
/// reconfiguration is in flight that is a majority of the old voters and one of the new.
///
/// invariant: any two quorums of one Majority share a voter.
class Majority {
 public:
  /// Without voters: nothing is a quorum.
  Majority() = default;
  /// Ids in any order; repeated ones count once. At most kVotersMax.
  explicit Majority(std::span<const ServerId> voters);
  /// Of two configurations at once, the committed one and the next.
  Majority(std::span<const ServerId> committed, std::span<const ServerId> next);

  /// Voters of either configuration, ascending. Positions are the indexes.
  [[nodiscard]] const std::vector<ServerId>& voters() const { return voters_; }
  [[nodiscard]] std::optional<size_t> index_of(ServerId voter) const;
  [[nodiscard]] bool contains(ServerId voter) const { return index_of(voter).has_value(); }
  [[nodiscard]] bool is_quorum(VoterSet set) const;
  [[nodiscard]] bool is_joint() const { return is_joint_; }

 private:
  [[nodiscard]] VoterSet set_of(std::span<const ServerId> voters) const;

  std::vector<ServerId> voters_;
  VoterSet committed_;
  VoterSet next_;  ///< Joint only.
  bool is_joint_ = false;
};

/// How far each voter has acknowledged, and how far a quorum has. Acknowledgements are cumulative:
/// a voter that has `zxid` durable has everything before it.
class AckTracker {
 public:
  AckTracker() = default;
  explicit AckTracker(Majority majority);

  [[nodiscard]] const Majority& majority() const { return majority_; }
  /// Replaces what a quorum is; voters of both keep what they have acknowledged.
  void set_majority(Majority majority);
  /// Raises what `voter` has acknowledged. False if that tells nothing new or it is no voter.
  bool record(ServerId voter, Zxid zxid);
  /// Forgets a voter whose connection is gone.
  void forget(ServerId voter);
  /// The greatest zxid that a quorum has, or zero. invariant: never falls while no voter is
  /// forgotten and the majority stays.
  [[nodiscard]] Zxid quorum_zxid() const;
  /// What `voter` has acknowledged; zero if nothing.
  [[nodiscard]] Zxid acked(ServerId voter) const;
  /// The voters that have at least `zxid`.
  [[nodiscard]] VoterSet holders(Zxid zxid) const;

 private:
  Majority majority_;
  std::vector<Zxid> acked_;  ///< By the majority's index; zero: nothing.
};

}  // namespace quorate::quorum
