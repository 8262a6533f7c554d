// Patches of the object, and waiting for what comes of them.
#include "operator/plugin/change.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include "operator/api/conditions.h"
#include "operator/api/json_mapping.h"
#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/kube/resource_kind.h"
#include "operator/plugin/recovery_text.h"
#include "operator/transport/clock.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr auto kLookInterval = std::chrono::seconds(1);

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

api::QuorumClusterStatus status_of(const json& object) {
  return api::read<api::QuorumClusterStatus>(object.value("status", json::object()), "status")
      .value;
}

bool is_settled(const api::QuorumClusterStatus& status) {
  const api::Condition* const progressing =
      api::find_condition(status, api::condition::kProgressing);
  return progressing != nullptr && progressing->status() == "False" &&
         progressing->reason() == "Settled";
}

bool is_paused(const json& object) { return kube::flag_at(object, {"spec", "update", "paused"}); }

/// What goes on, in one line.
std::string progress_of(const api::QuorumClusterStatus& status) {
  std::string text;
  if (const auto* const each = api::find_condition(status, api::condition::kProgressing)) {
    text = each->reason() + (each->message().empty() ? "" : ": " + each->message());
  }
  if (status.has_in_flight()) {
    std::string members;
    for (const api::InFlightMember& each : status.in_flight().members()) {
      members += " " + each.name();
    }
    text += (text.empty() ? "" : "; ") + status.in_flight().step() + members;
  }
  return text;
}

/// Looks at the object until `is_done` says so, and prints what changes.
Status wait_until(Session& session, const Command& command, const std::string& name,
                  const std::function<Result<bool>(const json&)>& is_done) {
  const auto until = transport::monotonic_now() +
                     Duration(static_cast<Duration::rep>(command.wait_timeout_s * 1'000'000));
  std::string last;
  while (true) {
    const auto object = session.cluster(name);
    if (!object) {
      return object.error();
    }
    const std::string now = progress_of(status_of(*object));
    if (now != last && !now.empty()) {
      say("  " + now);
      last = now;
    }
    const auto done = is_done(*object);
    if (!done) {
      return done.error();
    }
    if (*done) {
      return {};
    }
    if (transport::monotonic_now() >= until) {
      return Error{ErrorKind::kUnavailable,
                   "not done in time; `kubectl quorate plan " + name + "` says what holds it up"};
    }
    std::this_thread::sleep_for(kLookInterval);
  }
}

/// Whether every Pod of the cluster was made from a template with that time.
Result<bool> are_restarted(Session& session, const std::string& name, const std::string& time) {
  const auto pods = session.list(kube::kPod, std::string(api::labels::kInstance) + "=" + name);
  if (!pods) {
    return pods.error();
  }
  for (const json& pod : *pods) {
    if (kube::annotation_of(pod, api::annotations::kRestartedAt) != time) {
      return false;
    }
  }
  return true;
}

}  // namespace

