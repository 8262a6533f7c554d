// Finding lost volumes and what to do about each.
#include "operator/plan/replace.h"

#include "operator/ensemble/member_report.h"
#include "operator/plan/role_change.h"

namespace quorate::plan {

namespace {

/// A damaged member fetches history from a peer by itself; so long it may take.
constexpr int64_t kRepairMs = 300000;

enum class Loss { kNone, kLost, kNew, kForeign, kDamaged, kFormer };

Loss loss_of(const Facts& facts, const Slot& slot) {
  if (slot.data != nullptr && slot.data->is_lost) {
    return Loss::kLost;
  }
  if (slot.is_former) {
    return Loss::kFormer;
  }
  if (slot.problem == "ForeignDisk") {
    return Loss::kForeign;
  }
  const bool is_old =
      slot.pod != nullptr && facts.in.now.value - slot.pod->created.value >= kRepairMs;
  if (slot.problem == "DiskDamaged" && is_old) {
    return Loss::kDamaged;
  }
  const bool is_new = slot.data != nullptr && !slot.volume_uid.empty() &&
                      slot.data->uid != slot.volume_uid && !slot.is_synced;
  return is_new ? Loss::kNew : Loss::kNone;
}

class Replacement {
 public:
  Replacement(const Facts& facts, Draft& draft) : facts_(facts), draft_(draft) {}

  Flow run() {
    for (const Slot& slot : facts_.slots) {
      const Loss loss = slot.is_recorded ? loss_of(facts_, slot) : Loss::kNone;
      if (loss == Loss::kNone) {
        continue;
      }
      draft_.progressing = change::kReplace;
      if (slot.is_voter && facts_.voters() > 1) {
        return demote(slot);
      }
      if (loss != Loss::kNew && wipe(slot, loss)) {
        return Flow::kStop;
      }
    }
    return Flow::kContinue;
  }

 private:
  Flow demote(const Slot& slot) {
    if (!facts_.view.has_quorum()) {
      draft_.step_blocked("Demote", {slot.name}, "NoQuorum",
                          "member " + slot.name +
                              " lost its volume; it can stop voting only while there is a quorum");
      return Flow::kStop;
    }
    const RoleChange change{.promoted = {}, .demoted = {&slot}};
    if (!after(facts_, change).has_quorum()) {
      draft_.step_blocked("Demote", {slot.name}, "WouldLoseQuorum",
                          std::to_string(facts_.view.synced_voters()) + " of " +
                              std::to_string(facts_.voters()) + " voters are synced");
      return Flow::kStop;
    }
    draft_.record(change::kReplace, "Demote", {in_flight_member(slot.name, {})}, facts_.in.now,
                  ensemble::hex_text(facts_.view.config_version));
    draft_.step_now("Demote", {slot.name});
    draft_.step_later("Promote", {slot.name});
    draft_.actions.emplace_back(
        Reconfigure{.leader = *facts_.view.leader,
                    .joining = {{.member = slot.name, .myid = slot.myid, .is_voter = false}},
                    .leaving = {},
                    .from_version = facts_.view.config_version});
    return Flow::kStop;
  }

  /// False: nothing can be done here, and others need not wait for it.
  bool wipe(const Slot& slot, Loss loss) {
    if (slot.data == nullptr) {
      return false;
    }
    if (slot.data->is_terminating) {
      return let_go(slot);
    }
    if (!may_delete(slot, loss)) {
      draft_.step_blocked("ReplaceVolume", {slot.name}, reason_of(loss),
                          detail_of(slot, loss) + "; the volume is kept by policy: delete claim " +
                              slot.data->name + " and Pod " + slot.name + " to replace it");
      return false;
    }
    draft_.record(change::kReplace, "ReplaceVolume", {in_flight_member(slot.name, slot.data->uid)},
                  facts_.in.now);
    draft_.step_now("ReplaceVolume", {slot.name});
    // Its log has the same history, and would come back beside an empty volume.
    if (loss == Loss::kFormer && slot.log != nullptr) {
      draft_.actions.emplace_back(DeleteClaim{.name = slot.log->name, .uid = slot.log->uid});
    }
    draft_.actions.emplace_back(DeleteClaim{.name = slot.data->name, .uid = slot.data->uid});
    if (slot.pod != nullptr && !slot.pod->is_terminating) {
      draft_.actions.emplace_back(DeletePod{.name = slot.name, .uid = slot.pod->uid});
    }
    return true;
  }

  [[nodiscard]] bool may_delete(const Slot& slot, Loss loss) const {
    const bool is_ours = slot.data->ensemble_id == draft_.status.ensemble_id();
    const bool deletes = facts_.cluster.reclaim == api::Reclaim::kDelete;
    if (loss == Loss::kFormer) {
      // A volume that came after the member's own was lost has never held anything.
      return deletes || (!slot.volume_uid.empty() && slot.data->uid != slot.volume_uid);
    }
    return loss == Loss::kLost || (deletes && is_ours);
  }

  static std::string_view reason_of(Loss loss) {
    if (loss == Loss::kFormer) {
      return "FormerEnsemble";
    }
    return loss == Loss::kForeign ? "ForeignDisk" : "DiskDamaged";
  }

  [[nodiscard]] std::string detail_of(const Slot& slot, Loss loss) const {
    return loss == Loss::kFormer
               ? "the disk of " + slot.name + " is of ensemble " +
                     draft_.status.recovery().former_ensemble_id() + ", which was given up"
               : slot.detail;
  }

  /// The claim was deleted before, and stays as long as a Pod uses it: whoever deleted it may not
  /// have come as far as the Pod.
  bool let_go(const Slot& slot) {
    if (slot.pod == nullptr || slot.pod->is_terminating) {
      return false;
    }
    draft_.record(change::kReplace, "ReplaceVolume", {in_flight_member(slot.name, slot.data->uid)},
                  facts_.in.now);
    draft_.step_now("ReplaceVolume", {slot.name});
    draft_.actions.emplace_back(DeletePod{.name = slot.name, .uid = slot.pod->uid});
    return true;
  }

  const Facts& facts_;
  Draft& draft_;
};

}  // namespace

Flow replace_members(const Facts& facts, Draft& draft) { return Replacement(facts, draft).run(); }

}  // namespace quorate::plan
