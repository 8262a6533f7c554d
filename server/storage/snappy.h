// Decoder of the snappy streams that Java servers write as snapshot.<hex>.snappy.
#pragma once

#include <string>
#include <string_view>

#include "server/base/result.h"

namespace quorate::storage {

/// Appends the content of a stream as snappy-java's SnappyOutputStream writes it: a 16-byte header
/// (82 "SNAPPY" 00, int version, int oldest compatible version), then blocks of int size and a raw
/// snappy block. Memory grows with what the input justifies: snappy expands at most 22 times.
/// Source: the format description of google/snappy; SnappyInputStream of snappy-java.
[[nodiscard]] Status decode_snappy_stream(std::string_view stream, std::string& to);

/// Appends the content of one raw block: varint length, then literals and copies.
[[nodiscard]] Status decode_snappy_block(std::string_view block, std::string& to);

}  // namespace quorate::storage
