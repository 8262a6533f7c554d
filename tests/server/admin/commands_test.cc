// Routes over real sockets: commands, probes, metrics, and who may take them.
#include <nlohmann/json.hpp>

#include "server/admin/limits.h"
#include "server/report/commands.h"
#include "tests/server/admin/admin_fixture.h"

namespace quorate::admin::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Commands : public AdminFixture {
 protected:
  void SetUp() override { start(); }
};

TEST_F(Commands, ListIsHtml) {
  for (const char* path : {"/commands", "/commands/"}) {
    const RawResponse list = get(path);
    EXPECT_EQ(list.status, 200);
    EXPECT_THAT(list.headers.at("content-type"), HasSubstr("text/html"));
    EXPECT_EQ(list.body, report::command_list_html("/commands"));
  }
}

TEST_F(Commands, EveryOpenCommandAnswersUnderEachName) {
  for (const report::Command& command : report::all_commands()) {
    if (command.access != report::Access::kOpen) {
      continue;
    }
    for (const std::string_view name : {command.name, command.alias, command.other_alias}) {
      if (name.empty()) {
        continue;
      }
      const RawResponse response = get("/commands/" + std::string(name));
      EXPECT_EQ(response.status, 200) << name;
      EXPECT_EQ(response.headers.at("content-type"), "application/json") << name;
      EXPECT_EQ(json::parse(response.body)["command"], command.name) << name;
    }
  }
}

TEST_F(Commands, UnknownCommandIsAnErrorInJson) {
  const RawResponse response = get("/commands/no\"pe");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["error"], "Unknown command: no\"pe");
}

TEST_F(Commands, NotServingIsAnErrorInJson) {
  source_.edit([](report::Inputs& inputs) { inputs.status.serving = false; });
  const RawResponse response = get("/commands/ruok");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["error"],
            "This ZooKeeper instance is not currently serving requests");
}

