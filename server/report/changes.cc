// Reading and writing the bodies of changes.
#include "server/report/changes.h"

#include <utility>

#include "server/base/text.h"
#include "server/report/json.h"
#include "server/report/text.h"

namespace quorate::report {
namespace {

Error invalid(std::string message) { return {ErrorKind::kInvalidInput, std::move(message)}; }

/// The text of a field, nothing if it is absent or null.
Result<std::optional<std::string>> text_field(const Json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end() || found->is_null()) {
    return std::optional<std::string>();
  }
  if (!found->is_string()) {
    return invalid(std::string(name) + " must be a string");
  }
  return std::optional(found->get<std::string>());
}

Result<std::optional<ConfigVersion>> version_field(const Json& body) {
  const Result<std::optional<std::string>> text = text_field(body, "expectedVersion");
  if (!text) {
    return text.error();
  }
  if (!*text) {
    return std::optional<ConfigVersion>();
  }
  std::string_view digits = **text;
  digits.remove_prefix(digits.starts_with("0x") ? 2 : 0);
  const std::optional<uint64_t> version = parse_hex(digits);
  if (!version) {
    return invalid("expectedVersion is \"" + **text + "\", must be a hexadecimal number");
  }
  return std::optional(ConfigVersion{static_cast<int64_t>(*version)});
}

}  // namespace

Result<ReconfigOrder> parse_reconfig_order(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return invalid("the body must be a JSON object");
  }
  for (const auto& [name, value] : json.items()) {
    if (name != "joining" && name != "leaving" && name != "newMembers" &&
        name != "expectedVersion") {
      return invalid("unknown field " + name +
                     "; known are joining, leaving, newMembers, expectedVersion");
    }
  }
  ReconfigOrder order;
  for (const auto& [name, field] :
       {std::pair{"joining", &order.joining}, std::pair{"leaving", &order.leaving},
        std::pair{"newMembers", &order.new_members}}) {
    Result<std::optional<std::string>> text = text_field(json, name);
    if (!text) {
      return text.error();
    }
    *field = std::move(*text);
  }
  const Result<std::optional<ConfigVersion>> version = version_field(json);
  if (!version) {
    return version.error();
  }
  order.expected_version = *version;
  if (!order.joining && !order.leaving && !order.new_members) {
    return invalid("one of joining, leaving and newMembers is needed");
  }
  return order;
}

Result<std::optional<ServerId>> parse_transfer_order(std::string_view body) {
  if (body.empty()) {
    return std::optional<ServerId>();
  }
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return invalid("the body must be a JSON object");
  }
  std::optional<ServerId> target;
  for (const auto& [name, value] : json.items()) {
    if (name != "target") {
      return invalid("unknown field " + name + "; known is target");
    }
    if (!value.is_number_integer()) {
      return invalid("target must be the id of a member");
    }
    target = ServerId{value.get<int64_t>()};
  }
  return target;
}

std::string reconfigured_body(ConfigVersion version) {
  return json_text({{"version", "0x" + hex(version.value)}});
}

std::string snapshot_taken_body(Zxid zxid) { return json_text({{"zxid", "0x" + hex(zxid.value)}}); }

std::string refusal_body(std::string_view error, std::string_view reason,
                         std::optional<ServerId> leader) {
  Json body = {{"error", error}, {"reason", reason}};
  if (leader) {
    body["leader"] = leader->value;
  }
  return json_text(body);
}

}  // namespace quorate::report
