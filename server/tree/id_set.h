// A set of small numbers, each with four flag bits, in few bytes: made to exist by the million.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quorate::tree {

/// Keys are at most kKeyMax; each bears flags in 1..15. Up to two entries lie in the object itself
/// (16 bytes); more in an open-addressing table of 4 bytes a slot, at most 7/8 full. Iteration
/// order depends on the order of calls only.
class IdSet {
 public:
  static constexpr uint32_t kKeyMax = (uint32_t{1} << 28) - 1;

  IdSet() = default;
  ~IdSet() { clear(); }
  IdSet(IdSet&& other) noexcept { swap(other); }
  IdSet& operator=(IdSet&& other) noexcept {
    swap(other);
    return *this;
  }
  IdSet(const IdSet&) = delete;
  IdSet& operator=(const IdSet&) = delete;

  [[nodiscard]] uint32_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Bytes outside the object.
  [[nodiscard]] size_t heap_bytes() const { return is_inline() ? 0 : slot_count() * 4; }

  /// The key's flags; 0 if it is not in the set.
  [[nodiscard]] uint32_t get(uint32_t key) const;
  /// Sets the key's flags; 0 removes it.
  void set(uint32_t key, uint32_t flags);
  void clear();

  /// Calls visit(key, flags) for each. The set must not change meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (uint32_t i = 0; i < slot_count(); ++i) {
      if (slots()[i] != 0) {
        visit(slots()[i] >> kFlagBits, slots()[i] & kFlagMask);
      }
    }
  }

  /// Calls update(key, flags) for each and keeps the flags that it returns; 0 removes the key. The
  /// set must not change meanwhile.
  template <typename Update>
  void update_each(Update update) {
    uint32_t removed = 0;
    for (uint32_t i = 0; i < slot_count(); ++i) {
      uint32_t& slot = slots()[i];
      if (slot != 0) {
        const uint32_t flags = update(slot >> kFlagBits, slot & kFlagMask);
        removed += flags == 0 ? 1 : 0;
        slot = flags == 0 ? 0 : (slot & ~kFlagMask) | flags;
      }
    }
    if (removed != 0) {
      size_ -= removed;
      rebuild();
    }
  }

 private:
  static constexpr uint32_t kInline = 2;
  static constexpr uint32_t kFlagBits = 4;
  static constexpr uint32_t kFlagMask = 15;

  // A slot is key << 4 | flags; 0 is free, which no entry is, since its flags are not 0.
  static bool holds(uint32_t slot, uint32_t key) { return slot != 0 && slot >> kFlagBits == key; }
  [[nodiscard]] bool is_inline() const { return log2_ == 0; }
  [[nodiscard]] uint32_t slot_count() const { return is_inline() ? kInline : 1U << log2_; }
  [[nodiscard]] uint32_t* slots() { return is_inline() ? inline_ : table_; }
  [[nodiscard]] const uint32_t* slots() const { return is_inline() ? inline_ : table_; }
  /// Where the search for a key begins in the table (Fibonacci hashing).
  [[nodiscard]] uint32_t home(uint32_t key) const { return (key * 0x9E3779B1U) >> (32 - log2_); }
  /// The key's slot, or the free one where it would go, or null if there is neither (inline).
  [[nodiscard]] uint32_t* locate(uint32_t key);
  void remove_at(uint32_t* slot);
  /// Puts the entries that slots() holds (size_ of them) where they belong, in a fitting size.
  void rebuild();
  void swap(IdSet& other) noexcept;

  uint32_t size_ = 0;
  uint8_t log2_ = 0;  ///< Of the table's slots; 0 while there is no table.
  union {
    uint32_t inline_[kInline] = {0, 0};
    uint32_t* table_;
  };
};
static_assert(sizeof(IdSet) == 16);

}  // namespace quorate::tree
