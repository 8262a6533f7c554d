// TlsContext: keys, trust and rules of TLS, loaded from files and reloaded when they change.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/net/tls_options.h"

struct ssl_ctx_st;
struct ssl_st;

namespace quorate::net {

/// What a look at the files found.
enum class ReloadOutcome {
  kUnchanged,
  kReloaded,  ///< New handshakes use the new files; connections in place stay as they are.
  kFailed,    ///< The files changed and are not usable: the old ones stay. Reported once a change.
};
struct ReloadResult {
  ReloadOutcome outcome = ReloadOutcome::kUnchanged;
  std::string message;  ///< One line: what was loaded, or which file is wrong and why.
};

/// Of the certificates in use.
struct CertificateState {
  std::string subject;   ///< Of our own certificate; empty for a client without one.
  WallMillis not_after;  ///< Earliest end in our certificate's chain (of a client without one:
                         ///< among its trusted certificates).
  uint64_t reloads = 0;
  uint64_t reload_failures = 0;
};

/// A TLS configuration that several threads may share: each function may be called by any thread.
class TlsContext {
 public:
  /// Loads all files. Errors name the file and the reason: wrong password, expired, key that does
  /// not match, no certificate inside, unknown cipher.
  static Result<std::shared_ptr<TlsContext>> create(TlsOptions options, WallMillis now);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// The context in use. A new handshake takes it; a holder keeps it alive over a reload.
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> current() const;

  /// Reloads the files if they changed (time stamps first, then content; symbolic links such as
  /// Kubernetes' ..data are followed). Blocks for the time of the reads. Call it about once a
  /// second when client.certReload is on. A change that does not load is reported by the second
  /// call that sees it, because a certificate and its key are seldom replaced at the same instant.
  ReloadResult reload_if_changed(WallMillis now);

  [[nodiscard]] CertificateState state() const;
  /// Whole days from `now` to the earliest end of validity; negative when it is over.
  [[nodiscard]] int64_t days_to_expiry(WallMillis now) const;
  [[nodiscard]] const TlsOptions& options() const { return options_; }

 private:
  struct Loaded;
  TlsContext(TlsOptions options, std::unique_ptr<Loaded> loaded);
  ReloadResult note_failure(std::string fingerprint, const Error& error);

  const TlsOptions options_;
  mutable std::mutex mutex_;  // Guards what follows; held for moments only.
  std::unique_ptr<Loaded> loaded_;
  std::mutex reload_mutex_;         // One reload at a time.
  std::string failed_fingerprint_;  // Of content that did not load, guarded by reload_mutex_.
  bool failure_reported_ = false;
};

/// Prepares a client handshake (after SSL_new): server name indication, and the check of the
/// server's name or address if the options say so. `host` is a name or a numeric address.
[[nodiscard]] Status prepare_client_handshake(ssl_st* ssl, const TlsOptions& options,
                                              const std::string& host);

/// Text of the pending OpenSSL errors of this thread, which are cleared; `fallback` if there are
/// none.
[[nodiscard]] std::string take_tls_errors(const std::string& fallback);

}  // namespace quorate::net