TEST_F(Commands, OtherPathsAreNotFound) {
  for (const char* path : {"/", "/command", "/commandsx", "/livez/", "/v1", "/v1/nope", "/metrics",
                           "//", "/commands%2fruok", "/../commands"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(Commands, OtherMethodsAreNotAllowed) {
  EXPECT_EQ(post("/commands/ruok").status, 405);
  EXPECT_EQ(post("/commands/ruok").headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(get("/commands/restore").status, 405);
  EXPECT_EQ(get("/commands/restore").headers.at("allow"), "POST");
  EXPECT_EQ(post("/commands").status, 405);
  EXPECT_EQ(post("/livez").status, 405);
  EXPECT_EQ(fetch(port(), "DELETE", "/commands/nope").status, 405);
  EXPECT_EQ(fetch(port(), "PUT", "/commands/ruok").status, 405);
  EXPECT_EQ(fetch(port(), "BREW", "/commands/ruok").status, 405);
}

TEST_F(Commands, HeadHasNoBody) {
  const RawResponse head = fetch(port(), "HEAD", "/commands/ruok");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(get("/commands/ruok").body.size()));
}

TEST_F(Commands, WhatChangesSomethingNeedsTheToken) {
  for (const char* name : {"stat_reset", "srst", "connection_stat_reset", "set_trace_mask",
                           "observer_connection_stat_reset"}) {
    const std::string path = "/commands/" + std::string(name);
    const RawResponse without = get(path);
    EXPECT_EQ(without.status, 401) << name;
    EXPECT_EQ(without.headers.at("www-authenticate"), "Bearer");
    EXPECT_EQ(json::parse(without.body)["error"], "Auth info is missing for the command");
    EXPECT_EQ(get(path, "Authorization: Bearer wrong\r\n").status, 403) << name;
  }
  EXPECT_TRUE(source_.effects().applied.empty());
}

TEST_F(Commands, TheTokenOpens) {
  EXPECT_EQ(get("/commands/stat_reset", kToken).status, 200);
  EXPECT_EQ(get("/commands/crst", kToken).status, 200);
  EXPECT_EQ(get("/commands/stmk?traceMask=7", kToken).status, 200);
  EXPECT_EQ(get("/commands/orst", "authorization:   bearer   open-sesame  \r\n").status, 200);
  const FakeSource::Effects effects = source_.effects();
  EXPECT_THAT(effects.applied,
              ElementsAre(report::Effect::kResetServerStats, report::Effect::kResetConnectionStats,
                          report::Effect::kSetTraceMask));
  EXPECT_EQ(effects.trace_mask, 7);
}

TEST_F(Commands, WrongTokensAreRefused) {
  for (const char* value :
       {"open-sesame", "Bearer", "Bearer ", "Bearer open-sesam", "Bearer open-sesame2",
        "Bearer open-sesame x", "Basic b3Blbg==", "digest root:secret"}) {
    const RawResponse response =
        get("/commands/stat_reset", "Authorization: " + std::string(value) + "\r\n");
    EXPECT_TRUE(response.status == 401 || response.status == 403) << value;
  }
  EXPECT_TRUE(source_.effects().applied.empty());
}

TEST_F(Commands, AReplacedTokenCountsAtOnce) {
  write_token("new-one");
  EXPECT_EQ(get("/commands/srst", kToken).status, 403);
  EXPECT_EQ(get("/commands/srst", "Authorization: Bearer new-one\r\n").status, 200);
  write_token("\n");
  EXPECT_EQ(get("/commands/srst", "Authorization: Bearer new-one\r\n").status, 403);
}

TEST_F(Commands, ManyFailuresBlockTheAddress) {
  for (int attempt = 0; attempt < FailureLimit::kFailuresMax; ++attempt) {
    EXPECT_EQ(get("/commands/srst", "Authorization: Bearer wrong\r\n").status, 403);
  }
  EXPECT_EQ(get("/commands/srst", kToken).status, 429) << "even the right token has to wait";
  EXPECT_EQ(get("/commands/ruok").status, 200) << "what needs no proof goes on";
  EXPECT_GE(server_->facts().requests_refused, 11u);
}

TEST_F(Commands, Probes) {
  const RawResponse live = get("/livez");
  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(live.body, "ok\n");
  EXPECT_EQ(get("/readyz").status, 200);
  source_.edit([](report::Inputs& inputs) { inputs.status.serving = false; });
  EXPECT_EQ(get("/livez").status, 200) << "alive, though not ready";
  const RawResponse unready = get("/readyz");
  EXPECT_EQ(unready.status, 503);
  EXPECT_THAT(unready.body, HasSubstr("not serving"));
}

TEST_F(Commands, StatusNeedsTheToken) {
  EXPECT_EQ(get("/v1/status").status, 401);
  const RawResponse response = get("/v1/status", kToken);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["appliedZxid"], "0xf");
}

TEST_F(Commands, ChangesNeedTheTokenAndPost) {
  for (const char* path :
       {"/v1/reconfig", "/v1/formed", "/v1/transfer-leadership", "/v1/snapshot"}) {
    EXPECT_EQ(post(path).status, 401) << path;
    EXPECT_EQ(get(path, kToken).status, 405) << path;
  }
  EXPECT_TRUE(source_.effects().reconfigs.empty());
  EXPECT_EQ(source_.effects().hand_overs, 0);
}

TEST_F(Commands, AReconfigIsOrderedAndItsVersionTold) {
  const RawResponse done = post("/v1/reconfig", kToken,
                                R"({"joining": "server.4=a", "expectedVersion": "0x100000000"})");
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(json::parse(done.body)["version"], "0x100000007");
  ASSERT_EQ(source_.effects().reconfigs.size(), 1U);
  const report::ReconfigOrder order = source_.effects().reconfigs.front();
  EXPECT_EQ(order.joining, "server.4=a");
  EXPECT_EQ(order.leaving, std::nullopt);
  EXPECT_EQ(order.expected_version, ConfigVersion{0x100000000});
  for (const char* body : {"", "[]", "{}", R"({"joining": 4})", R"({"unknown": "x"})",
                           R"({"leaving": "1", "expectedVersion": "abcg"})"}) {
    const RawResponse refused = post("/v1/reconfig", kToken, body);
    EXPECT_EQ(refused.status, 400) << body;
  }
  EXPECT_EQ(source_.effects().reconfigs.size(), 1U);
  EXPECT_EQ(post("/v1/formed", kToken, "{}").status, 200);
  EXPECT_TRUE(source_.effects().reconfigs.back().forms);
}

TEST_F(Commands, TheLeadIsHandedToWhoeverTheOrderNames) {
  EXPECT_EQ(post("/v1/transfer-leadership", kToken, "").status, 202);
  EXPECT_EQ(source_.effects().target, std::nullopt);
  EXPECT_EQ(post("/v1/transfer-leadership", kToken, R"({"target": 3})").status, 202);
  EXPECT_EQ(source_.effects().target, ServerId{3});
  EXPECT_EQ(post("/v1/transfer-leadership", kToken, "{}").status, 202);
  EXPECT_EQ(source_.effects().target, std::nullopt);
  EXPECT_EQ(source_.effects().hand_overs, 3);
  for (const char* body : {R"({"target": "3"})", R"({"to": 3})", "[]", "{"}) {
    const RawResponse refused = post("/v1/transfer-leadership", kToken, body);
    EXPECT_EQ(refused.status, 400) << body;
  }
  EXPECT_EQ(source_.effects().hand_overs, 3);
}

TEST_F(Commands, ARefusedChangeSaysWhyAndWhoLeads) {
  source_.refuse_changes(
      {.error = "NotLeader", .reason = "this member does not lead", .leader = ServerId{2}});
  for (const char* path : {"/v1/formed", "/v1/transfer-leadership"}) {
    const RawResponse refused = post(path, kToken, "{}");
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(json::parse(refused.body)["leader"], 2);
    EXPECT_EQ(json::parse(refused.body)["reason"], "this member does not lead");
  }
}

TEST_F(Commands, MetricsPage) {
  const RawResponse page = fetch(metrics_port(), "GET", "/metrics");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("\nznode_count 8\n"));
  EXPECT_EQ(fetch(metrics_port(), "GET", "/commands").status, 404);
  EXPECT_EQ(fetch(metrics_port(), "POST", "/metrics").status, 405);
}

class Options : public AdminFixture {};

TEST_F(Options, WithoutATokenFileChangesAreRefused) {
  options_.token_file = "";
  start();
  const RawResponse response = get("/commands/srst", kToken);
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("admin.tokenFile"));
  EXPECT_EQ(get("/commands/srst", "Authorization: Bearer \r\n").status, 401);
}

