// What the members have committed, together: one history, one leader an epoch, nothing lost.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/txn.h"
#include "tests/sim/context.h"
#include "tests/sim/disk.h"

namespace quorate::sim {

/// Hears of each transaction once, when the first member applies it.
class CommitListener {
 public:
  virtual ~CommitListener() = default;
  virtual void on_commit(const wire::TxnRecord& record, ServerId by) = 0;
};

/// The replicas' promises, checked after every step of a member:
/// - at most one leader is established in an epoch, and epochs rise;
/// - what members apply are prefixes of one history, byte for byte, without a gap;
/// - an established leader has all of it (leader completeness), so that nothing committed is lost;
/// - the digest of a tree is that of its zxid's transaction.
class CommitChecker {
 public:
  CommitChecker(Context& context, CommitListener& listener)
      : context_(context), listener_(listener) {}

  /// A member serves from now on. `log` is what it has logged, `last` what it has applied.
  void serves(ServerId member, bool leads, Epoch epoch, Zxid last,
              const std::map<Zxid, TxnBytes>& log);
  /// A member hands a transaction to its log, behind `before`. The same zxid is the same
  /// transaction, whoever logs it.
  void logged(ServerId member, Zxid zxid, const TxnBytes& txn, Zxid before);
  /// A serving member has applied up to `last`.
  void applied(ServerId member, Zxid last, const std::map<Zxid, TxnBytes>& log);
  /// The process begins with what is on its disk: a snapshot, and the log behind it up to `end`.
  /// The disk may have been another's. What is wrong with the snapshot the digests tell.
  void started(ServerId member, Zxid snapshot, Zxid end);
  /// Nothing behind `zxid` is known to be right any more: a truncation.
  void forget_behind(ServerId member, Zxid zxid);
  /// The member's state is a snapshot of `zxid`, with this digest.
  void installed(ServerId member, Zxid zxid, uint64_t digest);

  [[nodiscard]] Zxid last() const { return history_.empty() ? Zxid{} : history_.back().zxid; }
  [[nodiscard]] size_t count() const { return history_.size(); }
  [[nodiscard]] Epoch epoch() const { return epoch_; }
  [[nodiscard]] size_t leader_count() const { return leaders_.size(); }

 private:
  struct Logged {
    TxnBytes txn;
    Zxid before;
  };
  struct Committed {
    Zxid zxid;
    TxnBytes txn;
    uint64_t digest = 0;  ///< Of the tree behind it.
  };
  void take_installed(ServerId member);
  /// What a snapshot holds is committed now, although nobody has applied it from a log.
  void commit_chain(ServerId member, Zxid last);
  void check(ServerId member, Zxid zxid, const TxnBytes& txn);
  /// Index of the first behind `zxid`.
  [[nodiscard]] size_t index_behind(Zxid zxid) const;

  Context& context_;
  CommitListener& listener_;
  std::vector<Committed> history_;
  std::map<Zxid, Logged> logged_;  ///< By anybody, ever.
  struct Installed {
    Zxid zxid;
    uint64_t digest = 0;
    bool is_checked = false;
  };
  /// How much of the history each is known to have.
  std::map<ServerId, size_t> positions_;
  std::map<ServerId, Installed> installed_;  ///< What an unestablished leader sends may be undone.
  std::map<Epoch, ServerId> leaders_;
  Epoch epoch_;
};

}  // namespace quorate::sim
