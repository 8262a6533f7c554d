// Digest ids on the command line.
#include "server/cli/digest.h"

#include <cstdio>
#include <iostream>

#include "server/auth/authenticate.h"

namespace quorate::cli {

int run_digest(const DigestOptions& options) {
  const auto algorithm = auth::digest_algorithm_of(options.algorithm);
  if (!algorithm) {
    std::fprintf(stderr,
                 "quorate digest: unknown algorithm %s, use SHA1, SHA-256, SHA-384, SHA-512, "
                 "SHA3-256, SHA3-384, SHA3-512\n",
                 options.algorithm.c_str());
    return 2;
  }
  std::string credentials = options.credentials;
  if (credentials == "-") {
    std::getline(std::cin, credentials);
  }
  const auto id = auth::digest_id(credentials, *algorithm);
  if (!id) {
    std::fputs("quorate digest: the credentials are not user:password\n", stderr);
    return 2;
  }
  std::puts(id->c_str());
  return 0;
}

}  // namespace quorate::cli
