// The watches of one simulated client, and when each must have fired.
#include "tests/sim/client_watches.h"

#include <algorithm>
#include <optional>

namespace quorate::sim {

void ClientWatches::clear() {
  watches_.clear();
  shown_ = Zxid{};
}

void ClientWatches::set(const std::string& path, bool on_children, bool existed, Zxid zxid) {
  watches_.try_emplace({path, on_children}, Watch{.since = zxid, .existed = existed});
}

void ClientWatches::fired(const std::string& who, const wire::WatcherEvent& event, Zxid zxid,
                          bool is_catch_up) {
  const auto type = static_cast<wire::EventType>(event.type);
  const std::string path(event.path);
  const bool may_be_data = type != wire::EventType::kNodeChildrenChanged;
  const bool may_be_child =
      type == wire::EventType::kNodeChildrenChanged || type == wire::EventType::kNodeDeleted;
  bool is_known = false;
  for (const bool on_children : {false, true}) {
    const auto found = watches_.find({path, on_children});
    if (found == watches_.end() || !(on_children ? may_be_child : may_be_data)) {
      continue;
    }
    const std::optional<Zxid> first = model_.first_change(path, on_children, found->second.since);
    if (!first || (!is_catch_up && *first != zxid)) {
      context_.violate(who, text("the event %d of ", event.type) + path + " is of " + hex(zxid) +
                                ", the first change is " + hex(first.value_or(Zxid{})));
    }
    is_known = true;
    watches_.erase(found);
    if (is_catch_up) {
      break;  // The server tells of each list by itself.
    }
  }
  if (!is_known) {
    context_.violate(who, text("the event %d of ", event.type) + path + " at " + hex(zxid) +
                              " has no watch: it is there twice, or was never wanted");
  }
}

void ClientWatches::shown(const std::string& who, Zxid zxid) {
  if (zxid <= shown_) {
    return;
  }
  shown_ = zxid;
  for (const auto& [key, watch] : watches_) {
    const std::optional<Zxid> first = model_.first_change(key.first, key.second, watch.since);
    if (first && *first <= zxid) {
      context_.violate(who, "is shown " + hex(zxid) + " without the event of " + key.first +
                                " at " + hex(*first));
    }
  }
}

ClientWatches::Rearmed ClientWatches::rearm(Zxid relative) const {
  Rearmed rearmed;
  rearmed.relative = relative;
  for (const auto& [key, watch] : watches_) {
    (key.second      ? rearmed.child
     : watch.existed ? rearmed.data
                     : rearmed.exist)
        .push_back(key.first);
  }
  return rearmed;
}

void ClientWatches::rearmed(const std::string& who, const Rearmed& asked, Zxid zxid) {
  for (auto& [key, watch] : watches_) {
    const NodeVersion* const node = model_.at(key.first, zxid);
    const bool is_still = key.second      ? node != nullptr && node->pzxid <= asked.relative
                          : watch.existed ? node != nullptr && node->mzxid <= asked.relative
                                          : node == nullptr;
    if (!is_still && watch.since <= asked.relative) {
      context_.violate(who, "comes back to " + hex(zxid) + " from " + hex(asked.relative) +
                                " without an event of " + key.first);
    }
    watch.since = std::max(watch.since, zxid);
  }
  shown_ = std::max(shown_, zxid);
}

}  // namespace quorate::sim
