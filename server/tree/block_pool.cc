// Size classes, pages and regions of the block pool.
#include "server/tree/block_pool.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "server/base/assert.h"

namespace quorate::tree {

namespace {

constexpr size_t kLargeStepBytes = 1024;

size_t rounded_large(size_t bytes) {
  return (bytes + kLargeStepBytes - 1) / kLargeStepBytes * kLargeStepBytes;
}

}  // namespace

// Classes 0..63: 8..512 by 8; 64..79: 544..1024 by 32; 80..95: 1088..2048 by 64; 96..111:
// 2176..4096 by 128.
uint32_t BlockPool::class_of(size_t bytes) {
  if (bytes <= 512) {
    return static_cast<uint32_t>((bytes + 7) / 8 - 1);
  }
  if (bytes <= 1024) {
    return static_cast<uint32_t>(64 + (bytes - 512 + 31) / 32 - 1);
  }
  if (bytes <= 2048) {
    return static_cast<uint32_t>(80 + (bytes - 1024 + 63) / 64 - 1);
  }
  return static_cast<uint32_t>(96 + (bytes - 2048 + 127) / 128 - 1);
}

size_t BlockPool::class_bytes(uint32_t size_class) {
  if (size_class < 64) {
    return size_t{size_class + 1} * 8;
  }
  if (size_class < 80) {
    return 512 + size_t{size_class - 64 + 1} * 32;
  }
  if (size_class < 96) {
    return 1024 + size_t{size_class - 80 + 1} * 64;
  }
  return 2048 + size_t{size_class - 96 + 1} * 128;
}

size_t BlockPool::rounded_size(size_t bytes) {
  return bytes <= kSmallBytesMax ? class_bytes(class_of(bytes)) : rounded_large(bytes);
}

BlockPool::~BlockPool() { free_all(); }

BlockPool::BlockPool(BlockPool&& other) noexcept { *this = std::move(other); }

BlockPool& BlockPool::operator=(BlockPool&& other) noexcept {
  if (this != &other) {
    free_all();
    regions_ = std::exchange(other.regions_, {});
    pages_ = std::exchange(other.pages_, {});
    used_pages_ = std::exchange(other.used_pages_, {});
    free_pages_ = std::exchange(other.free_pages_, {});
    free_regions_ = std::exchange(other.free_regions_, {});
    partial_ = std::exchange(other.partial_, filled_with_no_page());
    large_ = std::exchange(other.large_, {});
    large_sizes_ = std::exchange(other.large_sizes_, {});
    large_free_ = std::exchange(other.large_free_, {});
    large_bytes_ = std::exchange(other.large_bytes_, 0);
    hint_ = other.hint_;
  }
  return *this;
}

void BlockPool::free_all() {
  for (char* region : regions_) {
    std::free(region);
  }
  for (char* block : large_) {
    std::free(block);
  }
}

BlockPool::Handle BlockPool::allocate(size_t bytes) {
  QR_ASSERT(bytes > 0);
  if (bytes > kSmallBytesMax) [[unlikely]] {
    return allocate_large(bytes);
  }
  const uint32_t size_class = class_of(bytes);
  uint32_t index = partial_[size_class];
  if (index == kNoPage) [[unlikely]] {
    index = take_page(size_class);
  }
  Page& page = pages_[index];
  uint32_t block = page.free_head;
  const uint32_t base = index << kPageShift;
  if (block != kNoBlock) {
    std::memcpy(&page.free_head, at(base + block * page.block_granules), sizeof page.free_head);
  } else {
    block = page.untouched++;
  }
  if (++page.used == page.capacity) {
    unlink(index);
  }
  return base + block * page.block_granules;
}

void BlockPool::release(Handle handle) {
  if (handle >= kLargeBase) [[unlikely]] {
    const uint32_t slot = handle - kLargeBase;
    QR_ASSERT(large_[slot] != nullptr);
    std::free(std::exchange(large_[slot], nullptr));
    large_bytes_ -= std::exchange(large_sizes_[slot], 0);
    large_free_.push_back(slot);
    return;
  }
  const uint32_t index = handle >> kPageShift;
  Page& page = pages_[index];
  QR_ASSERT(page.used > 0);
  std::memcpy(at(handle), &page.free_head, sizeof page.free_head);
  page.free_head = static_cast<uint16_t>((handle & kPageMask) / page.block_granules);
  --page.used;
  if (page.used == 0) {
    give_page(index);
  } else if (!page.listed) {
    link(index);
  }
}

uint32_t BlockPool::take_page(uint32_t size_class) {
  if (free_pages_.empty()) {
    add_region();
  }
  const uint32_t index = free_pages_.back();
  free_pages_.pop_back();
  ++used_pages_[index / kPagesPerRegion];
  Page& page = pages_[index];
  page = Page{};
  page.size_class = static_cast<uint8_t>(size_class);
  page.block_granules = static_cast<uint16_t>(class_bytes(size_class) / kGranuleBytes);
  page.capacity = static_cast<uint16_t>((1U << kPageShift) / page.block_granules);
  link(index);
  return index;
}

void BlockPool::give_page(uint32_t index) {
  Page& page = pages_[index];
  if (page.listed) {
    unlink(index);
  }
  page.capacity = 0;
  free_pages_.push_back(index);
  const uint32_t region = index / kPagesPerRegion;
  --used_pages_[region];
  // One region's worth of free pages stays, so that a boundary is not crossed back and forth.
  if (used_pages_[region] == 0 && region != 0 && free_pages_.size() >= 2 * kPagesPerRegion) {
    drop_region(region);
  }
}

void BlockPool::add_region() {
  uint32_t region = static_cast<uint32_t>(regions_.size());
  if (!free_regions_.empty()) {
    region = free_regions_.back();
    free_regions_.pop_back();
  } else {
    QR_ASSERT(region < kLargeBase >> kRegionShift);
    regions_.push_back(nullptr);
    used_pages_.push_back(0);
    pages_.resize(pages_.size() + kPagesPerRegion);
  }
  regions_[region] = static_cast<char*>(std::aligned_alloc(kRegionBytes, kRegionBytes));
  QR_ASSERT(regions_[region] != nullptr);
  if (hint_ != nullptr && region != 0) {
    hint_(regions_[region], kRegionBytes);
  }
  // The first page of all is never handed out, so that handle 0 is free to mean "none".
  const uint32_t reserved = region == 0 ? 1 : 0;
  for (uint32_t i = kPagesPerRegion; i > reserved; --i) {
    free_pages_.push_back(region * kPagesPerRegion + i - 1);
  }
  used_pages_[region] = static_cast<uint8_t>(reserved);
}

void BlockPool::drop_region(uint32_t region) {
  std::free(std::exchange(regions_[region], nullptr));
  free_regions_.push_back(region);
  std::erase_if(free_pages_, [region](uint32_t page) { return page / kPagesPerRegion == region; });
}

void BlockPool::link(uint32_t index) {
  Page& page = pages_[index];
  uint32_t& head = partial_[page.size_class];
  page.listed = true;
  page.previous = kNoPage;
  page.next = head;
  if (head != kNoPage) {
    pages_[head].previous = index;
  }
  head = index;
}

void BlockPool::unlink(uint32_t index) {
  Page& page = pages_[index];
  page.listed = false;
  if (page.previous != kNoPage) {
    pages_[page.previous].next = page.next;
  } else {
    partial_[page.size_class] = page.next;
  }
  if (page.next != kNoPage) {
    pages_[page.next].previous = page.previous;
  }
}

BlockPool::Handle BlockPool::allocate_large(size_t bytes) {
  const size_t size = rounded_large(bytes);
  uint32_t slot = static_cast<uint32_t>(large_.size());
  if (!large_free_.empty()) {
    slot = large_free_.back();
    large_free_.pop_back();
  } else {
    QR_ASSERT(slot < ~kLargeBase);
    large_.push_back(nullptr);
    large_sizes_.push_back(0);
  }
  large_[slot] = static_cast<char*>(std::malloc(size));
  QR_ASSERT(large_[slot] != nullptr);
  large_sizes_[slot] = size;
  large_bytes_ += size;
  return kLargeBase + slot;
}

size_t BlockPool::reserved_bytes() const {
  return (regions_.size() - free_regions_.size()) * kRegionBytes + large_bytes_;
}

}  // namespace quorate::tree
