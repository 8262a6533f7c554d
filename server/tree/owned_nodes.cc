// Lists of owned nodes, kept dense by moving the last one into a hole.
#include "server/tree/owned_nodes.h"

#include <algorithm>

#include "server/base/assert.h"

namespace quorate::tree {

std::vector<NodeId>& OwnedNodes::list_of(int64_t owner) {
  switch (kind(owner)) {
    case OwnerKind::kContainer:
      return containers_;
    case OwnerKind::kTtl:
      return ttls_;
    case OwnerKind::kNone:
    case OwnerKind::kEphemeral:
      break;
  }
  return by_session_[SessionId{owner}];
}

void OwnedNodes::add(NodeId node, int64_t owner) {
  QR_ASSERT(owner != 0);
  std::vector<NodeId>& list = list_of(owner);
  const bool added =
      entries_.emplace(node.index, Entry{owner, static_cast<uint32_t>(list.size())}).second;
  QR_ASSERT(added);
  list.push_back(node);
  if (kind(owner) == OwnerKind::kEphemeral) {
    ++ephemeral_count_;
  }
}

void OwnedNodes::remove(NodeId node) {
  const auto found = entries_.find(node.index);
  QR_ASSERT(found != entries_.end());
  const Entry entry = found->second;
  entries_.erase(found);
  std::vector<NodeId>& list = list_of(entry.owner);
  const NodeId last = list.back();
  list.pop_back();
  if (last != node) {
    list[entry.position] = last;
    entries_.find(last.index)->second.position = entry.position;
  }
  if (kind(entry.owner) == OwnerKind::kEphemeral) {
    --ephemeral_count_;
    if (list.empty()) {
      by_session_.erase(SessionId{entry.owner});
    }
  }
}

int64_t OwnedNodes::owner(NodeId node) const {
  const auto found = entries_.find(node.index);
  QR_ASSERT(found != entries_.end());
  return found->second.owner;
}

const std::vector<NodeId>& OwnedNodes::of_session(SessionId session) const {
  static const std::vector<NodeId> kNone;
  const auto found = by_session_.find(session);
  return found == by_session_.end() ? kNone : found->second;
}

std::vector<SessionId> OwnedNodes::sessions() const {
  std::vector<SessionId> all;
  all.reserve(by_session_.size());
  for (const auto& [session, nodes] : by_session_) {
    all.push_back(session);
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace quorate::tree
