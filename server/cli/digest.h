// `quorate digest`: the id that a digest ACL holds for a user and password.
#pragma once

#include <string>

namespace quorate::cli {

struct DigestOptions {
  std::string credentials;         ///< "user:password", or "-": a line of standard input.
  std::string algorithm = "SHA1";  ///< As Java names it.
};

/// Prints "user:<base64>". Returns the exit code.
[[nodiscard]] int run_digest(const DigestOptions& options);

}  // namespace quorate::cli
