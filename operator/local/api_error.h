// What the API refuses, as Kubernetes says it: a code, a reason, a message and causes.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "operator/local/object.h"
#include "server/base/assert.h"

namespace quorate::local {

/// One wrong field.
struct FieldError {
  std::string reason;  ///< FieldValueInvalid, FieldValueRequired, ...
  std::string field;   ///< `spec.voters`, `spec.zones[1].name`.
  std::string detail;  ///< All after `field: `.
};
using FieldErrors = std::vector<FieldError>;

[[nodiscard]] FieldError invalid_value(std::string field, const Json& value, std::string_view why);
[[nodiscard]] FieldError required_value(std::string field, std::string_view why = "");
[[nodiscard]] FieldError forbidden_value(std::string field, std::string_view why);
[[nodiscard]] FieldError unsupported_value(std::string field, const Json& value,
                                           const std::vector<std::string>& supported);
[[nodiscard]] FieldError duplicate_value(std::string field, const Json& value);

/// The resource and kind that an error speaks of.
struct Subject {
  std::string group;
  std::string kind;      ///< `StatefulSet`.
  std::string resource;  ///< `statefulsets`.
  std::string name;
};

/// A refusal. `details` is the field of the same name of a Status, or null.
struct [[nodiscard]] ApiError {
  int code = 500;
  std::string reason;
  std::string message;
  Json details;
  /// Seconds for the header Retry-After; 0: none.
  int retry_after_s = 0;
};

[[nodiscard]] ApiError not_found(const Subject& subject);
[[nodiscard]] ApiError already_exists(const Subject& subject);
/// `Operation cannot be fulfilled on ...: why`.
[[nodiscard]] ApiError conflict(const Subject& subject, std::string_view why);
[[nodiscard]] ApiError invalid(const Subject& subject, const FieldErrors& errors);
[[nodiscard]] ApiError forbidden(const Subject& subject, std::string_view why);
[[nodiscard]] ApiError bad_request(std::string message);
[[nodiscard]] ApiError gone(std::string message);
[[nodiscard]] ApiError plain_error(int code, std::string reason, std::string message);

/// The error as an object of kind Status.
[[nodiscard]] Json to_status(const ApiError& error);

/// A value or a refusal.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}         // NOLINT implicit
  Outcome(ApiError error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT implicit

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() {
    QR_ASSERT(state_.index() == 0);
    return std::get<0>(state_);
  }
  const T& operator*() const {
    QR_ASSERT(state_.index() == 0);
    return std::get<0>(state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  [[nodiscard]] const ApiError& error() const {
    QR_ASSERT(state_.index() == 1);
    return std::get<1>(state_);
  }

 private:
  std::variant<T, ApiError> state_;
};

}  // namespace quorate::local
