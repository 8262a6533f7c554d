// Small files: certificates, tokens, configurations.
#pragma once

#include <string>

#include "server/base/result.h"

namespace quorate::transport {

/// The whole of a file of at most 4 MiB. Errors name the file and why.
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace quorate::transport
