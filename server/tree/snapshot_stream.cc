// Finding the end of a snapshot that arrives in pieces.
#include "server/base/bytes.h"
#include "server/tree/snapshot.h"
#include "server/tree/snapshot_format.h"

namespace quorate::tree {
namespace {

constexpr size_t kStreamSessionBytes = 12;
constexpr size_t kLongBytes = 8;
/// ACL index and persisted Stat of a node.
constexpr size_t kNodeFixedBytes = 8 + 60;

}  // namespace

size_t SnapshotStream::take(std::string_view bytes) {
  const size_t before = bytes_.size();
  bytes_.append(bytes);
  while (pass_element()) {
  }
  if (part_ != Part::kWhole) {
    return bytes.size();
  }
  bytes_.resize(passed_);
  return passed_ - before;
}

bool SnapshotStream::pass_element() {
  switch (part_) {
    case Part::kSessions:
      return pass_sessions();
    case Part::kAcls:
      return pass_acl();
    case Part::kNodes:
      return pass_node();
    case Part::kSignature:
      return pass_signature();
    case Part::kWhole:
    case Part::kMalformed:
      break;
  }
  return false;
}

bool SnapshotStream::pass_int(size_t& offset, int32_t& value) const {
  if (bytes_.size() - offset < sizeof(int32_t)) {
    return false;
  }
  value = load_big_endian<int32_t>(bytes_.data() + offset);
  offset += sizeof(int32_t);
  return true;
}

bool SnapshotStream::pass_buffer(size_t& offset) {
  int32_t size = 0;
  if (!pass_int(offset, size)) {
    return false;
  }
  if (size < -1) {
    part_ = Part::kMalformed;
    return false;
  }
  const auto length = static_cast<size_t>(size == -1 ? 0 : size);
  if (bytes_.size() - offset < length) {
    return false;
  }
  offset += length;
  return true;
}

bool SnapshotStream::pass_sessions() {
  size_t offset = passed_;
  int32_t count = 0;
  if (!pass_int(offset, count)) {
    return false;
  }
  if (count < 0) {
    part_ = Part::kMalformed;
    return false;
  }
  const size_t size = static_cast<size_t>(count) * kStreamSessionBytes;
  if (bytes_.size() - offset < size) {
    return false;
  }
  passed_ = offset + size;
  part_ = Part::kAcls;
  return true;
}

bool SnapshotStream::pass_acl() {
  size_t offset = passed_;
  int32_t count = 0;
  if (acls_left_ < 0) {
    if (!pass_int(offset, count)) {
      return false;
    }
    acls_left_ = count;
    passed_ = offset;
  }
  if (acls_left_ <= 0) {
    part_ = acls_left_ == 0 ? Part::kNodes : Part::kMalformed;
    return acls_left_ == 0;
  }
  if (bytes_.size() - offset < kLongBytes) {
    return false;
  }
  offset += kLongBytes;
  if (!pass_int(offset, count)) {
    return false;
  }
  for (int32_t index = 0; index < count; ++index) {
    int32_t permissions = 0;
    if (!pass_int(offset, permissions) || !pass_buffer(offset) || !pass_buffer(offset)) {
      return false;
    }
  }
  passed_ = offset;
  --acls_left_;
  return true;
}

bool SnapshotStream::pass_node() {
  size_t offset = passed_;
  if (!pass_buffer(offset)) {
    return false;
  }
  const std::string_view path = std::string_view(bytes_).substr(passed_ + sizeof(int32_t),
                                                                offset - passed_ - sizeof(int32_t));
  if (path == kSnapshotEnd) {
    passed_ = offset;
    part_ = Part::kSignature;
    return true;
  }
  if (!pass_buffer(offset) || bytes_.size() - offset < kNodeFixedBytes) {
    return false;
  }
  passed_ = offset + kNodeFixedBytes;
  return true;
}

bool SnapshotStream::pass_signature() {
  size_t offset = passed_;
  if (!pass_buffer(offset)) {
    return false;
  }
  const bool is_signature =
      std::string_view(bytes_).substr(passed_ + sizeof(int32_t),
                                      offset - passed_ - sizeof(int32_t)) == kStreamSignature;
  passed_ = offset;
  part_ = is_signature ? Part::kWhole : Part::kMalformed;
  return false;
}

}  // namespace quorate::tree
