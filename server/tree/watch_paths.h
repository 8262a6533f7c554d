// The paths that somebody watches: each text once, found by hash, numbered densely.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "server/tree/block_pool.h"
#include "server/tree/id_set.h"

namespace quorate::tree {

/// One watched path and who watches it.
struct WatchedPath {
  BlockPool::Handle text = 0;  ///< u32 size and the bytes. 0 while the number is free.
  uint32_t hash = 0;
  IdSet watchers;            ///< Flags of each watcher: see watches.cc.
  uint32_t data_count = 0;   ///< Watchers that hear of changes of the node.
  uint32_t child_count = 0;  ///< Watchers that hear of changes of its children.
  uint32_t recursive_count = 0;
};

/// Numbers stay valid until the path is removed; then they are used again.
class WatchPaths {
 public:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  explicit WatchPaths(uint64_t seed) : seed_(seed) {}

  /// Number of the path; kNone if nobody watches it.
  [[nodiscard]] uint32_t find(std::string_view path) const;
  [[nodiscard]] uint32_t find_or_add(std::string_view path);
  void remove(uint32_t number);

  [[nodiscard]] WatchedPath& at(uint32_t number) {
    return chunks_[number / kChunk][number % kChunk];
  }
  [[nodiscard]] const WatchedPath& at(uint32_t number) const {
    return chunks_[number / kChunk][number % kChunk];
  }
  [[nodiscard]] std::string_view text(const WatchedPath& path) const;
  [[nodiscard]] size_t size() const { return size_; }

  /// Calls visit(const WatchedPath&) for each, by number.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (uint32_t i = 0; i < end_; ++i) {
      if (at(i).text != 0) {
        visit(at(i));
      }
    }
  }

 private:
  static constexpr uint32_t kChunk = 256;
  static constexpr uint32_t kNumberBits = 28;
  static constexpr uint32_t kNumberMask = (uint32_t{1} << kNumberBits) - 1;

  // A slot holds the number + 1 in 28 bits and 4 bits of the hash; 0 is free.
  [[nodiscard]] static uint32_t slot_of(uint32_t number, uint32_t hash) {
    return (hash & ~kNumberMask) | (number + 1);
  }
  [[nodiscard]] uint32_t hash(std::string_view path) const;
  [[nodiscard]] uint32_t find(std::string_view path, uint32_t hash) const;
  uint32_t new_number();
  void insert_slot(uint32_t slot, uint32_t hash);
  void erase_slot(uint32_t number, uint32_t hash);
  void resize(size_t slot_count);

  uint64_t seed_;
  BlockPool texts_;
  std::vector<std::unique_ptr<WatchedPath[]>> chunks_;
  std::vector<uint32_t> free_;
  uint32_t end_ = 0;  ///< Numbers ever used.
  size_t size_ = 0;
  std::vector<uint32_t> slots_;  ///< A power of two, or empty; at most 3/4 full.
};

}  // namespace quorate::tree
