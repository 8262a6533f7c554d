// The tables of keys, one function a subject; all_keys() joins them.
#pragma once

#include <iterator>
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

/// Moves `rows` behind those of `to`.
inline void append(std::vector<Key>& to, std::vector<Key> rows) {
  to.insert(to.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
}

// What many keys need.
inline constexpr Needs kNeedsEnsemble = {
    [](const Config& c) { return needs_quorum(c.quorum) || !c.quorum.dynamic_config_file.empty(); },
    "in a standalone member"};
inline constexpr Needs kNeedsClientTls = {[](const Config& c) { return clients_use_tls(c); },
                                          "without secureClientPort or client.portUnification"};

}  // namespace quorate::config
