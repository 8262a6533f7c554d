// Transactions for the storage tests.
#pragma once

#include <cstdint>
#include <string>

#include "server/base/ids.h"

namespace quorate::storage {

/// setData of "/n" with `data_bytes` of data that depend on the zxid; works on any database that
/// has or has not the node.
[[nodiscard]] std::string set_data_txn(Zxid zxid, size_t data_bytes);
/// create of `path`, persistent, owned by nobody, world:anyone.
[[nodiscard]] std::string create_txn(Zxid zxid, const std::string& path, size_t data_bytes);
[[nodiscard]] std::string create_session_txn(Zxid zxid, SessionId session);
[[nodiscard]] std::string create_ephemeral_txn(Zxid zxid, const std::string& path,
                                               SessionId session);

}  // namespace quorate::storage
