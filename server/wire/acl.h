// Access control lists: permission bits, ids, and the encoded form in which the core passes them
// on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/jute.h"

namespace quorate::wire {

inline constexpr int32_t kPermRead = 1;
inline constexpr int32_t kPermWrite = 2;
inline constexpr int32_t kPermCreate = 4;
inline constexpr int32_t kPermDelete = 8;
inline constexpr int32_t kPermAdmin = 16;
inline constexpr int32_t kPermAll = 31;

/// An identity: who (id) in which realm (scheme).
struct Id {
  std::string scheme;
  std::string id;
  friend auto operator<=>(const Id&, const Id&) = default;
};

/// One entry of an ACL: permission bits for an identity.
struct Acl {
  int32_t perms = 0;
  Id id;
  friend auto operator<=>(const Acl&, const Acl&) = default;
};

/// One entry that borrows its strings; null strings are kept apart, since create refuses them.
struct AclEntry {
  int32_t perms = 0;
  NullableBytes scheme;
  NullableBytes id;
  friend bool operator==(const AclEntry&, const AclEntry&) = default;
};

/// A validated, still encoded vector<ACL>. Borrows. `encoded` starts at the count and is canonical
/// bytes of the wire, so equal bytes are equal lists and can be interned as they are.
struct AclList {
  std::string_view encoded;

  /// Number of entries; 0 for a null or absent list.
  [[nodiscard]] int32_t count() const {
    const int32_t count = encoded.size() < 4 ? 0 : load_big_endian<int32_t>(encoded.data());
    return count < 0 ? 0 : count;
  }
  [[nodiscard]] bool empty() const { return count() == 0; }
  friend bool operator==(const AclList&, const AclList&) = default;
};

/// Walks the entries of an AclList without allocating.
class AclCursor {
 public:
  explicit AclCursor(AclList list);
  /// False after the last entry.
  bool next(AclEntry& entry);

 private:
  Reader reader_;
  int32_t left_ = 0;
};

/// Reads a vector<ACL>, checking every length; on failure the reader has failed.
[[nodiscard]] AclList read_acl_list(Reader& reader);
[[nodiscard]] std::vector<Acl> decode_acls(AclList list);
/// The encoded form of `acls`.
[[nodiscard]] std::string encode_acls(const std::vector<Acl>& acls);
/// Appends a list as it is; an absent one goes out as null.
inline void write(Writer& writer, AclList list) {
  if (list.encoded.empty()) {
    writer.put_int(-1);
    return;
  }
  writer.put_raw(list.encoded);
}
/// The encoded list with the one entry world:anyone:cdrwa.
[[nodiscard]] AclList open_acl();

}  // namespace quorate::wire
