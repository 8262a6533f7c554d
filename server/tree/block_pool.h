// Memory in blocks of closely spaced sizes, addressed by 32-bit handles instead of pointers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quorate::tree {

/// Is told of each large piece of memory before its first use; null for nobody. Meant for madvise
/// with MADV_HUGEPAGE, which the pure core does not call itself.
using MemoryHint = void (*)(void* memory, size_t bytes);

/// A malloc for very many small blocks: no header before a block, at most 7 bytes lost up to 512
/// bytes (6 % above), and a handle of 4 bytes instead of a pointer of 8. Memory comes in regions of
/// 2 MiB, cut into pages of 64 KiB; all blocks of a page have one size class. An empty page serves
/// any class again; an empty region goes back to the system. Blocks above `kSmallBytesMax` come
/// from malloc. Blocks never move. Handles depend on the order of calls only, never on addresses.
///
/// Bound: 30 GiB of small blocks and 2^28 large ones; more is refused by an assertion, as any other
/// exhaustion of memory is.
class BlockPool {
 public:
  using Handle = uint32_t;  ///< 0 is "no block".
  static constexpr size_t kSmallBytesMax = 4096;

  /// `hint` hears of all regions but the first, so that a small pool stays small.
  explicit BlockPool(MemoryHint hint = nullptr) : hint_(hint) {}
  ~BlockPool();
  BlockPool(BlockPool&& other) noexcept;
  BlockPool& operator=(BlockPool&& other) noexcept;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  /// A block of at least `bytes` (> 0), aligned to 8, with undefined content.
  [[nodiscard]] Handle allocate(size_t bytes);
  void release(Handle handle);

  [[nodiscard]] char* at(Handle handle) const {
    if (handle >= kLargeBase) [[unlikely]] {
      return large_[handle - kLargeBase];
    }
    return regions_[handle >> kRegionShift] + size_t{handle & kRegionMask} * kGranuleBytes;
  }

  /// Whether a block made for `a` bytes has the very size of one made for `b` bytes.
  [[nodiscard]] static bool same_size(size_t a, size_t b) {
    return rounded_size(a) == rounded_size(b);
  }
  /// Size of the block that allocate(bytes) gives.
  [[nodiscard]] static size_t rounded_size(size_t bytes);
  /// Bytes of regions and large blocks held now; small ones that were never touched cost nothing.
  [[nodiscard]] size_t reserved_bytes() const;

 private:
  static constexpr size_t kGranuleBytes = 8;
  static constexpr uint32_t kPageShift = 13;  ///< 2^13 granules = 64 KiB.
  static constexpr uint32_t kPageMask = (1U << kPageShift) - 1;
  static constexpr uint32_t kRegionShift = 18;  ///< 2^18 granules = 2 MiB.
  static constexpr uint32_t kRegionMask = (1U << kRegionShift) - 1;
  static constexpr uint32_t kPagesPerRegion = 1U << (kRegionShift - kPageShift);
  static constexpr size_t kRegionBytes = size_t{1} << (kRegionShift + 3);
  static constexpr uint32_t kLargeBase = 0xF0000000;
  static constexpr size_t kClassCount = 64 + 16 + 16 + 16;
  static constexpr uint16_t kNoBlock = 0xFFFF;
  static constexpr uint32_t kNoPage = 0xFFFFFFFF;

  /// One page. Its free blocks are those on the list plus all from `untouched` on.
  struct Page {
    uint16_t block_granules = 0;
    uint16_t capacity = 0;  ///< Blocks that fit; 0 while the page is free.
    uint16_t used = 0;
    uint16_t untouched = 0;  ///< Index of the first block never handed out.
    uint16_t free_head = kNoBlock;
    uint8_t size_class = 0;
    bool listed = false;  ///< On its class's list of pages with room.
    uint32_t next = kNoPage;
    uint32_t previous = kNoPage;
  };

  static uint32_t class_of(size_t bytes);
  static size_t class_bytes(uint32_t size_class);
  uint32_t take_page(uint32_t size_class);
  void give_page(uint32_t page);
  void add_region();
  void drop_region(uint32_t region);
  void link(uint32_t page);
  void unlink(uint32_t page);
  Handle allocate_large(size_t bytes);
  void free_all();

  std::vector<char*> regions_;          ///< Null where a region was given back.
  std::vector<Page> pages_;             ///< kPagesPerRegion for each region.
  std::vector<uint8_t> used_pages_;     ///< By region.
  std::vector<uint32_t> free_pages_;    ///< A stack.
  std::vector<uint32_t> free_regions_;  ///< Indexes into regions_ that are null.
  std::array<uint32_t, kClassCount> partial_ = filled_with_no_page();
  std::vector<char*> large_;
  std::vector<size_t> large_sizes_;
  std::vector<uint32_t> large_free_;
  size_t large_bytes_ = 0;
  MemoryHint hint_;

  static constexpr std::array<uint32_t, kClassCount> filled_with_no_page() {
    std::array<uint32_t, kClassCount> all{};
    all.fill(kNoPage);
    return all;
  }
};

}  // namespace quorate::tree
