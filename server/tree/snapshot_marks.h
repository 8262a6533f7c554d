// Marks that tell, node by node, what the running snapshot has done with it.
#pragma once

#include <cstdint>

#include "server/tree/node.h"

namespace quorate::tree {

/// Node::snapshot_state is twice a generation (modulo 8), plus 1 when the walk has passed the node.
/// Each snapshot has a generation of its own: a node that bears another one is not yet saved. Nodes
/// made meanwhile are born as passed. So no node needs a reset between snapshots; one that was
/// abandoned leaves nodes of several generations, which is no harm until the numbers run out.
class SnapshotMarks {
 public:
  /// True if no generation is free: mark_passed() must be called for every node, then all_passed().
  [[nodiscard]] bool exhausted() const { return next() == oldest_; }
  void all_passed() { oldest_ = current_; }
  /// Starts the next generation. Not when exhausted.
  void begin() { current_ = next(); }

  [[nodiscard]] bool is_saved(const Node& node) const {
    return uint32_t{node.snapshot_state} / 2 == current_;
  }
  [[nodiscard]] bool is_passed(const Node& node) const {
    return uint32_t{node.snapshot_state} == current_ * 2 + 1;
  }
  void mark_saved(Node& node) const { node.snapshot_state = (current_ * 2) & 0xF; }
  void mark_passed(Node& node) const { node.snapshot_state = (current_ * 2 + 1) & 0xF; }

 private:
  static constexpr uint32_t kGenerations = 8;
  [[nodiscard]] uint32_t next() const { return (current_ + 1) % kGenerations; }

  uint32_t current_ = 0;
  uint32_t oldest_ = 0;  ///< No node bears an older one.
};

}  // namespace quorate::tree
