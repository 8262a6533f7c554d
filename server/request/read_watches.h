// Requests about watches themselves: addWatch, removeWatches, checkWatches, setWatches.
#pragma once

#include <vector>

#include "server/tree/tree.h"
#include "server/tree/watches.h"
#include "server/wire/error_code.h"
#include "server/wire/request.h"

namespace quorate::request {

/// addWatch: kMarshallingError for an unknown mode, as Apache answers.
[[nodiscard]] wire::ErrorCode add_watch(const wire::AddWatchRequest& request,
                                        tree::WatcherId watcher, tree::Watches& watches);

/// removeWatches and checkWatches: kNoWatcher if there is none, kMarshallingError for a bad type.
[[nodiscard]] wire::ErrorCode remove_or_check(const wire::RemoveWatchesRequest& request,
                                              tree::WatcherId watcher, tree::Watches& watches);

/// setWatches and setWatches2 after a reconnect: a watch whose event the client missed (the node
/// changed after `relative_zxid`) yields that event in `missed`, every other one is armed again.
void set_watches(const wire::SetWatchesRequest& request, tree::WatcherId watcher,
                 const tree::Tree& tree, tree::Watches& watches,
                 std::vector<tree::Notification>& missed);

}  // namespace quorate::request
