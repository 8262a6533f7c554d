// Waiting for a round, and answers as text.
#include "operator/reconcile/member_client.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "operator/kube/json_value.h"
#include "operator/transport/clock.h"

namespace quorate::reconcile {

namespace {

/// Where a round meets the thread that waits for it; it outlives either.
struct RoundMeeting {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::optional<MemberReports> reports;
};

}  // namespace

std::string MemberAnswer::text() const {
  if (code == 0) {
    return error;
  }
  const auto json = kube::parse_json(body);
  std::string text = std::to_string(code);
  if (json && json->is_object()) {
    text += " " + kube::text_at(*json, {"error"}) + ": " + kube::text_at(*json, {"reason"});
  }
  return text;
}

MemberReports ask_and_wait(MemberClient& client, const std::vector<MemberTarget>& members,
                           const Secret& token, const transport::CallScope& scope) {
  auto meeting = std::make_shared<RoundMeeting>();
  client.ask(members, token, [meeting](MemberReports reports) {
    const std::lock_guard lock(meeting->mutex);
    meeting->reports = std::move(reports);
    meeting->changed.notify_all();
  });
  std::unique_lock lock(meeting->mutex);
  meeting->changed.wait_until(lock, scope.stop, transport::to_steady(scope.deadline),
                              [&] { return meeting->reports.has_value(); });
  if (meeting->reports) {
    return *std::exchange(meeting->reports, std::nullopt);
  }
  MemberReports reports;
  for (const MemberTarget& each : members) {
    reports.emplace(each.name, ensemble::unreachable("no answer in time"));
  }
  return reports;
}

}  // namespace quorate::reconcile
