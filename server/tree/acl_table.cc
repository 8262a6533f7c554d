// Reference counts of interned ACLs.
#include "server/tree/acl_table.h"

#include "server/base/assert.h"

namespace quorate::tree {

namespace {

constexpr std::string_view kNullVector("\xff\xff\xff\xff", 4);

}  // namespace

AclTable::AclTable(uint64_t seed) : ids_(0, HashBytes{seed}) {
  entries_.emplace_back();
  entries_.front().encoded = std::make_unique<const std::string>(wire::open_acl().encoded);
  entries_.front().references = 1;
}

wire::AclList AclTable::get(AclId id) const {
  QR_ASSERT(id.value < entries_.size() && entries_[id.value].encoded != nullptr);
  return wire::AclList{*entries_[id.value].encoded};
}

AclId AclTable::acquire(wire::AclList list) {
  const std::string_view encoded = list.encoded;
  if (encoded == *entries_.front().encoded || encoded.empty() || encoded == kNullVector) {
    return kOpen;
  }
  const auto found = ids_.find(encoded);
  if (found != ids_.end()) {
    ++entries_[found->second.value].references;
    return found->second;
  }
  AclId id{static_cast<uint32_t>(entries_.size())};
  if (!free_.empty()) {
    id = free_.back();
    free_.pop_back();
  } else {
    entries_.emplace_back();
  }
  Entry& entry = entries_[id.value];
  entry.encoded = std::make_unique<const std::string>(encoded);
  entry.references = 1;
  ids_.emplace(*entry.encoded, id);
  return id;
}

void AclTable::add_reference(AclId id) {
  if (id != kOpen) {
    QR_ASSERT(entries_[id.value].references > 0);
    ++entries_[id.value].references;
  }
}

void AclTable::release(AclId id) {
  if (id == kOpen) {
    return;
  }
  Entry& entry = entries_[id.value];
  QR_ASSERT(entry.references > 0);
  if (--entry.references == 0 && !entry.doomed) {
    entry.doomed = true;
    doomed_.push_back(id);
  }
}

void AclTable::purge() {
  if (doomed_.empty()) [[likely]] {
    return;
  }
  for (const AclId id : doomed_) {
    Entry& entry = entries_[id.value];
    entry.doomed = false;
    if (entry.references == 0) {
      ids_.erase(*entry.encoded);
      entry.encoded.reset();
      free_.push_back(id);
    }
  }
  doomed_.clear();
}

}  // namespace quorate::tree
