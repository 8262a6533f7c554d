// Steps and the record of the change in flight.
#include "operator/plan/draft.h"

#include <algorithm>
#include <utility>

#include "operator/api/conditions.h"

namespace quorate::plan {

namespace {

bool is_same(const api::InFlight& record, std::string_view kind, std::string_view step,
             const std::vector<api::InFlightMember>& members, const std::string& config_version) {
  return record.kind() == kind && record.step() == step &&
         record.config_version() == config_version &&
         std::ranges::equal(record.members(), members,
                            [](const api::InFlightMember& a, const api::InFlightMember& b) {
                              return a.name() == b.name() && a.uid() == b.uid();
                            });
}

}  // namespace

void Draft::add(std::string_view step, std::string_view state,
                const std::vector<std::string>& members, std::string_view reason,
                std::string message) {
  api::PlanStep added;
  added.set_step(std::string(step));
  added.set_state(std::string(state));
  for (const std::string& member : members) {
    added.add_members(member);
  }
  if (!reason.empty()) {
    added.set_reason(std::string(reason));
    added.set_message(std::move(message));
  }
  steps.push_back(std::move(added));
}

void Draft::step_now(std::string_view step, const std::vector<std::string>& members) {
  add(step, "Now", members, {}, {});
}

void Draft::step_waits(std::string_view step, const std::vector<std::string>& members,
                       std::string_view reason, std::string message) {
  add(step, "Waiting", members, reason, std::move(message));
}

void Draft::step_blocked(std::string_view step, const std::vector<std::string>& members,
                         std::string_view reason, std::string message) {
  add(step, "Blocked", members, reason, std::move(message));
}

void Draft::step_later(std::string_view step, const std::vector<std::string>& members) {
  add(step, "Later", members, {}, {});
}

void Draft::record(std::string_view kind, std::string_view step,
                   const std::vector<api::InFlightMember>& members, WallMillis now,
                   std::string config_version) {
  if (status.has_in_flight() && is_same(status.in_flight(), kind, step, members, config_version)) {
    return;
  }
  api::InFlight record;
  record.set_kind(std::string(kind));
  record.set_step(std::string(step));
  for (const api::InFlightMember& member : members) {
    *record.add_members() = member;
  }
  record.set_since(api::time_text(now));
  if (!config_version.empty()) {
    record.set_config_version(std::move(config_version));
  }
  *status.mutable_in_flight() = std::move(record);
}

api::InFlightMember in_flight_member(const std::string& name, const std::string& uid) {
  api::InFlightMember member;
  member.set_name(name);
  if (!uid.empty()) {
    member.set_uid(uid);
  }
  return member;
}

}  // namespace quorate::plan
