// Open-addressing table of watched paths.
#include "server/tree/watch_paths.h"

#include <cstring>
#include <utility>

#include "server/base/assert.h"
#include "server/tree/name_hash.h"

namespace quorate::tree {

namespace {

constexpr size_t kSlotsMin = 16;

}  // namespace

uint32_t WatchPaths::hash(std::string_view path) const {
  return static_cast<uint32_t>(name_hash(seed_, path));
}

std::string_view WatchPaths::text(const WatchedPath& path) const {
  const char* block = texts_.at(path.text);
  uint32_t size;
  std::memcpy(&size, block, sizeof size);
  return {block + sizeof size, size};
}

uint32_t WatchPaths::find(std::string_view path) const {
  return size_ == 0 ? kNone : find(path, hash(path));
}

uint32_t WatchPaths::find(std::string_view path, uint32_t hash) const {
  if (slots_.empty()) {
    return kNone;
  }
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask; slots_[i] != 0; i = (i + 1) & mask) {
    if (((slots_[i] ^ hash) & ~kNumberMask) != 0) {
      continue;
    }
    const uint32_t number = (slots_[i] & kNumberMask) - 1;
    const WatchedPath& candidate = at(number);
    if (candidate.hash == hash && text(candidate) == path) {
      return number;
    }
  }
  return kNone;
}

uint32_t WatchPaths::find_or_add(std::string_view path) {
  const uint32_t path_hash = hash(path);
  const uint32_t found = find(path, path_hash);
  if (found != kNone) {
    return found;
  }
  if (4 * (size_ + 1) > 3 * slots_.size()) {
    resize(slots_.empty() ? kSlotsMin : slots_.size() * 2);
  }
  const uint32_t number = new_number();
  WatchedPath& entry = at(number);
  const auto size = static_cast<uint32_t>(path.size());
  entry.text = texts_.allocate(sizeof size + path.size());
  entry.hash = path_hash;
  char* block = texts_.at(entry.text);
  std::memcpy(block, &size, sizeof size);
  std::memcpy(block + sizeof size, path.data(), path.size());
  insert_slot(slot_of(number, path_hash), path_hash);
  ++size_;
  return number;
}

uint32_t WatchPaths::new_number() {
  if (!free_.empty()) {
    const uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }
  QR_ASSERT(end_ < kNumberMask);
  if (end_ % kChunk == 0) {
    chunks_.push_back(std::make_unique<WatchedPath[]>(kChunk));
  }
  return end_++;
}

void WatchPaths::remove(uint32_t number) {
  WatchedPath& entry = at(number);
  QR_ASSERT(entry.text != 0);
  erase_slot(number, entry.hash);
  texts_.release(std::exchange(entry.text, 0));
  entry.watchers.clear();
  entry.data_count = entry.child_count = entry.recursive_count = 0;
  free_.push_back(number);
  --size_;
  if (size_ == 0) {
    slots_.clear();
    chunks_.clear();
    free_.clear();
    end_ = 0;
  } else if (slots_.size() > kSlotsMin && 8 * size_ < slots_.size()) {
    resize(slots_.size() / 4);
  }
}

void WatchPaths::insert_slot(uint32_t slot, uint32_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at] != 0) {
    at = (at + 1) & mask;
  }
  slots_[at] = slot;
}

void WatchPaths::erase_slot(uint32_t number, uint32_t hash) {
  const size_t mask = slots_.size() - 1;
  size_t hole = hash & mask;
  while (slots_[hole] != slot_of(number, hash)) {
    hole = (hole + 1) & mask;
  }
  slots_[hole] = 0;
  for (size_t i = (hole + 1) & mask; slots_[i] != 0; i = (i + 1) & mask) {
    const size_t home = at((slots_[i] & kNumberMask) - 1).hash & mask;
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      slots_[hole] = std::exchange(slots_[i], 0);
      hole = i;
    }
  }
}

void WatchPaths::resize(size_t slot_count) {
  const std::vector<uint32_t> old = std::exchange(slots_, std::vector<uint32_t>(slot_count));
  for (const uint32_t slot : old) {
    if (slot != 0) {
      insert_slot(slot, at((slot & kNumberMask) - 1).hash);
    }
  }
}

}  // namespace quorate::tree
