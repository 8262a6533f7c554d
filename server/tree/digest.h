// Digest of a znode, version 2: the term that it adds to the digest of the tree.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "server/wire/stat.h"

namespace quorate::tree {

/// True for the paths that the digest leaves out: below "/zookeeper/", where replicas may differ.
[[nodiscard]] bool is_below_system(std::string_view path);

/// The persisted stat as the digest sees it: czxid, mzxid, pzxid, ctime, mtime (long each),
/// version, cversion, aversion (int each), ephemeralOwner (long). This order is the digest's own.
using DigestStat = std::array<char, 60>;
[[nodiscard]] DigestStat digest_stat(const wire::StatPersisted& stat);

/// CRC-32 of path ("" for the root), data and stat.
[[nodiscard]] uint32_t node_crc(std::string_view path, wire::NullableBytes data,
                                const DigestStat& stat);

/// The CRC of a node of which only the stat has changed: costs nothing for its path and data, since
/// CRCs are linear and the stat is the last part of the input.
[[nodiscard]] uint32_t crc_with_new_stat(uint32_t crc, const DigestStat& before,
                                         const DigestStat& after);

}  // namespace quorate::tree
