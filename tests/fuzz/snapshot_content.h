// What a snapshot says, whatever the order in which it says it.
#pragma once

#include <string>
#include <string_view>

namespace quorate::fuzz {

/// The content of a snapshot of ours as bytes that are equal for equal content: sessions and nodes
/// sorted, each node with its ACL instead of the ACL's number, digest and zxids, no seals. Read by
/// a parser of its own, and so a check of the format too: fails the run on bytes that are no
/// snapshot.
[[nodiscard]] std::string snapshot_content(std::string_view bytes);

}  // namespace quorate::fuzz
