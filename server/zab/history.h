// History: the newest transactions of a member, committed and not, for whoever is behind.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/base/ring.h"

namespace quorate::zab {

/// The zxid behind `zxid` on the way to `target`, if all between them are of the one's epoch or all
/// of the other's.
[[nodiscard]] Zxid following(Zxid zxid, Zxid target);

/// Transactions as the log has them, oldest first. Committed ones are kept within bounds of count
/// and bytes, for learners that sync; those that are not committed are all kept. One buffer serves
/// the log, every learner and the tree.
///
/// Owned by the node through all its roles; a Leader or Learner borrows it and is its only writer
/// while it lives.
///
/// invariant: zxids are continuous from base() to last(); base() <= committed() <= last().
class History {
 public:
  struct Entry {
    Zxid zxid;
    std::string txn;  ///< TxnHeader + txn [+ TxnDigest].
  };

  /// `last` is the newest transaction in the log, committed as far as anybody knows.
  History(Zxid last, size_t count_max, size_t bytes_max);

  /// An empty buffer for the next one, with capacity if a transaction has left the history.
  std::string take_buffer();
  /// Adds one that is not committed yet. Requires is_continuous(last(), zxid).
  void append(Zxid zxid, std::string txn);
  /// Commits up to `zxid`, which is last() at most.
  void commit(Zxid zxid);
  /// Drops the oldest committed ones that are too many; for when they have been applied and sent.
  void trim();
  /// Forgets what is behind `zxid`, committed or not, and returns the new last(): `zxid`, unless
  /// the history is known not to have it.
  Zxid truncate(Zxid zxid);
  /// The state is now a snapshot of `zxid`; nothing before it is known.
  void restart(Zxid zxid);

  /// Everything behind it is retained; it is not.
  [[nodiscard]] Zxid base() const { return base_; }
  [[nodiscard]] Zxid committed() const { return committed_; }
  [[nodiscard]] Zxid last() const { return last_; }
  /// Oldest retained committed transaction, if there is one.
  [[nodiscard]] std::optional<Zxid> committed_min() const;

  /// Index of the first retained entry behind `zxid`; size() if there is none.
  [[nodiscard]] size_t index_after(Zxid zxid) const;
  [[nodiscard]] size_t size() const { return entries_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] const Entry& operator[](size_t index) const { return entries_[index]; }
  /// The entry of `zxid`, or null.
  [[nodiscard]] const Entry* find(Zxid zxid) const;

 private:
  void retire(std::string txn);

  size_t count_max_;
  size_t bytes_max_;
  Ring<Entry> entries_;
  std::vector<std::string> spares_;  ///< Buffers to be used again.
  size_t bytes_ = 0;
  Zxid base_;
  Zxid committed_;
  Zxid last_;
};

}  // namespace quorate::zab
