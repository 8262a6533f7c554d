// Waiting for a round, and answers as text.
#include "operator/reconcile/member_client.h"

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "operator/kube/json_value.h"
#include "operator/transport/meeting.h"

namespace quorate::reconcile {

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
  auto meeting = std::make_shared<transport::Meeting<MemberReports>>();
  client.ask(members, token,
             [meeting](MemberReports reports) { meeting->answer(std::move(reports)); });
  if (auto answer = meeting->wait(scope.deadline, scope.stop)) {
    return *std::move(answer);
  }
  MemberReports reports;
  for (const MemberTarget& each : members) {
    reports.emplace(each.name, ensemble::unreachable("no answer in time"));
  }
  return reports;
}

}  // namespace quorate::reconcile
