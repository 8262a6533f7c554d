// Reads a snapshot that somebody uploads in order to restore it.
#pragma once

#include "server/admin/file.h"
#include "server/base/result.h"
#include "server/tree/database.h"
#include "server/tree/tree.h"

namespace quorate::app {

/// Reads, unpacks (gzip and snappy are recognised), decodes and verifies the snapshot in `file`,
/// and returns its database with the zxid that the snapshot itself names: it has no file name that
/// could. Snapshots of releases before 3.9 name none; then it is the newest zxid of a node. Errors:
/// unreadable, damaged, or with a zxid that leaves no room for further ones. Takes long for a large
/// file; any thread.
[[nodiscard]] Result<tree::Database> load_uploaded_snapshot(const admin::File& file,
                                                            const tree::TreeOptions& options);

}  // namespace quorate::app
