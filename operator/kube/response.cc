// Status errors by code and reason; pages of lists.
#include "operator/kube/response.h"

#include <algorithm>
#include <charconv>

#include "operator/kube/json_value.h"

namespace quorate::kube {

namespace {

/// Texts of servers are kept to this length in messages.
constexpr size_t kMessageBytesMax = 1024;
/// Nobody waits longer because a server says so.
constexpr int64_t kRetryAfterSecondsMax = 600;

ApiErrorKind kind_of(int code, std::string_view reason) {
  switch (code) {
    case 401:
      return ApiErrorKind::kUnauthorized;
    case 403:
      return ApiErrorKind::kForbidden;
    case 404:
      return ApiErrorKind::kNotFound;
    case 408:
    case 504:
      return ApiErrorKind::kTimeout;
    case 409:
      return reason == "AlreadyExists" ? ApiErrorKind::kAlreadyExists : ApiErrorKind::kConflict;
    case 410:
      return ApiErrorKind::kGone;
    case 422:
      return ApiErrorKind::kInvalid;
    case 429:
      return ApiErrorKind::kTooManyRequests;
    default:
      break;
  }
  // In a watch an expired version may come with any code.
  if (reason == "Expired" || reason == "Gone") {
    return ApiErrorKind::kGone;
  }
  return code >= 500 ? ApiErrorKind::kServerError : ApiErrorKind::kBadRequest;
}

std::optional<Duration> seconds_of(int64_t seconds) {
  if (seconds < 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(std::min(seconds, kRetryAfterSecondsMax));
}

/// The header in seconds; its form as a date is not used by Kubernetes.
std::optional<Duration> retry_after_of(std::string_view text) {
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return seconds_of(seconds);
}

std::string shortened(std::string text) {
  if (text.size() > kMessageBytesMax) {
    text.resize(kMessageBytesMax);
    text += "...";
  }
  return text;
}

}  // namespace

std::string_view to_text(ApiErrorKind kind) {
  switch (kind) {
    case ApiErrorKind::kBadRequest:
      return "BadRequest";
    case ApiErrorKind::kUnauthorized:
      return "Unauthorized";
    case ApiErrorKind::kForbidden:
      return "Forbidden";
    case ApiErrorKind::kNotFound:
      return "NotFound";
    case ApiErrorKind::kConflict:
      return "Conflict";
    case ApiErrorKind::kAlreadyExists:
      return "AlreadyExists";
    case ApiErrorKind::kGone:
      return "Gone";
    case ApiErrorKind::kTooManyRequests:
      return "TooManyRequests";
    case ApiErrorKind::kInvalid:
      return "Invalid";
    case ApiErrorKind::kTimeout:
      return "Timeout";
    case ApiErrorKind::kServerError:
      return "ServerError";
    case ApiErrorKind::kUnreachable:
      return "Unreachable";
    case ApiErrorKind::kCancelled:
      return "Cancelled";
    case ApiErrorKind::kDenied:
      return "Denied";
    case ApiErrorKind::kMalformed:
      return "Malformed";
  }
  return "Unknown";
}

bool ApiError::has_cause(std::string_view cause_reason) const {
  return std::ranges::any_of(causes,
                             [&](const ApiCause& each) { return each.reason == cause_reason; });
}

bool ApiError::is_disruption_budget() const {
  return kind == ApiErrorKind::kTooManyRequests && has_cause("DisruptionBudget");
}

bool ApiError::is_namespace_terminating() const {
  return kind == ApiErrorKind::kForbidden && has_cause("NamespaceTerminating");
}

bool ApiError::is_version_too_large() const {
  return kind == ApiErrorKind::kTimeout && has_cause("ResourceVersionTooLarge");
}

bool ApiError::is_transient() const {
  switch (kind) {
    case ApiErrorKind::kBadRequest:
    case ApiErrorKind::kForbidden:
    case ApiErrorKind::kNotFound:
    case ApiErrorKind::kAlreadyExists:
    case ApiErrorKind::kInvalid:
    case ApiErrorKind::kCancelled:
    case ApiErrorKind::kDenied:
      return false;
    case ApiErrorKind::kUnauthorized:
    case ApiErrorKind::kConflict:
    case ApiErrorKind::kGone:
    case ApiErrorKind::kTooManyRequests:
    case ApiErrorKind::kTimeout:
    case ApiErrorKind::kServerError:
    case ApiErrorKind::kUnreachable:
    case ApiErrorKind::kMalformed:
      return true;
  }
  return false;
}

bool ApiError::is_outcome_unknown() const {
  return kind == ApiErrorKind::kTimeout || kind == ApiErrorKind::kServerError ||
         kind == ApiErrorKind::kUnreachable || kind == ApiErrorKind::kCancelled ||
         kind == ApiErrorKind::kMalformed;
}

ApiError error_of_status(const nlohmann::json& status, int code) {
  if (code == 0) {
    code =
        static_cast<int>(std::clamp<int64_t>(integer_at(status, {"code"}).value_or(500), 400, 599));
  }
  ApiError error{.code = code,
                 .reason = text_at(status, {"reason"}),
                 .message = shortened(text_at(status, {"message"}))};
  error.kind = kind_of(code, error.reason);
  const nlohmann::json* causes = find_at(status, {"details", "causes"});
  if (causes != nullptr && causes->is_array()) {
    for (const nlohmann::json& each : *causes) {
      error.causes.push_back({.field = text_at(each, {"field"}),
                              .message = text_at(each, {"message"}),
                              .reason = text_at(each, {"reason"})});
    }
  }
  if (const auto seconds = integer_at(status, {"details", "retryAfterSeconds"})) {
    error.retry_after = seconds_of(*seconds);
  }
  return error;
}

ApiResult<nlohmann::json> decode(const Response& response) {
  std::optional<nlohmann::json> body = parse_json(response.body);
  if (response.code >= 200 && response.code < 300) {
    if (!body || !body->is_object()) {
      return ApiError{
          .kind = ApiErrorKind::kMalformed,
          .code = response.code,
          .message = "the answer is no JSON object: " + shortened(response.body.substr(0, 200))};
    }
    return std::move(*body);
  }
  ApiError error;
  if (body && text_at(*body, {"kind"}) == "Status") {
    error = error_of_status(*body, response.code);
  } else {
    error = {.kind = kind_of(response.code, {}),
             .code = response.code,
             .message = shortened(response.body.substr(0, kMessageBytesMax))};
  }
  if (error.message.empty()) {
    error.message = "HTTP status " + std::to_string(response.code);
  }
  if (const auto wait = retry_after_of(response.retry_after)) {
    error.retry_after = wait;
  }
  return error;
}

ApiResult<ListPage> page_of(nlohmann::json list) {
  const auto items = list.is_object() ? list.find("items") : list.end();
  // Go writes an empty list as null.
  if (!list.is_object() || items == list.end() || !(items->is_array() || items->is_null())) {
    return ApiError{.kind = ApiErrorKind::kMalformed, .message = "the answer is no list"};
  }
  ListPage page{.resource_version = text_at(list, {"metadata", "resourceVersion"}),
                .continue_token = text_at(list, {"metadata", "continue"})};
  const std::string api_version = text_at(list, {"apiVersion"});
  std::string kind = text_at(list, {"kind"});
  if (kind.ends_with("List")) {
    kind.resize(kind.size() - 4);
  }
  for (nlohmann::json& each : *items) {
    if (!each.is_object()) {
      return ApiError{.kind = ApiErrorKind::kMalformed, .message = "an item is no object"};
    }
    if (!each.contains("kind")) {
      each["apiVersion"] = api_version;
      each["kind"] = kind;
    }
    page.items.push_back(std::move(each));
  }
  return page;
}

}  // namespace quorate::kube