Status roll(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = kube::name_of(*object);
  const std::string time = api::time_text(transport::now().wall);
  const std::string key(api::annotations::kRestartedAt);
  const auto patched =
      session.patch_cluster(name, {{"metadata", {{"annotations", {{key, time}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": members restart, those of one batch at a time");
  if (is_paused(*object)) {
    say("  it is paused: nothing happens until `kubectl quorate resume " + name + "`");
    return {};
  }
  if (!command.waits) {
    say("  watch it with `kubectl quorate status " + name + "`");
    return {};
  }
  const Status done = wait_until(session, command, name, [&](const json& now) -> Result<bool> {
    if (!is_settled(status_of(now))) {
      return false;
    }
    return are_restarted(session, name, time);
  });
  if (done) {
    say("quorumcluster/" + name + ": every member was restarted");
  }
  return done;
}

namespace {

/// The voter that has the most of what the leader has, by the object's status.
std::string next_leader(const api::QuorumClusterStatus& status) {
  const api::MemberStatus* best = nullptr;
  for (const api::MemberStatus& each : status.members()) {
    const bool can_lead = each.role() == "Voter" && each.ready() && each.name() != status.leader();
    if (can_lead && (best == nullptr || each.lag() < best->lag())) {
      best = &each;
    }
  }
  return best == nullptr ? std::string() : best->name();
}

/// Whom leadership is to go to. Errors: nobody is there, or the one that is named cannot.
Result<std::string> choose_leader(const api::QuorumClusterStatus& status, const std::string& to) {
  if (to.empty()) {
    std::string next = next_leader(status);
    if (next.empty()) {
      return Error{ErrorKind::kUnavailable, "no other voter is ready to lead"};
    }
    return next;
  }
  for (const api::MemberStatus& each : status.members()) {
    if (each.name() == to && each.role() != "Voter") {
      return Error{ErrorKind::kInvalidInput,
                   to + " does not vote (" + each.role() + "), so it cannot lead; choose a voter"};
    }
    if (each.name() == to) {
      return to;
    }
  }
  return Error{ErrorKind::kNotFound, "the cluster has no member " + to};
}

}  // namespace

Status transfer_leader(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = kube::name_of(*object);
  const api::QuorumClusterStatus status = status_of(*object);
  const auto to = choose_leader(status, command.to);
  if (!to) {
    return to.error();
  }
  if (*to == status.leader()) {
    say("quorumcluster/" + name + ": " + *to + " leads already");
    return {};
  }
  const std::string value = *to + " " + api::time_text(transport::now().wall);
  const std::string key(api::annotations::kTransferLeader);
  const auto patched =
      session.patch_cluster(name, {{"metadata", {{"annotations", {{key, value}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": leadership is to move from " +
      (status.leader().empty() ? "nobody" : status.leader()) + " to " + *to);
  if (is_paused(*object)) {
    say("  it is paused: nothing happens until `kubectl quorate resume " + name + "`");
    return {};
  }
  if (!command.waits) {
    return {};
  }
  const Status done = wait_until(session, command, name, [&](const json& now) -> Result<bool> {
    const api::QuorumClusterStatus found = status_of(now);
    return found.transferred_leader() == value && found.leader() == *to;
  });
  if (done) {
    say("quorumcluster/" + name + ": " + *to + " leads");
  }
  return done;
}

namespace {

/// One line that a person types.
std::string ask(const std::string& question) {
  std::printf("%s ", question.c_str());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer;
}

/// Whether a recovery makes sense at all, as far as the status tells; the operator looks closer.
Status check_recovery(const json& object, const std::string& from) {
  const api::QuorumClusterStatus status = status_of(object);
  const bool is_member = std::ranges::any_of(
      status.members(), [&](const api::MemberStatus& each) { return each.name() == from; });
  if (!is_member) {
    return Error{ErrorKind::kNotFound, "the cluster has no member " + from};
  }
  if (api::is_true(status, api::condition::kQuorumHealthy)) {
    return Error{ErrorKind::kConflict,
                 "there is a quorum, led by " + status.leader() +
                     ": nothing is lost, and a member that is damaged is replaced without this"};
  }
  if (is_paused(object)) {
    return Error{ErrorKind::kConflict,
                 "it is paused: `kubectl quorate resume " + kube::name_of(object) + "` first"};
  }
  return {};
}

Status confirm(const Command& command, const std::string& name) {
  if (!command.accepts_loss) {
    return Error{ErrorKind::kConflict, "nothing was changed; --accept-data-loss does it"};
  }
  if (command.is_sure) {
    return {};
  }
  const bool is_confirmed =
      ask("Are the other members' disks beyond help, and is this loss accepted? (yes/no)") ==
          "yes" &&
      ask("Type the cluster's name:") == name;
  return is_confirmed ? Status{} : Error{ErrorKind::kConflict, "nothing was changed"};
}

/// Looks after which a refusal is the answer to this wish, and not to one before.
constexpr int kLooksOfRefusal = 5;

/// Done when the operator says so; a refusal that only a person can lift ends the wait.
Result<bool> is_recovered(const json& object, const std::string& former, int looks) {
  const api::QuorumClusterStatus status = status_of(object);
  if (status.recovery().former_ensemble_id() == former) {
    return api::is_true(status, api::condition::kRecovered);
  }
  for (const api::PlanStep& step : status.plan()) {
    if (step.step() == "Recover" && step.state() == "Blocked" && looks > kLooksOfRefusal) {
      return Error{ErrorKind::kConflict, "refused: " + step.message()};
    }
  }
  return false;
}

}  // namespace

Status recover(Session& session, const Command& command, bool has_colour) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  if (const Status checked = check_recovery(*object, command.from); !checked) {
    return checked;
  }
  const std::string name = kube::name_of(*object);
  const api::QuorumClusterStatus status = status_of(*object);
  std::printf("%s", recovery_text(name, status, command.from, has_colour).c_str());
  if (const Status confirmed = confirm(command, name); !confirmed) {
    return confirmed;
  }
  const std::string& former = status.ensemble_id();
  const std::string key(api::annotations::kRecover);
  const auto patched = session.patch_cluster(
      name, {{"metadata", {{"annotations", {{key, command.from + " " + former}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": " + command.from + " is to go on alone");
  if (!command.waits) {
    say("  `kubectl quorate status " + name + "` says whether the operator grants it");
    return {};
  }
  int looks = 0;
  const Status done = wait_until(
      session, command, name, [&](const json& now) { return is_recovered(now, former, ++looks); });
  if (done) {
    say("quorumcluster/" + name + ": " + command.from + " serves; members are added to it now");
  }
  return done;
}

Status set_paused(Session& session, const Command& command, bool is_paused_now) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = kube::name_of(*object);
  const std::string word = is_paused_now ? "paused" : "resumed";
  if (is_paused(*object) == is_paused_now) {
    say("quorumcluster/" + name + ": was " + word + " already");
    return {};
  }
  const auto patched =
      session.patch_cluster(name, {{"spec", {{"update", {{"paused", is_paused_now}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": " + word +
      (is_paused_now ? "; members go on to serve, and the operator changes nothing" : ""));
  return {};
}

}  // namespace quorate::plugin
