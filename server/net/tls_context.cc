// TlsContext: what is in use, and its replacement when files change.
#include "server/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "server/net/tls_build.h"
#include "server/net/tls_files.h"

namespace quorate::net {

struct TlsContext::Loaded {
  BuiltContext built;
  std::string fingerprint;
  std::string signature;  // Of the files when they were last compared.
  uint64_t reloads = 0;
  uint64_t reload_failures = 0;
};

TlsContext::TlsContext(TlsOptions options, std::unique_ptr<Loaded> loaded)
    : options_(std::move(options)), loaded_(std::move(loaded)) {}

TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::create(TlsOptions options, WallMillis now) {
  auto loaded = std::make_unique<Loaded>();
  loaded->signature = tls_files_signature(options);
  const TlsFiles files = TlsFiles::read(options);
  loaded->fingerprint = files.fingerprint();
  Result<BuiltContext> built = build_tls_context(options, files, now);
  if (!built) {
    return built.error();
  }
  loaded->built = std::move(*built);
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(options), std::move(loaded)));
}

std::shared_ptr<ssl_ctx_st> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return loaded_->built.context;
}

ReloadResult TlsContext::reload_if_changed(WallMillis now) {
  const std::lock_guard one_at_a_time(reload_mutex_);
  // Only this function changes the strings, so they may be read without the other lock.
  std::string signature = tls_files_signature(options_);
  if (signature == loaded_->signature) {
    return {};
  }
  const TlsFiles files = TlsFiles::read(options_);
  std::string fingerprint = files.fingerprint();
  if (fingerprint == loaded_->fingerprint) {
    loaded_->signature = std::move(signature);
    failed_fingerprint_.clear();
    return {};
  }
  Result<BuiltContext> built = build_tls_context(options_, files, now);
  if (!built) {
    return note_failure(std::move(fingerprint), built.error());
  }
  failed_fingerprint_.clear();
  const std::lock_guard lock(mutex_);
  loaded_->built = std::move(*built);
  loaded_->fingerprint = std::move(fingerprint);
  loaded_->signature = std::move(signature);
  ++loaded_->reloads;
  return {ReloadOutcome::kReloaded, "TLS files reloaded: " + loaded_->built.subject};
}

ReloadResult TlsContext::note_failure(std::string fingerprint, const Error& error) {
  if (fingerprint != failed_fingerprint_) {
    failed_fingerprint_ = std::move(fingerprint);
    failure_reported_ = false;
    return {};
  }
  if (failure_reported_) {
    return {};
  }
  failure_reported_ = true;
  const std::lock_guard lock(mutex_);
  ++loaded_->reload_failures;
  return {ReloadOutcome::kFailed,
          "TLS files changed and are not usable, the old ones stay in use: " + error.message};
}

CertificateState TlsContext::state() const {
  const std::lock_guard lock(mutex_);
  return {.subject = loaded_->built.subject,
          .not_after = loaded_->built.not_after,
          .reloads = loaded_->reloads,
          .reload_failures = loaded_->reload_failures};
}

int64_t TlsContext::days_to_expiry(WallMillis now) const {
  constexpr int64_t kDayMs = int64_t{86400} * 1000;
  const int64_t left = state().not_after.value - now.value;
  return left >= 0 ? left / kDayMs : (left - kDayMs + 1) / kDayMs;
}

std::string take_tls_errors(const std::string& fallback) {
  std::string text;
  const char* data = nullptr;
  int flags = 0;
  for (unsigned long code = 0;
       (code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) != 0;) {
    const char* reason = ERR_reason_error_string(code);
    const std::string part = reason != nullptr ? reason : "error " + std::to_string(code);
    if (text.find(part) == std::string::npos) {
      text += (text.empty() ? "" : "; ") + part;
    }
  }
  return text.empty() ? fallback : text;
}

}  // namespace quorate::net
