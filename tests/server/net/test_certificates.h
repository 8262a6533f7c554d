// Certificates for tests, made on the spot: an authority, what it issues, and files to put them in.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "server/base/time.h"
#include "server/net/tls_context.h"
#include "server/net/tls_handles.h"

namespace quorate::net::test {

/// The time that tests give to TlsContext: the real one, since OpenSSL compares with the real
/// clock.
[[nodiscard]] WallMillis wall_now();

/// A key with its certificate.
struct Issued {
  KeyHandle key;
  CertificateHandle certificate;

  [[nodiscard]] std::string certificate_pem() const;
  [[nodiscard]] std::string key_pem(const std::string& password = {}) const;
  [[nodiscard]] std::string both_pem() const { return certificate_pem() + key_pem(); }
  [[nodiscard]] std::string pkcs12(const std::string& password) const;
};

struct IssueOptions {
  std::string common_name;
  std::vector<std::string> alternative_names =
      {};  ///< As OpenSSL: "DNS:localhost", "IP:127.0.0.1".
  int valid_from_days = -1;
  int valid_to_days = 30;
};

/// A certificate authority.
class Authority {
 public:
  explicit Authority(const std::string& common_name);

  [[nodiscard]] Issued issue(const IssueOptions& options);
  /// An authority below this one.
  [[nodiscard]] Authority subordinate(const std::string& common_name);
  [[nodiscard]] std::string pem() const { return own_.certificate_pem(); }
  /// A revocation list with these certificates on it.
  [[nodiscard]] std::string revocations_pem(const std::vector<const Issued*>& revoked);

 private:
  explicit Authority(Issued own) : own_(std::move(own)) {}
  Issued own_;
  long next_serial_ = 100;
};

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  /// Writes a file (in place) and returns its path.
  std::string write(const std::string& name, const std::string& content) const;
  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// An SSL_CTX for a test's client.
class ClientContext {
 public:
  /// Trusts the authorities in `trusted_pem` (empty: does not verify); presents `own` if not null.
  explicit ClientContext(const std::string& trusted_pem, const Issued* own = nullptr);
  ClientContext(const ClientContext&) = delete;
  ClientContext& operator=(const ClientContext&) = delete;
  ~ClientContext() { SSL_CTX_free(context_); }

  [[nodiscard]] SSL_CTX* get() { return context_; }

 private:
  SSL_CTX* context_;
};

/// Path of a committed file of tests/server/net/testdata.
[[nodiscard]] std::string testdata(const std::string& name);
[[nodiscard]] std::string read_bytes(const std::string& path);

}  // namespace quorate::net::test
