// History: the newest transactions of a member.
#include "server/zab/history.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace quorate::zab {
namespace {

/// A buffer that once held a large transaction is not kept for the small ones after it.
constexpr size_t kSpareBytesMax = 4096;
constexpr size_t kSparesMax = 64;

}  // namespace

Zxid following(Zxid zxid, Zxid target) {
  return zxid.epoch() == target.epoch() ? zxid.next() : Zxid{(target.epoch() << 32) | 1};
}

History::History(Zxid last, size_t count_max, size_t bytes_max)
    : count_max_(count_max), bytes_max_(bytes_max), base_(last), committed_(last), last_(last) {}

std::string History::take_buffer() {
  if (spares_.empty()) {
    return {};
  }
  std::string buffer = std::move(spares_.back());
  spares_.pop_back();
  return buffer;
}

void History::retire(std::string txn) {
  if (txn.capacity() <= kSpareBytesMax && spares_.size() < kSparesMax) {
    txn.clear();
    spares_.push_back(std::move(txn));
  }
}

void History::append(Zxid zxid, std::string txn) {
  QR_ASSERT(is_continuous(last_, zxid));
  bytes_ += txn.size();
  entries_.push({zxid, std::move(txn)});
  last_ = zxid;
}

void History::commit(Zxid zxid) {
  QR_ASSERT(zxid >= committed_ && zxid <= last_);
  committed_ = zxid;
}

/// One is kept however large it is.
void History::trim() {
  while (entries_.size() > 1 && entries_.front().zxid <= committed_ &&
         (entries_.size() > count_max_ || bytes_ > bytes_max_)) {
    Entry oldest = entries_.pop();
    bytes_ -= oldest.txn.size();
    base_ = oldest.zxid;
    retire(std::move(oldest.txn));
  }
}

Zxid History::truncate(Zxid zxid) {
  while (!entries_.empty() && entries_.back().zxid > zxid) {
    bytes_ -= entries_.back().txn.size();
    entries_.pop_back();
  }
  if (!entries_.empty()) {
    last_ = entries_.back().zxid;
  } else {
    base_ = last_ = std::min(base_, zxid);
  }
  committed_ = std::min(committed_, last_);
  return last_;
}

void History::restart(Zxid zxid) {
  entries_.clear();
  bytes_ = 0;
  base_ = committed_ = last_ = zxid;
}

std::optional<Zxid> History::committed_min() const {
  if (entries_.empty() || entries_.front().zxid > committed_) {
    return std::nullopt;
  }
  return entries_.front().zxid;
}

size_t History::index_after(Zxid zxid) const {
  size_t begin = 0;
  size_t end = entries_.size();
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    if (entries_[middle].zxid <= zxid) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

const History::Entry* History::find(Zxid zxid) const {
  const size_t behind = index_after(zxid);
  if (behind == 0 || entries_[behind - 1].zxid != zxid) {
    return nullptr;
  }
  return &entries_[behind - 1];
}

}  // namespace quorate::zab
