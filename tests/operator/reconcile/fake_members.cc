// Reports and orders of the fake ensemble.
#include "tests/operator/reconcile/fake_members.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

namespace quorate::reconcile::testing {

void FakeMembers::ask(std::vector<MemberTarget> members, Secret token,
                      std::function<void(MemberReports)> on_done) {
  asked = members;
  if (before_ask) {
    before_ask();
  }
  auto answer = [this, members = std::move(members), is_known = token.reveal() == "token",
                 on_done = std::move(on_done)] {
    MemberReports result = reports(members);
    for (auto& [name, report] : result) {
      report = is_known ? report : ensemble::unreachable(kTokenRefused);
    }
    on_done(std::move(result));
  };
  if (holds_rounds) {
    held_.emplace_back(std::move(answer));
  } else {
    answer();
  }
}

void FakeMembers::answer_rounds() {
  for (const auto& each : std::exchange(held_, {})) {
    each();
  }
}

MemberReports FakeMembers::reports(const std::vector<MemberTarget>& members) const {
  std::vector<std::string> alive;
  for (const MemberTarget& each : members) {
    if (!silent.contains(each.name)) {
      alive.push_back(each.name);
    }
  }
  const auto line_of = [&](const std::string& name) {
    return std::ranges::find(config, name, &ensemble::ServerLine::name);
  };
  int leader = 0;
  for (const ensemble::ServerLine& each : config) {
    const bool may_lead = each.is_voter && std::ranges::find(alive, each.name) != alive.end();
    const bool is_next = leader == 0 && each.name != handed_over;
    if (may_lead && (is_next || each.myid == successor)) {
      leader = each.myid;
    }
  }
  MemberReports result;
  for (const MemberTarget& each : members) {
    const auto line = line_of(each.name);
    if (silent.contains(each.name) || line == config.end()) {
      result.emplace(each.name, ensemble::unreachable("connect: refused"));
      continue;
    }
    ensemble::MemberReport report;
    report.role = line->myid == leader ? ensemble::Role::kLeader
                  : line->is_voter     ? ensemble::Role::kFollower
                                       : ensemble::Role::kObserver;
    report.myid = line->myid;
    report.ensemble_id = ensemble_id;
    report.is_serving = true;
    report.is_formed = is_formed;
    report.epoch = 1;
    report.zxid = 0x100000001;
    report.leader = leader;
    report.config_version = config_version;
    report.config = config;
    report.version = "1.0";
    result.emplace(each.name, std::move(report));
  }
  return result;
}

MemberAnswer FakeMembers::order(const MemberTarget& member, const Secret&, const MemberOrder& order,
                                const transport::CallScope&) {
  orders.push_back(order.path + " " + member.name);
  if (fault) {
    if (auto answer = fault(order)) {
      return *answer;
    }
  }
  if (order.path == "/v1/formed") {
    is_formed = true;
  } else if (order.path == "/v1/transfer-leadership") {
    handed_over = member.name;
    successor = nlohmann::json::parse(order.body).at("target").get<int>();
  } else if (order.path == "/v1/reconfig") {
    const nlohmann::json body = nlohmann::json::parse(order.body);
    for (const ensemble::ServerLine& each :
         ensemble::parse_servers(body.value("joining", std::string()))) {
      std::erase_if(config, [&](const auto& known) { return known.myid == each.myid; });
      config.push_back(each);
    }
    ++config_version;
  }
  return {.code = 200, .body = "{}", .error = {}};
}

}  // namespace quorate::reconcile::testing
