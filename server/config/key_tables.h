// The tables of keys, one function a subject; all_keys() joins them.
#pragma once

#include <vector>

#include "server/config/key.h"

namespace quorate::config {

// Each function returns the rows of its subject; all_keys() keeps their order.
[[nodiscard]] std::vector<Key> client_keys();
[[nodiscard]] std::vector<Key> storage_keys();
[[nodiscard]] std::vector<Key> limit_keys();
[[nodiscard]] std::vector<Key> tree_keys();
[[nodiscard]] std::vector<Key> auth_keys();
[[nodiscard]] std::vector<Key> tls_keys();
[[nodiscard]] std::vector<Key> admin_keys();
[[nodiscard]] std::vector<Key> quorum_keys();
[[nodiscard]] std::vector<Key> unsupported_keys();

}  // namespace quorate::config
