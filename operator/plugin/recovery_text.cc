// A table of members and the words below it.
#include "operator/plugin/recovery_text.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "operator/plugin/table.h"
#include "server/base/ids.h"
#include "server/base/text.h"

namespace quorate::plugin {

namespace {

/// 0 where the status says none.
Zxid zxid_of(const api::MemberStatus& member) {
  std::string_view text = member.zxid();
  text.remove_prefix(text.starts_with("0x") ? 2 : 0);
  return Zxid{static_cast<int64_t>(parse_hex(text).value_or(0))};
}

Zxid zxid_of(const api::QuorumClusterStatus& status, const std::string& name) {
  for (const api::MemberStatus& each : status.members()) {
    if (each.name() == name) {
      return zxid_of(each);
    }
  }
  return {};
}

/// What a member has beyond `less`.
std::string beyond(const api::MemberStatus& member, Zxid less) {
  const Zxid more = zxid_of(member);
  if (member.zxid().empty()) {
    return "not known";
  }
  if (more <= less) {
    return "nothing more";
  }
  if (more.epoch() != less.epoch()) {
    return "transactions of later epochs";
  }
  const uint32_t count = more.counter() - less.counter();
  return std::to_string(count) + (count == 1 ? " transaction more" : " transactions more");
}

}  // namespace

std::string recovery_text(const std::string& cluster, const api::QuorumClusterStatus& status,
                          const std::string& from, bool has_colour) {
  const Zxid kept = zxid_of(status, from);
  Zxid highest = kept;
  Table table({"MEMBER", "ROLE", "STATE", "ZXID", "BEYOND " + from, "WHAT BECOMES OF IT"});
  for (const api::MemberStatus& each : status.members()) {
    const Zxid zxid = zxid_of(each);
    const bool is_from = each.name() == from;
    highest = std::max(highest, zxid);
    table.add({{each.name(), is_from ? Tint::kGood : Tint::kPlain},
               {each.role()},
               {each.state()},
               {each.zxid()},
               {is_from ? "" : beyond(each, kept), zxid > kept ? Tint::kBad : Tint::kPlain},
               {is_from ? "goes on alone" : "its disk is not trusted any more"}});
  }
  std::string text = table.text(has_colour) + "\n";
  text += highest > kept ? painted("Lost for certain: what others have beyond " + from + ".",
                                   Tint::kBad, has_colour)
                         : "Nobody is known to have more than " + from + ".";
  text += "\nAlso lost: whatever a majority without " + from +
          " has acknowledged since it last said what it has.\nEnsemble " + status.ensemble_id() +
          " of " + cluster + " is given up for ever. " + from +
          " becomes the only voter of another\none, and the operator adds members with empty disks "
          "until the spec is met. Volumes of the\nothers are replaced where they are new or lost; "
          "else by spec.storage.reclaimPolicy, and with\nRetain they wait for you.\n";
  return text;
}

}  // namespace quorate::plugin
