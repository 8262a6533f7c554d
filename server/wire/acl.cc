// Reading, walking and making encoded access control lists.
#include "server/wire/acl.h"

namespace quorate::wire {

namespace {

// int perms, string scheme, string id, both empty.
constexpr size_t kAclBytesMin = 12;

// One entry: 31, "world", "anyone".
constexpr char kOpenAcl[] =
    "\0\0\0\1"
    "\0\0\0\37"
    "\0\0\0\5"
    "world"
    "\0\0\0\6"
    "anyone";

}  // namespace

AclCursor::AclCursor(AclList list) : reader_(list.encoded) {
  left_ = reader_.get_count(kAclBytesMin);
}

bool AclCursor::next(AclEntry& entry) {
  if (left_ == 0) {
    return false;
  }
  --left_;
  entry.perms = reader_.get_int();
  entry.scheme = reader_.get_buffer();
  entry.id = reader_.get_buffer();
  return reader_.ok();
}

AclList read_acl_list(Reader& reader) {
  const std::string_view from = reader.rest();
  const int32_t count = reader.get_count(kAclBytesMin);
  for (int32_t index = 0; index < count && reader.ok(); ++index) {
    reader.get_int();
    reader.get_buffer();
    reader.get_buffer();
  }
  if (!reader.ok()) {
    return {};
  }
  return {from.substr(0, from.size() - reader.remaining())};
}

std::vector<Acl> decode_acls(AclList list) {
  std::vector<Acl> acls;
  AclCursor cursor(list);
  for (AclEntry entry; cursor.next(entry);) {
    acls.push_back({entry.perms,
                    {std::string(entry.scheme.value_or("")), std::string(entry.id.value_or(""))}});
  }
  return acls;
}

std::string encode_acls(const std::vector<Acl>& acls) {
  std::string encoded;
  Writer writer(encoded);
  writer.put_int(static_cast<int32_t>(acls.size()));
  for (const Acl& acl : acls) {
    writer.put_int(acl.perms);
    writer.put_string(acl.id.scheme);
    writer.put_string(acl.id.id);
  }
  return encoded;
}

AclList open_acl() { return {std::string_view(kOpenAcl, sizeof kOpenAcl - 1)}; }

}  // namespace quorate::wire
