// Whether a quorum is lost for good, and the way to one voter.
#include "operator/plan/recover.h"

#include <algorithm>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/plan/storage.h"

namespace quorate::plan {

namespace {

constexpr std::string_view kStep = "Recover";
/// A Pod may have started with the former zoo.cfg; so long it may take to see that of the new one.
constexpr int64_t kConfigMs = 30000;

struct Wish {
  std::string member;
  std::string ensemble_id;
};

Wish wish_of(const std::string& asked) {
  const size_t blank = std::min(asked.find(' '), asked.size());
  return {.member = asked.substr(0, blank),
          .ensemble_id = asked.substr(std::min(blank + 1, asked.size()))};
}

/// Why not; nothing: it is granted.
struct Refusal {
  std::string reason;
  std::string message;
  bool passes = false;  ///< By itself: nobody needs to do anything.
};

/// The voters, by what can be expected of their disks.
struct Voters {
  std::vector<std::string> here;  ///< They answer and can elect.
  std::vector<std::string> away;  ///< They do not answer; their volumes exist.
  int needed = 0;                 ///< To elect a leader.
};

std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

bool is_disk_sound(const ensemble::MemberReport& report) {
  return report.zxid != 0 && report.disk != ensemble::Disk::kDamaged &&
         report.disk != ensemble::Disk::kResyncing;
}

/// Whether what the member had is gone, so that it never votes from it again. Its own word counts
/// for more than that of its claim.
bool is_disk_gone(const Facts& facts, const Slot& slot) {
  if (slot.is_trusted) {
    return !is_disk_sound(facts.view.find(slot.name)->report);
  }
  if (slot.data == nullptr || slot.data->is_lost) {
    return true;
  }
  return !slot.volume_uid.empty() && slot.data->uid != slot.volume_uid;
}

Voters voters_of(const Facts& facts) {
  Voters voters{.here = {}, .away = {}, .needed = facts.quorum()};
  for (const Slot& slot : facts.slots) {
    if (slot.is_voter && !is_disk_gone(facts, slot)) {
      (slot.is_trusted ? voters.here : voters.away).push_back(slot.name);
    }
  }
  return voters;
}

int64_t without_quorum_ms(const Facts& facts) {
  const api::Condition* const healthy =
      api::find_condition(facts.in.recorded, api::condition::kQuorumHealthy);
  if (healthy == nullptr || healthy->status() != "False") {
    return 0;
  }
  const auto since = api::parse_time(healthy->last_transition_time());
  return since ? facts.in.now.value - since->value : 0;
}

/// Of the ensemble as a whole: whether its quorum is lost for good.
std::optional<Refusal> refuse_ensemble(const Facts& facts) {
  if (facts.view.has_quorum()) {
    return Refusal{"QuorumExists", *facts.view.leader +
                                       " leads a quorum: nothing is lost, and a member that is "
                                       "damaged is replaced without this"};
  }
  const Voters voters = voters_of(facts);
  const auto is_quorum = [&](size_t count) { return static_cast<int>(count) >= voters.needed; };
  if (is_quorum(voters.here.size())) {
    return Refusal{"QuorumPossible", names_text(voters.here) +
                                         " answer and are enough to elect a leader: mend what "
                                         "keeps them from each other"};
  }
  for (const Slot& slot : facts.slots) {
    if (slot.is_voter && slot.pod != nullptr && slot.pod->is_ready && !slot.pod->is_terminating) {
      return Refusal{"MemberReady",
                     "Pod " + slot.name +
                         " is Ready: it may be part of a quorum that the operator does not reach",
                     true};
    }
  }
  const int64_t waited_ms = without_quorum_ms(facts);
  if (is_quorum(voters.here.size() + voters.away.size()) && waited_ms < kReturnMs) {
    return Refusal{"MembersMayReturn",
                   names_text(voters.away) +
                       " may come back: their volumes exist; they are given "
                       "up when there is no quorum for another " +
                       std::to_string((kReturnMs - waited_ms + 999) / 1000) + " s",
                   true};
  }
  return std::nullopt;
}

/// Of the member: whether it can go on alone.
std::optional<Refusal> refuse_member(const Facts& facts, const std::string& name) {
  const Slot* const slot = facts.find(name);
  if (slot == nullptr || !slot->is_recorded) {
    return Refusal{"NoSuchMember", "this cluster has no member " + name};
  }
  if (!slot->is_trusted) {
    return Refusal{"MemberNotTrusted", slot->detail};
  }
  const ensemble::MemberReport& report = facts.view.find(name)->report;
  if (slot->data == nullptr || !is_disk_sound(report)) {
    return Refusal{"DiskNotSound",
                   "the disk of " + name +
                       (report.zxid == 0 ? " is empty" : " is not sound: " + slot->detail) +
                       ": name another member"};
  }
  return std::nullopt;
}

std::optional<Refusal> refuse(const Facts& facts, const Draft& draft, const Wish& wish) {
  if (wish.ensemble_id != draft.status.ensemble_id()) {
    return Refusal{"OtherEnsemble", "the wish gives up ensemble '" + wish.ensemble_id +
                                        "', this one is " + draft.status.ensemble_id()};
  }
  if (!facts.is_initialized) {
    return Refusal{"NotFormed",
                   "the ensemble was never formed, so there is nothing to recover: "
                   "delete the cluster and make it anew"};
  }
  if (auto refusal = refuse_ensemble(facts)) {
    return refusal;
  }
  return refuse_member(facts, wish.member);
}

void say(const Input& input, Draft& draft, api::Truth truth, std::string reason,
         std::string message) {
  api::set_condition(draft.status, api::condition::kRecovered,
                     {truth, std::move(reason), std::move(message)}, input.cluster.generation,
                     input.now);
}

void say_recovered(const Input& input, Draft& draft) {
  const api::Recovery& recovery = draft.status.recovery();
  say(input, draft, api::Truth::kTrue, "Recovered",
      "ensemble " + draft.status.ensemble_id() + " went on from " + recovery.member() + " at " +
          recovery.zxid() + "; what others had beyond it is lost");
}

/// Of a wish that was taken back.
void forget_refusal(const Input& input, Draft& draft) {
  if (api::find_condition(draft.status, api::condition::kRecovered) == nullptr ||
      draft.is_in_flight(change::kRecover)) {
    return;
  }
  if (draft.status.has_recovery()) {
    say_recovered(input, draft);
    return;
  }
  auto& conditions = *draft.status.mutable_conditions();
  conditions.erase(std::remove_if(conditions.begin(), conditions.end(),
                                  [](const api::Condition& each) {
                                    return each.type() == api::condition::kRecovered;
                                  }),
                   conditions.end());
}

void record(const Facts& facts, Draft& draft, const std::string& name) {
  const Slot& slot = *facts.find(name);
  api::Recovery& recovery = *draft.status.mutable_recovery();
  recovery.set_member(name);
  recovery.set_former_ensemble_id(draft.status.ensemble_id());
  recovery.set_zxid(ensemble::hex_text(facts.view.find(name)->report.zxid));
  recovery.set_since(api::time_text(facts.in.now));
  draft.status.set_ensemble_id(facts.in.fresh_ensemble_id);
  draft.status.clear_initial_voters();
  draft.status.add_initial_voters(name);
  draft.status.clear_config_version();
  draft.status.clear_leader();
  for (api::MemberStatus& member : *draft.status.mutable_members()) {
    member.set_role(member.name() == name ? "Voter" : "Joining");
  }
  draft.record(change::kRecover, kStep,
               {in_flight_member(name, slot.pod == nullptr ? "" : slot.pod->uid)}, facts.in.now);
  say(facts.in, draft, api::Truth::kFalse, std::string(change::kRecover),
      name + " goes on alone: ensemble " + recovery.former_ensemble_id() +
          " is given up, what others had beyond " + recovery.zxid() + " is lost");
}

/// The Pod that was there when it was recorded goes, and one that started with the former zoo.cfg.
void restart(const Facts& facts, Draft& draft, const Slot& slot) {
  if (slot.pod == nullptr || slot.pod->is_terminating) {
    draft.step_waits(kStep, {slot.name}, "MemberStarting",
                     "Pod " + slot.name + " does not exist yet");
    return;
  }
  const bool is_former_pod = slot.pod->uid == draft.status.in_flight().members(0).uid();
  const ensemble::MemberReport& report = facts.view.find(slot.name)->report;
  const bool has_former_config =
      report.ensemble_id == draft.status.recovery().former_ensemble_id() &&
      facts.in.now.value - slot.pod->created.value >= kConfigMs;
  if (is_former_pod || has_former_config) {
    draft.step_now(kStep, {slot.name});
    draft.actions.emplace_back(DeletePod{.name = slot.name, .uid = slot.pod->uid});
    return;
  }
  if (slot.is_stuck()) {
    draft.step_blocked(kStep, {slot.name}, slot.pod->stuck,
                       "Pod " + slot.name + " does not start: " + slot.pod->stuck);
    return;
  }
  draft.step_waits(kStep, {slot.name}, "MemberStarting",
                   slot.detail.empty() ? slot.name + " does not lead yet" : slot.detail);
}

}  // namespace

void record_recovery(const Input& input, Draft& draft) {
  const Wish wish = wish_of(input.cluster.recovery_asked);
  if (wish.member.empty()) {
    forget_refusal(input, draft);
    return;
  }
  if (draft.status.has_recovery() &&
      wish.ensemble_id == draft.status.recovery().former_ensemble_id()) {
    return;  // It was granted.
  }
  const Facts facts = gather(input, draft.status);
  const auto refusal = refuse(facts, draft, wish);
  if (!refusal) {
    record(facts, draft, wish.member);
    return;
  }
  if (refusal->passes) {
    draft.step_waits(kStep, {wish.member}, refusal->reason, refusal->message);
  } else {
    draft.step_blocked(kStep, {wish.member}, refusal->reason, refusal->message);
  }
  if (!draft.is_in_flight(change::kRecover)) {
    say(input, draft, api::Truth::kFalse, refusal->reason, refusal->message);
  }
}

Flow recover(const Facts& facts, Draft& draft) {
  if (!draft.is_in_flight(change::kRecover)) {
    return Flow::kContinue;
  }
  const api::Recovery& recovery = draft.status.recovery();
  if (facts.view.has_quorum()) {
    say_recovered(facts.in, draft);
    draft.clear_record();
    return Flow::kContinue;
  }
  draft.progressing = change::kRecover;
  static_cast<void>(recreate_outdated_sets(facts, draft));
  if (const Slot* const slot = facts.find(recovery.member())) {
    restart(facts, draft, *slot);
  }
  return Flow::kStop;
}

std::string recover_from_of(const Draft& draft) {
  const api::Recovery& recovery = draft.status.recovery();
  const api::MemberStatus* const member = find_member(draft.status, recovery.member());
  if (!draft.is_in_flight(change::kRecover) || member == nullptr) {
    return {};
  }
  return std::to_string(member->myid()) + ":" + recovery.former_ensemble_id();
}

}  // namespace quorate::plan
