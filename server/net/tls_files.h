// TlsFiles: one consistent reading of all the files that a TLS context is made of.
#pragma once

#include <map>
#include <string>

#include "server/base/result.h"
#include "server/net/tls_options.h"

namespace quorate::net {

/// The content of the files that TlsOptions names, read once, so that what was compared and what is
/// loaded are the same bytes.
class TlsFiles {
 public:
  /// Never fails: a file that cannot be read is an error when its content is asked for.
  static TlsFiles read(const TlsOptions& options);

  /// The bytes of a file named in the options.
  [[nodiscard]] Result<std::string> content(const std::string& path) const;
  /// The store's password: from its password file if it has one, else as given.
  [[nodiscard]] Result<std::string> password(const StoreOptions& store) const;
  /// SHA-256 over names and contents (or errors).
  [[nodiscard]] std::string fingerprint() const;

 private:
  std::map<std::string, Result<std::string>> files_;
};

/// Identity, size and times of all the files, following symbolic links: cheap to compare, and
/// different whenever a file was replaced or written.
[[nodiscard]] std::string tls_files_signature(const TlsOptions& options);

}  // namespace quorate::net
