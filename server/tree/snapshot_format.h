// Layout of a snapshot file, shared by its writer and its loader.
#pragma once

#include <cstdint>
#include <string_view>

namespace quorate::tree {

//  int magic, int version, long dbid
//  int count, then for each session: long id, int timeout_ms
//  int count, then for each ACL list: long index, vector<ACL>
//  for each node, parents first: string path ("" is the root), buffer data, long ACL index,
//      StatPersisted
//  string "/"
//  seal: long Adler-32 of all bytes before it, string "/"
//  where digests are on (3.6 and later): long zxid, int digest version, long digest (or, before
//      version 2, string hex digest); seal
//  3.9 and later: long last processed zxid; seal
inline constexpr int32_t kSnapshotMagic = 0x5A4B534E;  // "ZKSN"
inline constexpr int32_t kSnapshotVersion = 2;
inline constexpr int64_t kSnapshotDbid = -1;
inline constexpr std::string_view kSnapshotEnd = "/";
/// What a stream has in place of the first seal and all that follows; it has no header either.
inline constexpr std::string_view kStreamSignature = "BenWasHere";
/// The ACL index of world:anyone:cdrwa, which has no entry in the list of ACLs.
inline constexpr int64_t kOpenAclIndex = -1;
inline constexpr size_t kSealBytes = 8 + 4 + 1;
inline constexpr size_t kLastZxidBytes = 8;

}  // namespace quorate::tree