TEST_F(Options, AMissingTokenFileMatchesNothing) {
  options_.token_file = directory_ + "/none";
  start();
  EXPECT_EQ(get("/commands/srst", kToken).status, 403);
}

TEST_F(Options, CommandPathMoves) {
  options_.command_path = "/zk/admin";
  start();
  EXPECT_EQ(get("/zk/admin/ruok").status, 200);
  EXPECT_THAT(get("/zk/admin").body, HasSubstr("href=\"/zk/admin/ruok\""));
  EXPECT_EQ(get("/commands/ruok").status, 404);
}

TEST_F(Options, EitherPartMayBeOff) {
  options_.metrics = std::nullopt;
  start();
  EXPECT_FALSE(server_->metrics_address().has_value());
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(Options, APortInUseIsAConflict) {
  start();
  AdminOptions again = options_;
  again.commands->port = port();
  const auto second = AdminServer::start(again, source_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(port())));
}

TEST_F(Options, ASilentCoreLoopIsReported) {
  options_.answer_timeout = std::chrono::milliseconds(50);
  start();
  source_.hold();
  EXPECT_EQ(get("/livez").status, 503);
  EXPECT_EQ(get("/commands/ruok").status, 503);
  EXPECT_EQ(fetch(metrics_port(), "GET", "/metrics").status, 503);
  EXPECT_EQ(get("/commands/snapshot", kRoot).status, 503) << "the check of permissions is late";
  source_.release();
  EXPECT_EQ(get("/livez").status, 200) << "late answers do no harm";
}

TEST_F(Options, TheServerMayEndBeforeTheAnswer) {
  start();
  source_.hold();
  RawClient client(port());
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
  // Another request on the same thread has been taken once this one is refused.
  EXPECT_EQ(get("/nope").status, 404);
  server_ = nullptr;
  source_.release();
  EXPECT_TRUE(client.closes());
}

}  // namespace
}  // namespace quorate::admin::test
