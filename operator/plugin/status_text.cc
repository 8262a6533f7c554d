// A QuorumCluster as text.
#include "operator/plugin/status_text.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "operator/api/conditions.h"
#include "operator/api/json_mapping.h"
#include "operator/plugin/table.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

std::string text_at(const json& object, const char* pointer) {
  const json::json_pointer at(pointer);
  if (!object.contains(at) || !object[at].is_string()) {
    return {};
  }
  return object[at].get<std::string>();
}

int64_t number_at(const json& object, const char* pointer, int64_t otherwise) {
  const json::json_pointer at(pointer);
  return object.contains(at) && object[at].is_number_integer() ? object[at].get<int64_t>()
                                                               : otherwise;
}

/// An object with its status in the types of the resource. Fields of a newer operator are passed
/// over.
struct Seen {
  explicit Seen(const json& from)
      : object(from),
        status(api::read<api::QuorumClusterStatus>(from.value("status", json::object()), "status")
                   .value) {}

  [[nodiscard]] const api::Condition* condition(std::string_view type) const {
    return api::find_condition(status, type);
  }
  [[nodiscard]] bool is(std::string_view type) const { return api::is_true(status, type); }

  const json& object;
  const api::QuorumClusterStatus status;
};

/// The word of a cluster for its first line and for lists.
Cell health_of(const Seen& seen) {
  if (seen.condition(api::condition::kReady) == nullptr) {
    return {"Unseen", Tint::kWarning};
  }
  if (!text_at(seen.object, "/metadata/deletionTimestamp").empty()) {
    return {"Deleting", Tint::kWarning};
  }
  if (!seen.is(api::condition::kReady)) {
    const std::string& reason = seen.condition(api::condition::kReady)->reason();
    return {reason.empty() ? "NotReady" : reason, Tint::kBad};
  }
  if (seen.is(api::condition::kDegraded)) {
    return {"Degraded", Tint::kWarning};
  }
  if (seen.is(api::condition::kReconciliationPaused)) {
    return {"Paused", Tint::kWarning};
  }
  if (seen.is(api::condition::kProgressing)) {
    return {seen.condition(api::condition::kProgressing)->reason(), Tint::kWarning};
  }
  return {"Ready", Tint::kGood};
}

struct VoterCount {
  int voters = 0;
  int ready = 0;
  [[nodiscard]] int quorum() const { return voters / 2 + 1; }
};

VoterCount count_voters(const Seen& seen) {
  VoterCount count{.voters = seen.status.voters()};
  for (const api::MemberStatus& member : seen.status.members()) {
    count.ready += member.role() == "Voter" && member.ready() ? 1 : 0;
  }
  return count;
}

Cell quorum_cell(const Seen& seen) {
  const VoterCount count = count_voters(seen);
  const std::string numbers = std::to_string(count.ready) + " of " + std::to_string(count.voters) +
                              " voters ready, " + std::to_string(count.quorum()) + " needed";
  if (!seen.is(api::condition::kQuorumHealthy)) {
    return {"none: " + numbers, Tint::kBad};
  }
  const int spare = count.ready - count.quorum();
  if (spare <= 0) {
    return {numbers + "; no further one may fail",
            count.voters > 2 ? Tint::kWarning : Tint::kPlain};
  }
  return {numbers + "; " + std::to_string(spare) + " may fail", Tint::kGood};
}

Cell zones_cell(const Seen& seen) {
  const api::Condition* const condition = seen.condition(api::condition::kZoneFaultTolerant);
  if (condition == nullptr) {
    return {};
  }
  const bool is_tolerant = condition->status() == "True";
  std::string text = is_tolerant ? "any one zone may be lost" : "a zone may not be lost";
  if (!condition->message().empty()) {
    text += ": " + condition->message();
  }
  return {text, is_tolerant ? Tint::kGood : Tint::kWarning};
}

std::string names_of(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string text;
  for (const std::string& each : names) {
    text += (text.empty() ? "" : ", ") + each;
  }
  return text;
}

std::string change_text(const Seen& seen) {
  if (!seen.status.has_in_flight()) {
    return {};
  }
  const api::InFlight& change = seen.status.in_flight();
  std::string members;
  for (const api::InFlightMember& each : change.members()) {
    members += (members.empty() ? " of " : ", ") + each.name();
  }
  return change.kind() + ": " + change.step() + members + ", since " + change.since();
}

