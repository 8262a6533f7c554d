// The walk of a snapshot over the tree: every node saved once, as it was when the walk began.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/tree/tree.h"

namespace quorate::tree {

/// Goes depth first over the tree while that changes. Before the tree changes or deletes a node
/// that is not saved yet, it calls save(), which encodes the node then and there, after those of
/// its ancestors that are not saved either: so every node in the output is as it was at the start,
/// and a parent always precedes its children. Nodes created later are born marked and are passed
/// over.
///
/// Directories are read in place, bucket by bucket, with tables kept from shrinking: a child that
/// was there at the start is met, whatever its siblings do. What was saved early waits in memory
/// for the next slice; it is bounded by what changed between two slices.
class SnapshotWalk {
 public:
  /// Marks all nodes as not saved, in O(1), and becomes the tree's walk.
  explicit SnapshotWalk(Tree& tree);
  ~SnapshotWalk();
  SnapshotWalk(const SnapshotWalk&) = delete;
  SnapshotWalk& operator=(const SnapshotWalk&) = delete;

  /// Appends encoded nodes until `to` has `size_max` bytes or a node more. False when all are out.
  [[nodiscard]] bool next(std::string& to, size_t size_max);

  // ---- For the tree -----------------------------------------------------------------------------
  /// Encodes a node that is about to change and is not saved.
  void save(NodeId node);
  /// The tree deletes a directory that the walk stands in.
  void leave(NodeId node);

 private:
  /// A directory being read.
  struct Frame {
    NodeId node;           ///< None once it is deleted.
    uint32_t bucket = 0;   ///< Part of the set of children that comes next.
    size_t path_size = 0;  ///< Of path_, without this directory's own name.
  };

  void encode(const Node& node, int64_t owner, std::string_view path, std::string& to) const;
  bool drain_early(std::string& to, size_t size_max);
  /// Reads on in the top directory. False if the size is reached.
  bool advance(std::string& to, size_t size_max);
  void enter(NodeId node);
  void pop();
  void reset_marks();

  Tree& tree_;
  std::string early_;  ///< Nodes saved before their turn, not yet handed out.
  size_t early_position_ = 0;
  std::vector<Frame> frames_;
  std::string path_;  ///< Of the top directory; "" for the root.
  bool started_ = false;
};

}  // namespace quorate::tree
