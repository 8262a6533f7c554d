// The rules of built-in kinds beyond their schemas: defaults that depend on other fields, values
// that the server assigns, checks, fields that must not change.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operator/local/objects.h"

namespace quorate::local {

/// Names, labels, annotations, owners: the same for every kind.
void validate_metadata(const Kind& kind, const Json& object, FieldErrors& errors);

/// Completes a new object: first status, addresses, storage class.
void prepare_builtin_create(const Kind& kind, Json& object, const Objects& objects);
void prepare_builtin_update(const Kind& kind, const Json& old_object, Json& updated);
void validate_builtin_create(const Kind& kind, const Json& object, FieldErrors& errors);
void validate_builtin_update(const Kind& kind, const Json& old_object, const Json& updated,
                             FieldErrors& errors);
/// What depends on other objects: priority classes, definitions.
[[nodiscard]] std::optional<ApiError> check_admission(const Kind& kind, const Json& object,
                                                      const Store& store);

[[nodiscard]] bool is_dns_label(std::string_view name);
[[nodiscard]] bool is_dns_subdomain(std::string_view name);
[[nodiscard]] bool is_dns1035_label(std::string_view name);

[[nodiscard]] std::string base64(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace quorate::local
