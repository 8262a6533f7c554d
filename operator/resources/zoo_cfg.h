// The text of zoo.cfg, the same for all members.
#pragma once

#include <string>

#include "operator/resources/blueprint.h"

namespace quorate::resources {

/// Settings that a running member does not take up: the operator's own, then the person's.
[[nodiscard]] std::string static_settings(const api::ValidatedCluster& cluster);

/// The whole file: static_settings(), then what changes without a restart: how to start
/// (quorate.bootstrap, quorate.ensembleId) and the servers. A member that has a dynamic
/// configuration in its data directory goes by that one; the lines here tell a new member its id
/// and where the others are.
[[nodiscard]] std::string zoo_cfg(const Blueprint& blueprint);

/// "server.33=zoo-a-0.zoo-members.default:2888:3888:participant;2181", as files and
/// reconfigurations have it.
[[nodiscard]] std::string server_line(const api::ValidatedCluster& cluster, const Server& server);

/// Of static_settings() only, so that neither bootstrap nor membership restarts anybody.
[[nodiscard]] std::string config_hash(const api::ValidatedCluster& cluster);

/// One line as java.util.Properties reads it back, whatever the value holds.
[[nodiscard]] std::string property_line(const std::string& key, const std::string& value);

}  // namespace quorate::resources
