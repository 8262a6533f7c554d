// Actions as text.
#include "operator/plan/action.h"

#include "operator/ensemble/member_report.h"
#include "server/base/overloaded.h"

namespace quorate::plan {

namespace {

std::string describe(const Reconfigure& reconfigure) {
  std::string text = "reconfigure";
  for (const resources::Server& server : reconfigure.joining) {
    text += " " + server.member + (server.is_voter ? "=voter" : "=observer");
  }
  for (const int id : reconfigure.leaving) {
    text += " -" + std::to_string(id);
  }
  return text + " from " + ensemble::hex_text(reconfigure.from_version) + " at " +
         reconfigure.leader;
}

}  // namespace

std::string text_of(const Action& action) {
  return std::visit(
      Overloaded{
          [](const AddFinalizer&) { return std::string("add finalizer"); },
          [](const RemoveFinalizer&) { return std::string("remove finalizer"); },
          [](const ConfirmFormed& a) { return "confirm formed at " + a.leader; },
          [](const Reconfigure& a) { return describe(a); },
          [](const TransferLeadership& a) {
            return "transfer leadership " + a.from + " to " + a.to;
          },
          [](const EvictPod& a) { return "evict " + a.name + " (" + a.uid + ")"; },
          [](const DeletePod& a) { return "delete pod " + a.name + " (" + a.uid + ")"; },
          [](const LabelPod& a) { return "label " + a.name + " " + a.role; },
          [](const GrowClaim& a) { return "grow " + a.name + " to " + a.size; },
          [](const DeleteClaim& a) { return "delete claim " + a.name + " (" + a.uid + ")"; },
          [](const RetireClaim& a) { return (a.is_retired ? "retire " : "take back ") + a.name; },
          [](const StampClaim& a) { return "stamp " + a.name + " with " + a.ensemble_id; },
          [](const DeleteSet& a) {
            return "delete set " + a.name + (a.keeps_pods ? " but not its pods" : "");
          },
      },
      action);
}

bool reduces_quorum(const Action& action) {
  return std::holds_alternative<Reconfigure>(action) ||
         std::holds_alternative<TransferLeadership>(action) ||
         std::holds_alternative<EvictPod>(action) || std::holds_alternative<DeletePod>(action) ||
         std::holds_alternative<DeleteClaim>(action) || std::holds_alternative<DeleteSet>(action);
}

}  // namespace quorate::plan
