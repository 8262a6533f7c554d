// Reads: everything that is answered from this member's own state, watches included.
#pragma once

#include <string>
#include <vector>

#include "server/auth/identity.h"
#include "server/base/ids.h"
#include "server/tree/database.h"
#include "server/tree/watches.h"
#include "server/wire/error_code.h"
#include "server/wire/request.h"

namespace quorate::request {

/// The connection that reads.
struct Reader {
  SessionId session;
  tree::WatcherId watcher;
  const auth::Identities* who = nullptr;
  bool skip_acl = false;
};

/// Answers `request` from `database` and arms watches in `watches`. On kOk the reply's body has
/// been appended to `body`; on an error `body` is as it was. setWatches appends the events of
/// changes that the client missed to `missed`; the caller delivers them, with zxid -1, before the
/// reply.
[[nodiscard]] wire::ErrorCode read(const wire::ReadRequest& request, const Reader& reader,
                                   const tree::Database& database, tree::Watches& watches,
                                   std::string& body, std::vector<tree::Notification>& missed);

}  // namespace quorate::request
