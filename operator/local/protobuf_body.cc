// Decoding of protobuf messages by a table of their fields.
#include "operator/local/protobuf_body.h"

#include <cctype>
#include <map>

#include "operator/local/builtin_rules.h"
#include "server/base/assert.h"

namespace quorate::local {

namespace {

// Type { number name type ... }: s string, i integer, b boolean, q int-or-string, {s} and {y} maps
// of strings and bytes, [T] repeated. Source: the .proto files of Kubernetes' API.
constexpr const char* kMessages = R"(
TypeMeta { 1 apiVersion s 2 kind s }
Owner { 5 apiVersion s 1 kind s 3 name s 4 uid s 6 controller b 7 blockOwnerDeletion b }
Meta { 1 name s 2 generateName s 3 namespace s 5 uid s 6 resourceVersion s 11 labels {s}
  12 annotations {s} 13 ownerReferences [Owner] 14 finalizers [s] }
Requirement { 1 key s 2 operator s 3 values [s] }
Selector { 1 matchLabels {s} 2 matchExpressions [Requirement] }
ConfigMap { 1 metadata Meta 2 data {s} 3 binaryData {y} 4 immutable b }
Secret { 1 metadata Meta 2 data {y} 3 type s 4 stringData {s} 5 immutable b }
NamespaceSpec { 1 finalizers [s] }
Namespace { 1 metadata Meta 2 spec NamespaceSpec }
ServiceAccount { 1 metadata Meta }
ServicePort { 1 name s 2 protocol s 3 port i 4 targetPort q 5 nodePort i 6 appProtocol s }
ServiceSpec { 1 ports [ServicePort] 2 selector {s} 3 clusterIP s 4 type s 10 externalName s
  13 publishNotReadyAddresses b }
Service { 1 metadata Meta 2 spec ServiceSpec }
BudgetSpec { 1 minAvailable q 2 selector Selector 3 maxUnavailable q
  4 unhealthyPodEvictionPolicy s }
PodDisruptionBudget { 1 metadata Meta 2 spec BudgetSpec }
PolicyRule { 1 verbs [s] 2 apiGroups [s] 3 resources [s] 4 resourceNames [s] 5 nonResourceURLs [s] }
RoleSubject { 1 kind s 2 apiGroup s 3 name s 4 namespace s }
RoleRef { 1 apiGroup s 2 kind s 3 name s }
Role { 1 metadata Meta 2 rules [PolicyRule] }
ClusterRole { 1 metadata Meta 2 rules [PolicyRule] }
RoleBinding { 1 metadata Meta 2 subjects [RoleSubject] 3 roleRef RoleRef }
ClusterRoleBinding { 1 metadata Meta 2 subjects [RoleSubject] 3 roleRef RoleRef }
Preconditions { 1 uid s 2 resourceVersion s }
DeleteOptions { 1 gracePeriodSeconds i 2 preconditions Preconditions 3 orphanDependents b
  4 propagationPolicy s 5 dryRun [s] }
Eviction { 1 metadata Meta 2 deleteOptions DeleteOptions }
ScaleSpec { 1 replicas i }
Scale { 1 metadata Meta 2 spec ScaleSpec }
)";

struct Field {
  std::string name;
  std::string type;
};
using Message = std::map<uint64_t, Field>;

std::map<std::string, Message> read_messages() {
  std::map<std::string, Message> messages;
  std::vector<std::string> words(1);
  for (const char* at = kMessages; *at != '\0'; ++at) {
    const bool is_space = std::isspace(static_cast<unsigned char>(*at)) != 0;
    if (is_space) {
      words.emplace_back();
    } else {
      words.back() += *at;
    }
  }
  std::erase(words, "");
  for (size_t i = 0; i < words.size();) {
    Message& message = messages[words[i]];
    for (i += 2; words[i] != "}"; i += 3) {
      const auto number = parse_integer(words[i]);
      QR_ASSERT(number.has_value());
      message[static_cast<uint64_t>(*number)] = {.name = words[i + 1], .type = words[i + 2]};
    }
    ++i;
  }
  return messages;
}

const Message* find_message(const std::string& name) {
  static const std::map<std::string, Message> kAll = read_messages();
  const auto found = kAll.find(name);
  return found == kAll.end() ? nullptr : &found->second;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_done() const { return bytes_.empty() || is_broken_; }
  [[nodiscard]] bool is_broken() const { return is_broken_; }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) {
        break;
      }
      const auto byte = static_cast<uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) {
        return value;
      }
    }
    is_broken_ = true;
    return 0;
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size()) {
      is_broken_ = true;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view bytes_;
  bool is_broken_ = false;
};

