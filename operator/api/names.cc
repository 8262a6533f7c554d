// Names, made of the cluster's, the zone's and a number.
#include "operator/api/names.h"

#include <algorithm>

#include "server/base/hex.h"
#include "server/base/text.h"

namespace quorate::api {

namespace {

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a) + "-" + std::string(b);
}

}  // namespace

bool is_dns1035_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() >= 'a' && text.front() <= 'z' &&
         text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

std::string set_name(std::string_view cluster, std::string_view zone) {
  return joined(cluster, zone);
}

std::string member_name(std::string_view cluster, std::string_view zone, int ordinal) {
  return joined(set_name(cluster, zone), std::to_string(ordinal));
}

std::string members_service_name(std::string_view cluster) { return joined(cluster, "members"); }
std::string client_service_name(std::string_view cluster) { return joined(cluster, "client"); }
std::string config_map_name(std::string_view cluster) { return joined(cluster, "config"); }
std::string admin_secret_name(std::string_view cluster) { return joined(cluster, "admin"); }
std::string authority_secret_name(std::string_view cluster) { return joined(cluster, "authority"); }
std::string quorum_tls_secret_name(std::string_view cluster) {
  return joined(cluster, "quorum-tls");
}
std::string disruption_budget_name(std::string_view cluster) { return std::string(cluster); }
std::string service_account_name(std::string_view cluster) { return joined(cluster, "member"); }

std::string volume_name(std::string_view kind, std::string_view member) {
  return joined(kind, member);
}

std::string member_host(std::string_view member, std::string_view cluster,
                        std::string_view namespace_name) {
  return std::string(member) + "." + members_service_name(cluster) + "." +
         std::string(namespace_name) + ".svc";
}

std::optional<int> ordinal_of(std::string_view member, std::string_view set) {
  if (!member.starts_with(set) || member.size() < set.size() + 2 || member[set.size()] != '-') {
    return std::nullopt;
  }
  const std::string_view digits = member.substr(set.size() + 1);
  const auto number = parse_integer(digits, 0, kMembersPerZoneMax - 1);
  // Only the spelling that Kubernetes itself uses: no sign, no leading zero.
  if (!number || std::to_string(*number) != digits) {
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

int32_t myid_of(int zone_index, int ordinal) {
  return static_cast<int32_t>(zone_index * kMembersPerZoneMax + ordinal + 1);
}

std::string zone_name_of(std::string_view label_value, size_t bytes_max) {
  std::string name = to_lower(label_value);
  std::ranges::replace_if(
      name, [](char c) { return !is_lower_or_digit(c); }, '-');
  while (name.starts_with('-')) {
    name.erase(0, 1);
  }
  while (name.ends_with('-')) {
    name.pop_back();
  }
  if (!name.empty() && name == label_value && name.size() <= bytes_max) {
    return name;
  }
  constexpr size_t kHashDigits = 6;
  const std::string hash = hex64(fnv1a(label_value)).substr(0, kHashDigits);
  if (bytes_max <= kHashDigits + 1) {
    return hash.substr(0, bytes_max);
  }
  name = name.substr(0, bytes_max - kHashDigits - 1);
  while (name.ends_with('-')) {
    name.pop_back();
  }
  return name.empty() ? hash : joined(name, hash);
}

uint64_t fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return hash;
}

std::string hex64(uint64_t value) {
  std::string text;
  for (int shift = 56; shift >= 0; shift -= 8) {
    append_hex(text, static_cast<unsigned char>(value >> shift));
  }
  return text;
}

}  // namespace quorate::api
