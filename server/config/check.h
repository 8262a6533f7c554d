// What no single key decides: defaults that follow from other keys, and contradictions.
#pragma once

#include <string>
#include <vector>

#include "server/config/config.h"
#include "server/config/problem.h"
#include "server/config/settings.h"

namespace quorate::config {

/// Fills the fields whose defaults follow from others: dataLogDir from dataDir, session timeouts
/// from the tick, the formats of key stores from their names, and so on.
void complete(Config& config, const Settings& settings);

/// Finds what contradicts itself. Problems name the setting to blame, or `file_name` and the key
/// that is missing.
void check(const Config& config, const Settings& settings, const std::string& file_name,
           std::vector<Problem>& errors, std::vector<Problem>& warnings);

/// The part of check() that is about the ensemble.
void check_quorum(const Config& config, const Settings& settings, const std::string& file_name,
                  std::vector<Problem>& errors, std::vector<Problem>& warnings);

}  // namespace quorate::config