/// A name of a row, and what stands there; rows without a text are left out.
void add_fact(std::string& text, std::string_view name, const Cell& cell, bool has_colour) {
  if (cell.text.empty()) {
    return;
  }
  std::string title(name);
  title.resize(10, ' ');
  text += painted(title, Tint::kTitle, has_colour) + painted(cell.text, cell.tint, has_colour);
  text += "\n";
}

Cell state_cell(const api::MemberStatus& member) {
  const std::string& state = member.state();
  if (state == "Leader" || state == "Follower" || state == "Observer") {
    return {state, member.ready() ? Tint::kGood : Tint::kWarning};
  }
  const bool is_moving = state == "Looking" || state == "Resyncing" || state == "Terminating";
  return {state, is_moving ? Tint::kWarning : Tint::kBad};
}

std::string members_text(const Seen& seen, bool has_colour) {
  Table table({"MEMBER", "ID", "ZONE", "ROLE", "STATE", "READY", "LAG", "VERSION", "REASON"});
  for (const api::MemberStatus& member : seen.status.members()) {
    table.add({{member.name()},
               {std::to_string(member.myid()), Tint::kQuiet},
               {member.zone()},
               {member.role()},
               state_cell(member),
               {member.ready() ? "yes" : "no", member.ready() ? Tint::kPlain : Tint::kBad},
               {member.has_lag() ? std::to_string(member.lag()) : "", Tint::kWarning},
               {member.version()},
               {member.reason(), Tint::kWarning}});
  }
  return table.text(has_colour);
}

std::string zones_text(const Seen& seen, bool has_colour) {
  Table table({"ZONE", "NODES", "VOTERS", "OBSERVERS", "READY"});
  for (const api::ZoneStatus& zone : seen.status.zones()) {
    const int members = zone.voters() + zone.observers();
    table.add(
        {{zone.name()},
         {zone.node_zone().empty() ? "any" : zone.node_zone()},
         {std::to_string(zone.voters())},
         {std::to_string(zone.observers())},
         {std::to_string(zone.ready()), zone.ready() < members ? Tint::kWarning : Tint::kPlain}});
  }
  return table.text(has_colour);
}

std::string steps_text(const Seen& seen, bool has_colour) {
  Table table({"PLAN", "STEP", "MEMBERS", "REASON", "MESSAGE"});
  for (const api::PlanStep& step : seen.status.plan()) {
    const bool is_blocked = step.state() == "Blocked";
    table.add({{step.state(), is_blocked              ? Tint::kBad
                              : step.state() == "Now" ? Tint::kGood
                                                      : Tint::kWarning},
               {step.step()},
               {names_of(step.members())},
               {step.reason()},
               {step.message()}});
  }
  return table.text(has_colour);
}

/// Whether a condition is as one would wish; what a cluster does at the moment is not bad.
bool is_fine(const api::Condition& condition) {
  const std::string& type = condition.type();
  if (type == api::condition::kProgressing) {
    return condition.status() == "True" || condition.reason() == "Settled";
  }
  const bool wants_false =
      type == api::condition::kDegraded || type == api::condition::kReconciliationPaused;
  return condition.status() == (wants_false ? "False" : "True");
}

std::string conditions_text(const Seen& seen, bool has_colour) {
  Table table({"CONDITION", "STATUS", "REASON", "SINCE", "MESSAGE"});
  bool has_any = false;
  for (const api::Condition& condition : seen.status.conditions()) {
    if (!is_fine(condition)) {
      has_any = true;
      table.add({{condition.type(), Tint::kWarning},
                 {condition.status()},
                 {condition.reason()},
                 {condition.last_transition_time(), Tint::kQuiet},
                 {condition.message()}});
    }
  }
  return has_any ? table.text(has_colour) : std::string();
}

/// Empty when the operator has seen the object as it is.
std::string staleness(const Seen& seen) {
  const int64_t generation = number_at(seen.object, "/metadata/generation", 0);
  if (!seen.status.has_observed_generation()) {
    return "no operator has looked at this object yet: does quorate-operator run, and does it "
           "watch "
           "this namespace?";
  }
  if (seen.status.observed_generation() < generation) {
    return "what follows is about generation " + std::to_string(seen.status.observed_generation()) +
           " of the spec; the operator has not yet looked at generation " +
           std::to_string(generation);
  }
  return {};
}

std::string full_name(const Seen& seen) {
  return text_at(seen.object, "/metadata/namespace") + "/" + text_at(seen.object, "/metadata/name");
}