std::optional<Json> decode_message(std::string_view bytes, const Message& message, int depth);

// `type` 0 is a number and 1 a string.
std::optional<Json> decode_int_or_string(std::string_view bytes) {
  Reader reader(bytes);
  uint64_t type = 0;
  int64_t number = 0;
  std::string written;
  while (!reader.is_done()) {
    const uint64_t tag = reader.varint();
    if ((tag & 7) == 0) {
      const uint64_t value = reader.varint();
      if (tag >> 3 == 1) {
        type = value;
      } else {
        number = static_cast<int64_t>(value);
      }
    } else if ((tag & 7) == 2) {
      written = reader.take(reader.varint());
    } else {
      return std::nullopt;
    }
  }
  return type == 0 ? Json(number) : Json(written);
}

bool add_entry(std::string_view bytes, bool is_bytes, Json& map) {
  Reader reader(bytes);
  std::string key;
  std::string_view value;
  while (!reader.is_done()) {
    const uint64_t tag = reader.varint();
    if ((tag & 7) != 2) {
      return false;
    }
    const std::string_view content = reader.take(reader.varint());
    if (tag >> 3 == 1) {
      key = content;
    } else {
      value = content;
    }
  }
  map[key] = is_bytes ? base64(value) : std::string(value);
  return !reader.is_broken();
}

bool add_field(std::string_view content, const Field& field, Json& into, int depth) {
  std::string type = field.type;
  if (type.front() == '{') {
    return add_entry(content, type == "{y}", into[field.name]);
  }
  const bool is_list = type.front() == '[';
  if (is_list) {
    type = type.substr(1, type.size() - 2);
  }
  std::optional<Json> value;
  if (type == "s") {
    value = std::string(content);
  } else if (type == "q") {
    value = decode_int_or_string(content);
  } else if (const Message* message = find_message(type)) {
    value = decode_message(content, *message, depth + 1);
  }
  if (!value) {
    return false;
  }
  if (is_list) {
    into[field.name].push_back(*std::move(value));
  } else if (!value->is_string() || !value->get_ref<const std::string&>().empty()) {
    into[field.name] = *std::move(value);  // Go writes empty strings where nothing was set.
  }
  return true;
}

std::optional<Json> decode_message(std::string_view bytes, const Message& message, int depth) {
  constexpr int kDepthMax = 10;
  if (depth > kDepthMax) {
    return std::nullopt;
  }
  Json decoded = Json::object();
  Reader reader(bytes);
  while (!reader.is_done()) {
    const uint64_t tag = reader.varint();
    const auto field = message.find(tag >> 3);
    if ((tag & 7) == 0) {
      const uint64_t value = reader.varint();
      if (field != message.end() && field->second.type == "b") {
        decoded[field->second.name] = value != 0;
      } else if (field != message.end() && (value != 0 || field->second.name != "nodePort")) {
        decoded[field->second.name] = static_cast<int64_t>(value);
      }
    } else if ((tag & 7) == 2) {
      const std::string_view content = reader.take(reader.varint());
      if (field != message.end() && !add_field(content, field->second, decoded, depth)) {
        return std::nullopt;
      }
    } else if ((tag & 7) == 1 || (tag & 7) == 5) {
      (void)reader.take((tag & 7) == 1 ? 8 : 4);
    } else {
      return std::nullopt;
    }
  }
  return reader.is_broken() ? std::nullopt : std::optional(std::move(decoded));
}

}  // namespace

std::optional<Json> decode_protobuf(std::string_view bytes) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!bytes.starts_with(kMagic)) {
    return std::nullopt;
  }
  // runtime.Unknown: the type first, then the message.
  Reader reader(bytes.substr(kMagic.size()));
  std::optional<Json> type;
  std::string_view raw;
  while (!reader.is_done()) {
    const uint64_t tag = reader.varint();
    if ((tag & 7) != 2) {
      return std::nullopt;
    }
    const std::string_view content = reader.take(reader.varint());
    if (tag >> 3 == 1) {
      type = decode_message(content, *find_message("TypeMeta"), 0);
    } else if (tag >> 3 == 2) {
      raw = content;
    }
  }
  const Message* message = type ? find_message(text(*type, "kind")) : nullptr;
  if (message == nullptr || reader.is_broken()) {
    return std::nullopt;
  }
  auto decoded = decode_message(raw, *message, 0);
  if (decoded) {
    (*decoded)["apiVersion"] = text(*type, "apiVersion");
    (*decoded)["kind"] = text(*type, "kind");
  }
  return decoded;
}

}  // namespace quorate::local
