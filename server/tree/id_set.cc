// Open addressing with linear probing; holes are filled at once, so that there are no tombstones.
#include "server/tree/id_set.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "server/base/assert.h"

namespace quorate::tree {

namespace {

/// Smallest log2 of a table that `size` entries fill to at most 7/8.
uint8_t log2_for(uint32_t size) {
  uint8_t log2 = 2;
  while ((uint64_t{1} << log2) * 7 / 8 < size) {
    ++log2;
  }
  return log2;
}

}  // namespace

uint32_t* IdSet::locate(uint32_t key) {
  if (is_inline()) {
    uint32_t* free = nullptr;
    for (uint32_t& slot : inline_) {
      if (holds(slot, key)) {
        return &slot;
      }
      free = free == nullptr && slot == 0 ? &slot : free;
    }
    return free;
  }
  const uint32_t mask = slot_count() - 1;
  uint32_t at = home(key);
  while (table_[at] != 0 && table_[at] >> kFlagBits != key) {
    at = (at + 1) & mask;
  }
  return &table_[at];
}

uint32_t IdSet::get(uint32_t key) const {
  const uint32_t* slot = const_cast<IdSet*>(this)->locate(key);
  return slot == nullptr ? 0 : *slot & kFlagMask;
}

void IdSet::set(uint32_t key, uint32_t flags) {
  QR_ASSERT(key <= kKeyMax && flags <= kFlagMask);
  uint32_t* slot = locate(key);
  const bool present = slot != nullptr && *slot != 0;
  if (flags == 0) {
    if (present) {
      remove_at(slot);
    }
    return;
  }
  if (!present) {
    const uint32_t room = is_inline() ? kInline : slot_count() * 7 / 8;
    if (size_ == room) {
      ++size_;  // The entry to come counts towards the new size.
      rebuild();
      slot = locate(key);
    } else {
      ++size_;
    }
  }
  *slot = key << kFlagBits | flags;
}

void IdSet::remove_at(uint32_t* slot) {
  --size_;
  *slot = 0;
  if (is_inline()) {
    return;
  }
  if (size_ < slot_count() / 4) {
    rebuild();
    return;
  }
  // Each follower that may not lie behind a hole moves into it.
  const uint32_t mask = slot_count() - 1;
  auto hole = static_cast<uint32_t>(slot - table_);
  for (uint32_t at = (hole + 1) & mask; table_[at] != 0; at = (at + 1) & mask) {
    const uint32_t distance = (at - home(table_[at] >> kFlagBits)) & mask;
    if (distance >= ((at - hole) & mask)) {
      table_[hole] = std::exchange(table_[at], 0);
      hole = at;
    }
  }
}

void IdSet::rebuild() {
  uint32_t kept[kInline] = {0, 0};
  uint32_t* old = slots();
  const uint32_t old_count = slot_count();
  const bool was_inline = is_inline();
  if (was_inline) {
    std::memcpy(kept, inline_, sizeof kept);
    old = kept;
  }
  log2_ = size_ <= kInline ? 0 : log2_for(size_);
  if (is_inline()) {
    inline_[0] = inline_[1] = 0;
  } else {
    table_ = static_cast<uint32_t*>(std::calloc(slot_count(), sizeof(uint32_t)));
    QR_ASSERT(table_ != nullptr);
  }
  for (uint32_t i = 0; i < old_count; ++i) {
    if (old[i] != 0) {
      *locate(old[i] >> kFlagBits) = old[i];
    }
  }
  if (!was_inline) {
    std::free(old);
  }
}

void IdSet::clear() {
  if (!is_inline()) {
    std::free(table_);
  }
  size_ = 0;
  log2_ = 0;
  inline_[0] = inline_[1] = 0;
}

void IdSet::swap(IdSet& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(log2_, other.log2_);
  uint64_t mine;
  uint64_t theirs;
  std::memcpy(&mine, &inline_, sizeof mine);
  std::memcpy(&theirs, &other.inline_, sizeof theirs);
  std::memcpy(&inline_, &theirs, sizeof theirs);
  std::memcpy(&other.inline_, &mine, sizeof mine);
}

}  // namespace quorate::tree
