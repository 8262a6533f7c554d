// parse(): zoo.cfg, -D properties and arguments -> Config, or every error at once.
#pragma once

#include <string_view>
#include <vector>

#include "server/config/config.h"
#include "server/config/problem.h"
#include "server/config/properties.h"

namespace quorate::config {

/// What came of a parse.
struct ParseResult {
  /// Complete and consistent when `errors` is empty; else what could be understood.
  Config config;
  /// All of them, by line; each names file, line, key and what is allowed.
  std::vector<Problem> errors;
  /// What works but was probably not meant, by line.
  std::vector<Problem> warnings;
  /// Settings that are right and have no effect beside the others, by line; one for all that have
  /// the same reason. Only where there are no errors.
  std::vector<Problem> notes;

  [[nodiscard]] bool ok() const { return errors.empty(); }
};

/// Makes the configuration of a member from three layers, each stronger than the one before:
/// `system_properties` (the NAME=VALUE of -D arguments, places naming the argument), the zoo.cfg
/// `text` that was read from `file_name`, and `overrides` (arguments, keys spelled as in zoo.cfg).
/// That zoo.cfg is stronger than -D is ZooKeeper's rule. Nothing is read from disk, resolved or
/// looked up: names stay names. Source of the keys: ZooKeeper 3.9 QuorumPeerConfig and its
/// Administrator's Guide.
[[nodiscard]] ParseResult parse(std::string_view text, std::string_view file_name,
                                const Properties& system_properties,
                                const Properties& overrides = {});

/// Takes the ports of clients from the member's own server line where zoo.cfg has no keys for them.
/// parse() does it where there is one server; with more, the caller knows which one it is. Source:
/// ZooKeeper 3.9 QuorumPeerConfig.setupClientPort.
void adopt_member_ports(Config& config, const quorum::ServerSpec& own);

}  // namespace quorate::config
