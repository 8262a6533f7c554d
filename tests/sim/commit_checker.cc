// What the members have committed, together.
#include "tests/sim/commit_checker.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/zab/history.h"

namespace quorate::sim {
size_t CommitChecker::index_behind(Zxid zxid) const {
  return static_cast<size_t>(std::ranges::upper_bound(history_, zxid, {}, &Committed::zxid) -
                             history_.begin());
}

void CommitChecker::serves(ServerId member, bool leads, Epoch epoch, Zxid last,
                           const std::map<Zxid, TxnBytes>& log) {
  applied(member, last, log);
  if (!leads) {
    return;
  }
  const auto [leader, is_first] = leaders_.try_emplace(epoch, member);
  if (!is_first && leader->second != member) {
    context_.violate(name_of(member), text("leads epoch %lld, which m%lld has led",
                                           static_cast<long long>(epoch.value),
                                           static_cast<long long>(leader->second.value)));
  }
  epoch_ = std::max(epoch_, epoch);
  if (positions_[member] < history_.size() && epoch == epoch_) {
    context_.violate(name_of(member), "leads without the committed " + hex(history_.back().zxid) +
                                          ": it has " + hex(last));
  }
}

void CommitChecker::applied(ServerId member, Zxid last, const std::map<Zxid, TxnBytes>& log) {
  take_installed(member);
  const size_t position = positions_[member];
  const Zxid known = position == 0 ? Zxid{} : history_[position - 1].zxid;
  for (auto each = log.upper_bound(known); each != log.end() && each->first <= last; ++each) {
    check(member, each->first, each->second);
  }
}

void CommitChecker::check(ServerId member, Zxid zxid, const TxnBytes& txn) {
  size_t& position = positions_[member];
  if (position < history_.size()) {
    const Committed& committed = history_[position];
    if (committed.zxid != zxid || *committed.txn != *txn) {
      context_.violate(name_of(member), "has applied " + hex(zxid) + " where " +
                                            hex(committed.zxid) + " is committed");
    }
    ++position;
    return;
  }
  if (!is_continuous(last(), zxid)) {
    context_.violate(name_of(member), "commits " + hex(zxid) + " behind " + hex(last()));
  }
  const std::optional<wire::TxnRecord> record = wire::decode_txn(*txn);
  QR_ASSERT(record);
  const uint64_t before = history_.empty() ? 0 : history_.back().digest;
  history_.push_back(
      {zxid, txn, record->digest ? static_cast<uint64_t>(record->digest->tree_digest) : before});
  ++position;
  listener_.on_commit(*record, member);
}

void CommitChecker::forget_behind(ServerId member, Zxid zxid) {
  size_t& position = positions_[member];
  position = std::min(position, index_behind(zxid));
  if (installed_[member].zxid > zxid) {
    installed_.erase(member);
  }
}

void CommitChecker::started(ServerId member, Zxid snapshot, Zxid end) {
  forget_behind(member, end);
  size_t& position = positions_[member];
  const Zxid held = std::min(snapshot, end);
  position = std::max(position, index_behind(held));
  if (held > last() && installed_[member].zxid != held) {
    // Committed, for all that is known, when the member serves.
    installed_[member] = {.zxid = held, .is_checked = true};
  }
}

void CommitChecker::installed(ServerId member, Zxid zxid, uint64_t digest) {
  installed_[member] = {.zxid = zxid, .digest = digest};
}

void CommitChecker::commit_chain(ServerId member, Zxid zxid) {
  std::vector<std::pair<Zxid, TxnBytes>> chain;
  for (auto each = logged_.find(zxid); each != logged_.end() && each->first > last();
       each = logged_.find(each->second.before)) {
    chain.emplace_back(each->first, each->second.txn);
  }
  positions_[member] = chain.empty() ? positions_[member] : history_.size();
  for (auto each = chain.rbegin(); each != chain.rend(); ++each) {
    check(member, each->first, each->second);
  }
}

void CommitChecker::logged(ServerId member, Zxid zxid, const TxnBytes& txn, Zxid before) {
  const auto [known, is_first] = logged_.try_emplace(zxid, Logged{txn, before});
  if (!is_first && *known->second.txn != *txn) {
    context_.violate(name_of(member), "logs another transaction as " + hex(zxid));
  }
}

/// The member serves what it has installed: by now that is committed.
void CommitChecker::take_installed(ServerId member) {
  const auto found = installed_.find(member);
  if (found == installed_.end()) {
    return;
  }
  Installed& installed = found->second;
  if (installed.zxid > last()) {
    commit_chain(member, installed.zxid);
  }
  size_t& position = positions_[member];
  position = std::max(position, index_behind(installed.zxid));
  if (installed.is_checked || position == 0) {
    return;
  }
  installed.is_checked = true;
  const size_t behind = index_behind(installed.zxid);
  if (behind > 0 && history_[behind - 1].digest != installed.digest) {
    context_.violate(name_of(member),
                     "the snapshot of " + hex(installed.zxid) + " has another digest");
  }
}

}  // namespace quorate::sim
