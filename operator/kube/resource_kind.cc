// Paths of resources.
#include "operator/kube/resource_kind.h"

namespace quorate::kube {

std::string ResourceKind::api_version() const {
  if (group.empty()) {
    return std::string(version);
  }
  return std::string(group) + "/" + std::string(version);
}

std::string ObjectKey::text() const { return space.empty() ? name : space + "/" + name; }

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char each : text) {
    const bool is_plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                          (each >= '0' && each <= '9') || each == '-' || each == '.' ||
                          each == '_' || each == '~';
    if (is_plain) {
      encoded += each;
    } else {
      const auto byte = static_cast<unsigned char>(each);
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

namespace {

/// A name of only dots would be taken for a step in the path.
std::string segment(std::string_view text) {
  if (text == "." || text == "..") {
    std::string encoded;
    for (size_t i = 0; i < text.size(); ++i) {
      encoded += "%2E";
    }
    return encoded;
  }
  return percent_encoded(text);
}

}  // namespace

std::string collection_path(const ResourceKind& kind, std::string_view space) {
  std::string path = kind.group.empty() ? "/api/" : "/apis/" + std::string(kind.group) + "/";
  path += kind.version;
  if (kind.is_namespaced && !space.empty()) {
    path += "/namespaces/" + segment(space);
  }
  path += "/";
  path += kind.plural;
  return path;
}

std::string object_path(const ResourceKind& kind, const ObjectKey& key,
                        std::string_view subresource) {
  std::string path = collection_path(kind, key.space) + "/" + segment(key.name);
  if (!subresource.empty()) {
    path += "/";
    path += subresource;
  }
  return path;
}

}  // namespace quorate::kube
