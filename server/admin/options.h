// Settings of the HTTP server of commands, health and metrics.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/admin/http.h"
#include "server/admin/http_server.h"
#include "server/base/time.h"

namespace quorate::admin {

struct AdminOptions {
  /// Where commands and probes are served; absent: nowhere.
  std::optional<HttpListenOptions> commands;
  /// Where Prometheus reads; absent: nowhere.
  std::optional<HttpListenOptions> metrics;
  std::string command_path = "/commands";
  std::string token_file;  ///< Empty: what needs the token is refused.
  bool snapshot_enabled = true;
  bool restore_enabled = true;
  /// Between two snapshots, and two restores, by command.
  Duration rate_limit_interval = std::chrono::minutes(5);
  /// Uploads are spooled here; it should be on the disk of the data directory.
  std::string spool_directory = "/tmp";
  int64_t restore_bytes_max = int64_t{16} << 30;
  Duration answer_timeout = std::chrono::seconds(5);     ///< For the core loop to answer.
  Duration change_timeout = std::chrono::seconds(30);    ///< For a reconfiguration.
  Duration snapshot_timeout = std::chrono::minutes(10);  ///< For a snapshot or a restore.
  HttpLimits limits;
};

}  // namespace quorate::admin
