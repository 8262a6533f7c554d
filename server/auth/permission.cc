// Permission checks on encoded lists, and the making of lists that may be stored.
#include "server/auth/permission.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <vector>

#include "server/auth/ip_range.h"
#include "server/auth/secret.h"
#include "server/auth/x500_name.h"
#include "server/base/bytes.h"

namespace quorate::auth {

namespace {

// What follows the permission bits in an entry world:anyone.
constexpr char kWorldAnyone[] =
    "\0\0\0\5"
    "world"
    "\0\0\0\6"
    "anyone";
constexpr size_t kWorldAnyoneBytes = sizeof kWorldAnyone - 1;
// Count, permission bits, world:anyone.
constexpr size_t kSingleWorldBytes = 8 + kWorldAnyoneBytes;

// Whether the whole list is one entry world:anyone, whatever its bits.
bool is_single_world(std::string_view encoded) {
  return encoded.size() == kSingleWorldBytes && load_big_endian<int32_t>(encoded.data()) == 1 &&
         std::memcmp(encoded.data() + 8, kWorldAnyone, kWorldAnyoneBytes) == 0;
}

bool ip_matches(std::string_view id, std::string_view range_text) {
  const auto range = parse_ip_range(range_text);
  const auto address = parse_ip(id);
  return range && address && range->contains(*address);
}

// Whether the caller's `own` id satisfies the `wanted` id of the same scheme.
bool id_matches(std::string_view scheme, std::string_view own, std::string_view wanted) {
  if (scheme == "ip") {
    return ip_matches(own, wanted);
  }
  if (scheme == "digest") {
    return equal_in_constant_time(own, wanted);
  }
  return scheme == "x509" && own == wanted;
}

bool entry_matches(std::string_view scheme, std::string_view id, const Identities& who) {
  if (scheme == "world") {
    return id == "anyone";
  }
  for (const wire::Id& own : who.ids) {
    if (own.scheme == scheme && id_matches(scheme, own.id, id)) {
      return true;
    }
  }
  return false;
}

bool is_valid_digest(std::string_view id) {
  // Java splits at ':' and drops empty parts at the end; two parts must remain.
  while (id.ends_with(':')) {
    id.remove_suffix(1);
  }
  return std::count(id.begin(), id.end(), ':') == 1;
}

bool is_valid_id(std::string_view scheme, std::string_view id, const Schemes& schemes) {
  if (scheme == "world") {
    return id == "anyone";
  }
  if (scheme == "ip") {
    return parse_ip_range(id).has_value();
  }
  if (scheme == "digest") {
    return schemes.digest && is_valid_digest(id);
  }
  if (scheme != "x509" || !schemes.x509) {
    return false;
  }
  return is_valid_dn(id) || (schemes.x509_any_id && !id.empty());
}

// Schemes whose ids prove who somebody is, as against where he is.
bool is_authenticated_scheme(std::string_view scheme) {
  return scheme == "digest" || scheme == "x509";
}

// The entries without repetitions, in their first order. Sorting keeps a hostile list of tens of
// thousands of entries cheap.
std::vector<wire::AclEntry> distinct_entries(wire::AclList asked) {
  std::vector<wire::AclEntry> entries;
  wire::AclCursor cursor(asked);
  for (wire::AclEntry entry; cursor.next(entry);) {
    entries.push_back(entry);
  }
  if (entries.size() < 2) {
    return entries;
  }
  std::vector<uint32_t> order(entries.size());
  for (uint32_t index = 0; index < order.size(); ++index) {
    order[index] = index;
  }
  const auto key = [&](uint32_t index) {
    const wire::AclEntry& entry = entries[index];
    return std::tie(entry.perms, entry.scheme, entry.id);
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t left, uint32_t right) { return key(left) < key(right); });
  const auto last = std::unique(order.begin(), order.end(), [&](uint32_t left, uint32_t right) {
    return key(left) == key(right);
  });
  order.erase(last, order.end());
  std::sort(order.begin(), order.end());
  std::vector<wire::AclEntry> distinct;
  distinct.reserve(order.size());
  for (const uint32_t index : order) {
    distinct.push_back(entries[index]);
  }
  return distinct;
}

// Appends entries behind a count that is written at the end.
class ListBuilder {
 public:
  ListBuilder() : encoded_(4, '\0') {}

  void add(int32_t perms, std::string_view scheme, std::string_view id) {
    wire::Writer writer(encoded_);
    writer.put_int(perms);
    writer.put_string(scheme);
    writer.put_string(id);
    ++count_;
  }
  [[nodiscard]] size_t size() const { return encoded_.size(); }
  [[nodiscard]] std::string finish() && {
    store_big_endian(encoded_.data(), count_);
    return std::move(encoded_);
  }

 private:
  std::string encoded_;
  int32_t count_ = 0;
};

// Expands an `auth:` entry; false if the caller has no authenticated id or the list is too long.
bool expand_auth(int32_t perms, const Identities& who, size_t bytes_max, ListBuilder& list) {
  bool any = false;
  for (const wire::Id& own : who.ids) {
    if (is_authenticated_scheme(own.scheme)) {
      list.add(perms, own.scheme, own.id);
      any = true;
    }
  }
  return any && list.size() <= bytes_max;
}

}  // namespace

bool is_allowed(wire::AclList acls, int32_t wanted, const Identities& who) {
  if (is_single_world(acls.encoded)) [[likely]] {
    return (load_big_endian<int32_t>(acls.encoded.data() + 4) & wanted) != 0 || who.super;
  }
  if (who.super || acls.empty()) {
    return true;
  }
  wire::AclCursor cursor(acls);
  for (wire::AclEntry entry; cursor.next(entry);) {
    if ((entry.perms & wanted) == 0) {
      continue;
    }
    if (entry_matches(entry.scheme.value_or(""), entry.id.value_or(""), who)) {
      return true;
    }
  }
  return false;
}

std::optional<std::string> fix_up(wire::AclList asked, const Identities& who,
                                  const Schemes& schemes) {
  if (is_open_acl(asked)) {
    return std::string(asked.encoded);
  }
  const std::vector<wire::AclEntry> entries = distinct_entries(asked);
  if (entries.empty()) {
    return std::nullopt;
  }
  const size_t bytes_max = asked.encoded.size() + kExpansionBytesMax;
  ListBuilder list;
  for (const wire::AclEntry& entry : entries) {
    if (entry.scheme == "auth") {
      if (!expand_auth(entry.perms, who, bytes_max, list)) {
        return std::nullopt;
      }
      continue;
    }
    if (!entry.scheme || !entry.id || !is_valid_id(*entry.scheme, *entry.id, schemes)) {
      return std::nullopt;
    }
    list.add(entry.perms, *entry.scheme, *entry.id);
  }
  return std::move(list).finish();
}

bool is_open_acl(wire::AclList asked) {
  return is_single_world(asked.encoded) &&
         load_big_endian<int32_t>(asked.encoded.data() + 4) == wire::kPermAll;
}

std::string mask_digests(wire::AclList acls) {
  ListBuilder list;
  wire::AclCursor cursor(acls);
  for (wire::AclEntry entry; cursor.next(entry);) {
    const std::string_view scheme = entry.scheme.value_or("");
    const std::string_view id = entry.id.value_or("");
    const size_t colon = id.find(':');
    if (scheme != "digest" || colon == std::string_view::npos) {
      list.add(entry.perms, scheme, id);
      continue;
    }
    list.add(entry.perms, scheme, std::string(id.substr(0, colon)) + ":x");
  }
  return std::move(list).finish();
}

}  // namespace quorate::auth
