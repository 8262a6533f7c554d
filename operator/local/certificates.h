// The certificates of a control plane: an authority of its own and a server certificate.
#pragma once

#include <string>

#include "server/base/result.h"

namespace quorate::local {

/// PEM texts. The authority's key is forgotten: it signs once.
struct Certificates {
  std::string authority;
  std::string certificate;
  std::string key;
  /// What clients show: as many random bytes, in hexadecimal digits.
  std::string token;
};

/// Reads the certificates of a folder, or makes them there for 127.0.0.1 and localhost.
[[nodiscard]] Result<Certificates> load_certificates(const std::string& folder);

}  // namespace quorate::local
