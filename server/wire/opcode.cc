// Names of operations.
#include "server/wire/opcode.h"

#include <algorithm>
#include <array>

namespace quorate::wire {
namespace {

struct Name {
  OpCode op;
  std::string_view full;
  std::string_view four_letters;  ///< As `cons` abbreviates it.
};

constexpr std::array kNames = std::to_array<Name>({
    {OpCode::kNotification, "notification", "NA"},
    {OpCode::kCreate, "create", "CREA"},
    {OpCode::kDelete, "delete", "DELE"},
    {OpCode::kExists, "exists", "EXIS"},
    {OpCode::kGetData, "getData", "GETD"},
    {OpCode::kSetData, "setData", "SETD"},
    {OpCode::kGetAcl, "getACL", "GETA"},
    {OpCode::kSetAcl, "setACL", "SETA"},
    {OpCode::kGetChildren, "getChildren", "GETC"},
    {OpCode::kSync, "sync", "SYNC"},
    {OpCode::kPing, "ping", "PING"},
    {OpCode::kGetChildren2, "getChildren2", "GETC"},
    {OpCode::kCheck, "check", "CHEC"},
    {OpCode::kMulti, "multi", "MULT"},
    {OpCode::kCreate2, "create2", "CREA"},
    {OpCode::kReconfig, "reconfig", "RECO"},
    {OpCode::kCheckWatches, "checkWatches", "CHKW"},
    {OpCode::kRemoveWatches, "removeWatches", "REMW"},
    {OpCode::kCreateContainer, "createContainer", "CREA"},
    {OpCode::kDeleteContainer, "deleteContainer", "DELE"},
    {OpCode::kCreateTtl, "createTTL", "CREA"},
    {OpCode::kMultiRead, "multiRead", "MLTR"},
    {OpCode::kAuth, "auth", "NA"},
    {OpCode::kSetWatches, "setWatches", "SETW"},
    {OpCode::kSasl, "sasl", "NA"},
    {OpCode::kGetEphemerals, "getEphemerals", "GETE"},
    {OpCode::kGetAllChildrenNumber, "getAllChildrenNumber", "GETACN"},
    {OpCode::kSetWatches2, "setWatches2", "STW2"},
    {OpCode::kAddWatch, "addWatch", "ADDW"},
    {OpCode::kWhoAmI, "whoAmI", "HOMI"},
    {OpCode::kCreateSession, "createSession", "SESS"},
    {OpCode::kCloseSession, "closeSession", "CLOS"},
    {OpCode::kError, "error", "NA"},
});

const Name* find(OpCode op) {
  const auto* found =
      std::find_if(kNames.begin(), kNames.end(), [op](const Name& name) { return name.op == op; });
  return found == kNames.end() ? nullptr : found;
}

}  // namespace

std::string_view name_of(OpCode op) {
  const Name* name = find(op);
  return name == nullptr ? "unknown" : name->full;
}

std::string_view short_name_of(OpCode op) {
  const Name* name = find(op);
  return name == nullptr ? "NA" : name->four_letters;
}

}  // namespace quorate::wire
