// The wording of refusals: what kubectl shows to people.
#include "operator/local/api_error.h"

namespace quorate::local {

namespace {

std::string qualified(const Subject& subject) {
  return subject.group.empty() ? subject.resource : subject.resource + "." + subject.group;
}

Json details_of(const Subject& subject) {
  Json details = {{"name", subject.name}, {"kind", subject.resource}};
  if (!subject.group.empty()) {
    details["group"] = subject.group;
  }
  return details;
}

// How Go prints a value: strings are quoted, the rest as JSON.
std::string shown(const Json& value) { return value.is_null() ? "null" : dump(value); }

}  // namespace

FieldError invalid_value(std::string field, const Json& value, std::string_view why) {
  return {.reason = "FieldValueInvalid",
          .field = std::move(field),
          .detail = "Invalid value: " + shown(value) + ": " + std::string(why)};
}

FieldError required_value(std::string field, std::string_view why) {
  return {.reason = "FieldValueRequired",
          .field = std::move(field),
          .detail = "Required value" + (why.empty() ? "" : ": " + std::string(why))};
}

FieldError forbidden_value(std::string field, std::string_view why) {
  return {.reason = "FieldValueForbidden",
          .field = std::move(field),
          .detail = "Forbidden: " + std::string(why)};
}

FieldError unsupported_value(std::string field, const Json& value,
                             const std::vector<std::string>& supported) {
  std::string list;
  for (const std::string& item : supported) {
    list += (list.empty() ? "\"" : ", \"") + item + "\"";
  }
  return {.reason = "FieldValueNotSupported",
          .field = std::move(field),
          .detail = "Unsupported value: " + shown(value) + ": supported values: " + list};
}

FieldError duplicate_value(std::string field, const Json& value) {
  return {.reason = "FieldValueDuplicate",
          .field = std::move(field),
          .detail = "Duplicate value: " + shown(value)};
}

ApiError not_found(const Subject& subject) {
  return {.code = 404,
          .reason = "NotFound",
          .message = qualified(subject) + " \"" + subject.name + "\" not found",
          .details = details_of(subject)};
}

ApiError already_exists(const Subject& subject) {
  return {.code = 409,
          .reason = "AlreadyExists",
          .message = qualified(subject) + " \"" + subject.name + "\" already exists",
          .details = details_of(subject)};
}

ApiError conflict(const Subject& subject, std::string_view why) {
  return {.code = 409,
          .reason = "Conflict",
          .message = "Operation cannot be fulfilled on " + qualified(subject) + " \"" +
                     subject.name + "\": " + std::string(why),
          .details = details_of(subject)};
}

ApiError invalid(const Subject& subject, const FieldErrors& errors) {
  Json details = details_of(subject);
  details["kind"] = subject.kind;
  Json& causes = details["causes"] = Json::array();
  std::string all;
  for (const FieldError& error : errors) {
    causes.push_back({{"reason", error.reason}, {"message", error.detail}, {"field", error.field}});
    all += (all.empty() ? "" : ", ") + error.field + ": " + error.detail;
  }
  const std::string kind =
      subject.group.empty() ? subject.kind : subject.kind + "." + subject.group;
  return {.code = 422,
          .reason = "Invalid",
          .message = kind + " \"" + subject.name +
                     "\" is invalid: " + (errors.size() == 1 ? all : "[" + all + "]"),
          .details = std::move(details)};
}

ApiError forbidden(const Subject& subject, std::string_view why) {
  return {
      .code = 403,
      .reason = "Forbidden",
      .message = qualified(subject) + " \"" + subject.name + "\" is forbidden: " + std::string(why),
      .details = details_of(subject)};
}

ApiError bad_request(std::string message) {
  return plain_error(400, "BadRequest", std::move(message));
}

ApiError gone(std::string message) { return plain_error(410, "Expired", std::move(message)); }

ApiError plain_error(int code, std::string reason, std::string message) {
  return {.code = code, .reason = std::move(reason), .message = std::move(message), .details = {}};
}

Json to_status(const ApiError& error) {
  Json status = {{"kind", "Status"},    {"apiVersion", "v1"},       {"metadata", Json::object()},
                 {"status", "Failure"}, {"message", error.message}, {"reason", error.reason},
                 {"code", error.code}};
  if (!error.details.is_null()) {
    status["details"] = error.details;
  }
  if (error.retry_after_s > 0) {
    status["details"]["retryAfterSeconds"] = error.retry_after_s;
  }
  return status;
}

}  // namespace quorate::local
