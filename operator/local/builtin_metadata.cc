// Names, labels and annotations, in the words of Kubernetes.
#include <algorithm>
#include <cctype>

#include "operator/local/builtin_rules.h"

namespace quorate::local {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_label_value(std::string_view value) {
  const auto is_inner = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  };
  return value.empty() ||
         (value.size() <= 63 && std::all_of(value.begin(), value.end(), is_inner) &&
          std::isalnum(static_cast<unsigned char>(value.front())) != 0 &&
          std::isalnum(static_cast<unsigned char>(value.back())) != 0);
}

bool is_qualified_name(std::string_view key) {
  const size_t slash = key.find('/');
  if (slash != std::string_view::npos) {
    if (!is_dns_subdomain(key.substr(0, slash))) {
      return false;
    }
    key = key.substr(slash + 1);
  }
  return !key.empty() && is_label_value(key);
}

constexpr std::string_view kQualifiedName =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  "
    "or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kLabel1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    "regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

void validate_name(const Kind& kind, const Json& object, FieldErrors& errors) {
  const std::string name = name_of(object);
  const std::string field = "metadata.name";
  if (kind.group == "rbac.authorization.k8s.io") {
    if (name.find('/') != std::string::npos || name.find('%') != std::string::npos) {
      errors.push_back(invalid_value(field, name, "may not contain '/'"));
    }
  } else if (kind.kind == "Namespace") {
    if (!is_dns_label(name)) {
      errors.push_back(invalid_value(field, name, kLabel));
    }
  } else if (kind.kind == "Service" && !kind.is_custom) {
    if (!is_dns1035_label(name)) {
      errors.push_back(invalid_value(field, name, kLabel1035));
    }
  } else if (!is_dns_subdomain(name)) {
    errors.push_back(invalid_value(field, name, kSubdomain));
  }
}

void validate_owners(const Json& object, FieldErrors& errors) {
  const Json& owners = list_at(object, "metadata/ownerReferences");
  int controllers = 0;
  for (size_t i = 0; i < owners.size(); ++i) {
    const std::string place = "metadata.ownerReferences[" + std::to_string(i) + "]";
    for (const char* name : {"apiVersion", "kind", "name", "uid"}) {
      if (text(owners[i], name).empty()) {
        errors.push_back(invalid_value(place + "." + name, "", "must not be empty"));
      }
    }
    controllers += boolean(owners[i], "controller") ? 1 : 0;
  }
  if (controllers > 1) {
    errors.push_back(invalid_value("metadata.ownerReferences", owners,
                                   "Only one reference can have Controller set to true"));
  }
}

}  // namespace

bool is_dns_label(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_lower_or_digit(name.front()) &&
         is_lower_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || c == '-';
         });
}

bool is_dns1035_label(std::string_view name) { return is_dns_label(name) && name.front() >= 'a'; }

bool is_dns_subdomain(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.back() == '.') {
    return false;
  }
  const std::vector<std::string> parts = split(name, '.');
  return std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
    return !part.empty() && is_lower_or_digit(part.front()) && is_lower_or_digit(part.back()) &&
           std::all_of(part.begin(), part.end(),
                       [](char c) { return is_lower_or_digit(c) || c == '-'; });
  });
}

void validate_metadata(const Kind& kind, const Json& object, FieldErrors& errors) {
  constexpr size_t kAnnotationBytesMax = 256 << 10;
  validate_name(kind, object, errors);
  for (const auto& [key, value] : map_at(object, "metadata/labels").items()) {
    if (!is_qualified_name(key)) {
      errors.push_back(invalid_value("metadata.labels", key, kQualifiedName));
    }
    if (value.is_string() && !is_label_value(value.get_ref<const std::string&>())) {
      errors.push_back(invalid_value("metadata.labels", value, kLabelValue));
    }
  }
  size_t annotation_bytes = 0;
  for (const auto& [key, value] : map_at(object, "metadata/annotations").items()) {
    std::string lower = key;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!is_qualified_name(lower)) {
      errors.push_back(invalid_value("metadata.annotations", key, kQualifiedName));
    }
    annotation_bytes += key.size() + (value.is_string() ? value.get<std::string>().size() : 0);
  }
  if (annotation_bytes > kAnnotationBytesMax) {
    errors.push_back({.reason = "FieldValueTooLong",
                      .field = "metadata.annotations",
                      .detail = "Too long: may not be more than 262144 bytes"});
  }
  validate_owners(object, errors);
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      text += i + j <= bytes.size() ? kLetters[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes;
  uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    int value = -1;
    if (c >= 'A' && c <= 'Z') {
      value = c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      value = c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      value = c - '0' + 52;
    } else if (c == '+' || c == '/') {
      value = c == '+' ? 62 : 63;
    } else if (c == '=' || c == '\n' || c == '\r') {
      continue;
    } else {
      return std::nullopt;
    }
    group = group << 6 | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(group >> bits & 0xff);
    }
  }
  return bytes;
}

}  // namespace quorate::local
