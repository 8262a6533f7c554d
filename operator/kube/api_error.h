// What can go wrong with a request to the API, sorted by what the caller can do about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "server/base/assert.h"
#include "server/base/time.h"

namespace quorate::kube {

/// The API's answer, or why there is none.
enum class ApiErrorKind {
  kBadRequest,       ///< 400 and what is not listed: our mistake.
  kUnauthorized,     ///< 401: the credentials are wrong or expired.
  kForbidden,        ///< 403: no permission.
  kNotFound,         ///< 404.
  kConflict,         ///< 409: a precondition does not hold, or another manager owns a field.
  kAlreadyExists,    ///< 409 to a create.
  kGone,             ///< 410: the version is too old; list again.
  kTooManyRequests,  ///< 429: wait; also a disruption budget that refuses an eviction.
  kInvalid,          ///< 422: the object breaks a rule; `causes` say which.
  kTimeout,          ///< 408, 504, or no answer in time.
  kServerError,      ///< 5xx.
  kUnreachable,      ///< No connection, TLS failed, or it broke.
  kCancelled,        ///< By us.
  kDenied,           ///< By us: credentials cannot be had, or writes are not allowed (no lease).
  kMalformed,        ///< The answer is no answer: no JSON, or too large.
};

[[nodiscard]] std::string_view to_text(ApiErrorKind kind);

/// One entry of a Status's details.
struct ApiCause {
  std::string field;
  std::string message;
  std::string reason;
};

struct ApiError {
  ApiErrorKind kind = ApiErrorKind::kBadRequest;
  int code = 0;         ///< Of HTTP; 0: there was no answer.
  std::string reason;   ///< Of the Status: `AlreadyExists`; may be empty.
  std::string message;  ///< For people.
  std::vector<ApiCause> causes = {};
  /// When the server says how long to wait.
  std::optional<Duration> retry_after = std::nullopt;

  [[nodiscard]] bool has_cause(std::string_view cause_reason) const;
  /// A disruption budget refuses the eviction; others of 429 are the server's load.
  [[nodiscard]] bool is_disruption_budget() const;
  /// The namespace is being deleted: nothing can be created in it any more.
  [[nodiscard]] bool is_namespace_terminating() const;
  /// The server has not yet seen the version that was asked for.
  [[nodiscard]] bool is_version_too_large() const;
  /// Whether the same request may succeed later without a change of ours.
  [[nodiscard]] bool is_transient() const;
  /// Whether the request may have taken effect although there is no answer.
  [[nodiscard]] bool is_outcome_unknown() const;
};

/// A value or an ApiError.
template <typename T>
class [[nodiscard]] ApiResult {
 public:
  ApiResult(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT implicit
  ApiResult(ApiError error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT implicit

  explicit operator bool() const { return ok(); }
  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && {
    QR_ASSERT(ok());
    return std::get<0>(std::move(state_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() {
    QR_ASSERT(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const {
    QR_ASSERT(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] const ApiError& error() const {
    QR_ASSERT(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, ApiError> state_;
};

/// Nothing to say but that it worked.
using Done = std::monostate;

}  // namespace quorate::kube