Cell members_cell(const Seen& seen) {
  if (seen.status.voters() == 0) {
    return {};
  }
  std::string text = std::to_string(seen.status.voters()) + " voters";
  const int64_t wanted = number_at(seen.object, "/spec/voters", seen.status.voters());
  if (wanted != seen.status.voters()) {
    text += " (" + std::to_string(wanted) + " wanted)";
  }
  const int64_t observers = number_at(seen.object, "/spec/observers", seen.status.observers());
  if (observers != 0 || seen.status.observers() != 0) {
    text += ", " + std::to_string(seen.status.observers()) + " observers";
    if (observers != seen.status.observers()) {
      text += " (" + std::to_string(observers) + " wanted)";
    }
  }
  return {text + ", " + std::to_string(seen.status.ready()) + " members ready"};
}

}  // namespace

std::string status_text(const json& object, bool has_colour) {
  const Seen seen(object);
  std::string text;
  add_fact(text, "Cluster", {full_name(seen)}, has_colour);
  add_fact(text, "Health", health_of(seen), has_colour);
  add_fact(text, "Note", {staleness(seen), Tint::kWarning}, has_colour);
  add_fact(text, "Members", members_cell(seen), has_colour);
  if (seen.condition(api::condition::kQuorumHealthy) != nullptr) {
    add_fact(text, "Quorum", quorum_cell(seen), has_colour);
  }
  add_fact(text, "Leader", {seen.status.leader()}, has_colour);
  add_fact(text, "Zones", zones_cell(seen), has_colour);
  add_fact(text, "Version", {seen.status.version()}, has_colour);
  add_fact(text, "Change", {change_text(seen), Tint::kWarning}, has_colour);
  const auto add_part = [&](const std::string& part) {
    if (!part.empty()) {
      text += "\n" + part;
    }
  };
  if (seen.status.members_size() > 0) {
    add_part(members_text(seen, has_colour));
  }
  if (seen.status.zones_size() > 0) {
    add_part(zones_text(seen, has_colour));
  }
  if (seen.status.plan_size() > 0) {
    add_part(steps_text(seen, has_colour));
  }
  add_part(conditions_text(seen, has_colour));
  return text;
}

std::string plan_text(const json& object, bool has_colour) {
  const Seen seen(object);
  std::string text;
  add_fact(text, "Cluster", {full_name(seen)}, has_colour);
  add_fact(text, "Note", {staleness(seen), Tint::kWarning}, has_colour);
  add_fact(text, "Change", {change_text(seen), Tint::kWarning}, has_colour);
  if (seen.status.plan_size() > 0) {
    return text + "\n" + steps_text(seen, has_colour);
  }
  if (const api::Condition* const now = seen.condition(api::condition::kProgressing)) {
    const std::string message = now->message().empty() ? "" : ": " + now->message();
    add_fact(text, "Plan", {now->reason() + message}, has_colour);
  }
  return text;
}

std::string list_text(const std::vector<json>& objects, bool has_spaces, bool has_colour) {
  std::vector<std::string> titles{"NAME",  "HEALTH", "VOTERS",  "OBSERVERS",
                                  "READY", "LEADER", "VERSION", "NEXT"};
  if (has_spaces) {
    titles.insert(titles.begin(), "NAMESPACE");
  }
  Table table(std::move(titles));
  for (const json& object : objects) {
    const Seen seen(object);
    std::vector<Cell> row;
    if (has_spaces) {
      row.push_back({text_at(object, "/metadata/namespace")});
    }
    row.push_back({text_at(object, "/metadata/name")});
    row.push_back(health_of(seen));
    row.push_back({std::to_string(seen.status.voters())});
    row.push_back({std::to_string(seen.status.observers())});
    row.push_back({std::to_string(seen.status.ready())});
    row.push_back({seen.status.leader()});
    row.push_back({seen.status.version()});
    if (seen.status.plan_size() > 0) {
      const api::PlanStep& next = seen.status.plan(0);
      const std::string reason = next.reason().empty() ? "" : " (" + next.reason() + ")";
      row.push_back({next.state() + " " + next.step() + reason});
    }
    table.add(std::move(row));
  }
  return table.text(has_colour);
}

json tidied(json object) {
  if (object.is_object() && object.contains("metadata") && object["metadata"].is_object()) {
    object["metadata"].erase("managedFields");
  }
  return object;
}

}  // namespace quorate::plugin
