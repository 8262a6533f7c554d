// What a member shows of its configuration: the word conf, /commands/configuration, and the log.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/config/config.h"

namespace quorate::config {

/// What is only known while the member runs.
struct RunningFacts {
  /// Ports that are bound, which differ from the configured ones where those are 0; -1: none.
  int32_t client_port = -1;
  int32_t secure_client_port = -1;
  /// Bytes in the two directories.
  int64_t data_dir_size_bytes = 0;
  int64_t data_log_dir_size_bytes = 0;
  /// myid; 0 when standalone.
  int64_t server_id = 0;
};

/// A name with a number or a text.
struct Entry {
  std::string name;
  std::variant<int64_t, std::string> value;
};

/// The lines of the four-letter word `conf`, in ZooKeeper's order, without the quorum's part. The
/// directories are those of the files, version-2, and absolute when the configured ones are.
/// Source: ZooKeeper 3.9 ZooKeeperServer.dumpConf.
[[nodiscard]] std::vector<Entry> describe_conf_word(const Config& config,
                                                    const RunningFacts& facts);

/// The fields of /commands/configuration, in ZooKeeper's order, beside `command` and `error`.
[[nodiscard]] std::vector<Entry> describe_admin_configuration(const Config& config,
                                                              const RunningFacts& facts);

/// Every supported key and its value, as zoo.cfg would spell them, families expanded, in the order
/// of the table; secrets as Secret::kRedacted. Keys without a value are left out.
[[nodiscard]] std::vector<Entry> describe_all(const Config& config);

/// The value as text.
[[nodiscard]] std::string value_text(const Entry& entry);

/// The table of all keys as Markdown, for people: name, default, what is allowed, meaning.
[[nodiscard]] std::string keys_markdown();

}  // namespace quorate::config
