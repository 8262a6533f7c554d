// Admin commands: the table, and the JSON of each as Apache ZooKeeper 3.9.3 writes it.
#include "server/report/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "server/report/health.h"
#include "tests/server/report/sample.h"

namespace quorate::report {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

class Commands : public ::testing::Test {
 protected:
  std::string run(std::string_view name, std::string_view query = "") {
    const Command* command = find_command(name);
    EXPECT_NE(command, nullptr) << name;
    return run_command(*command, query, inputs_).body;
  }
  static std::vector<std::string> keys(const std::string& body) {
    std::vector<std::string> result;
    const Json json = Json::parse(body);
    for (const auto& [key, value] : json.items()) {
      result.push_back(key);
    }
    return result;
  }

  config::Config config_ = sample_config();
  Inputs inputs_ = sample_inputs(config_);
};

TEST_F(Commands, Configuration) {
  EXPECT_EQ(run("configuration"),
            "{\n"
            "  \"client_port\" : 21899,\n"
            "  \"data_dir\" : \"/data/version-2\",\n"
            "  \"data_log_dir\" : \"/log/version-2\",\n"
            "  \"tick_time\" : 2000,\n"
            "  \"max_client_cnxns\" : 60,\n"
            "  \"min_session_timeout\" : 4000,\n"
            "  \"max_session_timeout\" : 40000,\n"
            "  \"server_id\" : 0,\n"
            "  \"client_port_listen_backlog\" : -1,\n"
            "  \"command\" : \"configuration\",\n"
            "  \"error\" : null\n"
            "}");
}

TEST_F(Commands, Connections) {
  inputs_.status.connections.resize(1);
  EXPECT_EQ(run("connections"),
            "{\n"
            "  \"connections\" : [ {\n"
            "    \"remote_socket_address\" : \"127.0.0.1:39206\",\n"
            "    \"interest_ops\" : 1,\n"
            "    \"outstanding_requests\" : 0,\n"
            "    \"packets_received\" : 3,\n"
            "    \"packets_sent\" : 4,\n"
            "    \"session_id\" : 72057777223303168,\n"
            "    \"last_operation\" : \"GETD\",\n"
            "    \"established\" : 1795253524741,\n"
            "    \"session_timeout\" : 10000,\n"
            "    \"last_cxid\" : 2,\n"
            "    \"last_zxid\" : 15,\n"
            "    \"last_response_time\" : 1795253525000,\n"
            "    \"last_latency\" : 1,\n"
            "    \"min_latency\" : 0,\n"
            "    \"avg_latency\" : 4,\n"
            "    \"max_latency\" : 30\n"
            "  } ],\n"
            "  \"secure_connections\" : [ ],\n"
            "  \"command\" : \"connections\",\n"
            "  \"error\" : null\n"
            "}");
}

TEST_F(Commands, SecureConnectionsAreApart) {
  const Json json = Json::parse(run("connections"));
  EXPECT_EQ(json["connections"].size(), 2u);
  ASSERT_EQ(json["secure_connections"].size(), 1u);
  EXPECT_EQ(json["secure_connections"][0]["remote_socket_address"], "[::1]:39248");
}

TEST_F(Commands, Dump) {
  EXPECT_EQ(run("dump"),
            "{\n"
            "  \"expiry_time_to_session_ids\" : {\n"
            "    \"1795253534751\" : [ 72057777223303168, 72057777223303169 ]\n"
            "  },\n"
            "  \"session_id_to_ephemeral_paths\" : {\n"
            "    \"72057777223303168\" : [ \"/a/e\", \"/f\" ]\n"
            "  },\n"
            "  \"command\" : \"dump\",\n"
            "  \"error\" : null\n"
            "}");
}

TEST_F(Commands, ServerStats) {
  const std::string body = run("server_stats");
  EXPECT_THAT(keys(body), ElementsAre("version", "read_only", "server_stats", "client_response",
                                      "node_count", "command", "error"));
  const Json stats = Json::parse(body)["server_stats"];
  EXPECT_THAT(
      keys(stats.dump()),
      ElementsAre("packets_sent", "packets_received", "fsync_threshold_exceed_count",
                  "client_response_stats", "uptime", "data_dir_size", "log_dir_size",
                  "provider_null", "last_processed_zxid", "outstanding_requests", "server_state",
                  "avg_latency", "max_latency", "min_latency", "num_alive_client_connections",
                  "auth_failed_count", "non_mtlsremote_conn_count", "non_mtlslocal_conn_count"));
  EXPECT_EQ(stats["last_processed_zxid"], 15);
  EXPECT_THAT(body, HasSubstr("\"avg_latency\" : 10.7333,\n"));
  EXPECT_EQ(stats["client_response_stats"]["max_buffer_size"], 96);
}

TEST_F(Commands, StatsAddsTheConnections) {
  const std::string body = run("stats");
  EXPECT_THAT(keys(body),
              ElementsAre("version", "read_only", "server_stats", "client_response", "node_count",
                          "connections", "secure_connections", "command", "error"));
  EXPECT_THAT(keys(Json::parse(body)["connections"][0].dump()),
              ElementsAre("remote_socket_address", "interest_ops", "outstanding_requests",
                          "packets_received", "packets_sent"));
}

TEST_F(Commands, Watches) {
  EXPECT_EQ(run("watches"),
            "{\n"
            "  \"session_id_to_watched_paths\" : {\n"
            "    \"72057777223303168\" : [ \"/a\", \"/nope\" ],\n"
            "    \"72057777223303169\" : [ \"/a\" ]\n"
            "  },\n"
            "  \"command\" : \"watches\",\n"
            "  \"error\" : null\n"
            "}");
  const Json by_path = Json::parse(run("watches_by_path"));
  EXPECT_EQ(by_path["path_to_session_ids"]["/nope"], Json::array({72057777223303168}));
  const Json summary = Json::parse(run("watch_summary"));
  EXPECT_EQ(summary["num_connections"], 2);
  EXPECT_EQ(summary["num_paths"], 2);
  EXPECT_EQ(summary["num_total_watches"], 4);
}

TEST_F(Commands, SmallOnes) {
  EXPECT_EQ(run("ruok"), "{\n  \"command\" : \"ruok\",\n  \"error\" : null\n}");
  EXPECT_EQ(run("voting_view"),
            "{\n  \"current_config\" : { },\n  \"command\" : \"voting_view\",\n"
            "  \"error\" : null\n}");
  EXPECT_EQ(run("observers"),
            "{\n  \"synced_observers\" : 0,\n  \"observers\" : [ ],\n"
            "  \"command\" : \"observers\",\n  \"error\" : null\n}");
  EXPECT_EQ(run("zabstate"),
            "{\n  \"voting\" : false,\n  \"zabstate\" : \"\",\n  \"command\" : \"zabstate\",\n"
            "  \"error\" : null\n}");
  EXPECT_EQ(run("leader"),
            "{\n  \"error\" : \"server is not initialized\",\n  \"command\" : \"leader\"\n}");
  EXPECT_EQ(Json::parse(run("last_snapshot"))["zxid"], "a");
  EXPECT_EQ(Json::parse(run("last_snapshot"))["timestamp"], 1795253488);
  EXPECT_EQ(Json::parse(run("dirs"))["logdir_size"], 134219610);
  EXPECT_EQ(Json::parse(run("is_read_only"))["read_only"], false);
  EXPECT_EQ(Json::parse(run("get_trace_mask"))["tracemask"], 306);
  EXPECT_EQ(Json::parse(run("hash"))["digests"][0]["digest"], 0xabcdef);
  EXPECT_EQ(Json::parse(run("initial_configuration"))["initial_configuration"],
            "dataDir=/data\nclientPort=21899\n");
}

TEST_F(Commands, SetTraceMask) {
  const Command& command = *find_command("stmk");
  const CommandAnswer set = run_command(command, "traceMask=7", inputs_);
  EXPECT_EQ(set.effect, Effect::kSetTraceMask);
  EXPECT_EQ(set.trace_mask, 7);
  EXPECT_EQ(Json::parse(set.body)["tracemask"], 7);
  EXPECT_EQ(run_command(command, "a=b&traceMask=-1&c", inputs_).trace_mask, -1);
  for (const char* query : {"", "traceMask", "tracemask=7", "&&&", "=", "traceMas=7"}) {
    const CommandAnswer missing = run_command(command, query, inputs_);
    EXPECT_EQ(missing.effect, Effect::kNone) << query;
    EXPECT_EQ(Json::parse(missing.body)["error"], "setTraceMask requires long traceMask argument");
  }
  for (const char* query : {"traceMask=x", "traceMask=7x", "traceMask=99999999999999999999"}) {
    const CommandAnswer wrong = run_command(command, query, inputs_);
    EXPECT_EQ(wrong.effect, Effect::kNone) << query;
    EXPECT_THAT(Json::parse(wrong.body)["error"].get<std::string>(), HasSubstr(", got "));
  }
}

TEST_F(Commands, MonitorAndMntrAgree) {
  const Json monitor = Json::parse(run("monitor"));
  const std::string mntr = answer(Word::kMntr, "", inputs_).text;
  size_t lines = 0;
  for (const auto& [key, value] : monitor.items()) {
    if (key == "command" || key == "error") {
      continue;
    }
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const std::string name = "zk_" + key + "\t" + text;
    EXPECT_THAT(mntr, HasSubstr(name)) << key;
    if (value.is_number_integer()) {
      EXPECT_THAT(mntr, HasSubstr(name + value.dump() + "\n"));
    }
    ++lines;
  }
  EXPECT_EQ(lines, static_cast<size_t>(std::count(mntr.begin(), mntr.end(), '\n')));
}

TEST_F(Commands, EveryCommandAnswersWithItsName) {
  std::set<std::string_view> names;
  for (const Command& command : all_commands()) {
    for (const std::string_view name : {command.name, command.alias, command.other_alias}) {
      if (!name.empty()) {
        EXPECT_TRUE(names.insert(name).second) << name;
        EXPECT_EQ(find_command(name), &command);
      }
    }
    if (command.producer != Producer::kReport) {
      continue;
    }
    const Json json = Json::parse(run_command(command, "", inputs_).body);
    EXPECT_EQ(json["command"], command.name);
    EXPECT_TRUE(json.contains("error"));
  }
  EXPECT_EQ(all_commands().size(), 28u);
  for (const char* name : {"", "nope", "Ruok", "ruok/", "kill"}) {
    EXPECT_EQ(find_command(name), nullptr) << name;
  }
}

TEST_F(Commands, WithoutServiceMostSaySo) {
  inputs_.status.serving = false;
  const std::set<std::string_view> exempt = {"environment", "get_trace_mask",
                                             "monitor",     "set_trace_mask",
                                             "zabstate",    "system_properties"};
  for (const Command& command : all_commands()) {
    if (command.producer != Producer::kReport) {
      continue;
    }
    const CommandAnswer reply = run_command(command, "", inputs_);
    const bool refused = reply.body.find("not currently serving requests") != std::string::npos;
    EXPECT_EQ(refused, !exempt.contains(command.name)) << command.name;
    EXPECT_EQ(reply.effect, Effect::kNone) << command.name;
  }
}

TEST_F(Commands, WhatChangesSomethingNeedsProof) {
  for (const Command& command : all_commands()) {
    const bool changes = command.effect != Effect::kNone || command.producer != Producer::kReport ||
                         command.name == "set_trace_mask" ||
                         command.name == "observer_connection_stat_reset";
    EXPECT_EQ(command.access != Access::kOpen, changes) << command.name;
  }
}

TEST_F(Commands, SecretsAreRedacted) {
  for (const Command& command : all_commands()) {
    if (command.producer == Producer::kReport) {
      EXPECT_THAT(run_command(command, "", inputs_).body, Not(HasSubstr("verysecret")))
          << command.name;
    }
  }
  EXPECT_THAT(run("system_properties"), HasSubstr("***"));
}

TEST_F(Commands, OddPathsStayJson) {
  inputs_.status.watched_paths = {{.path = "/q\"\\\x7f\xff", .sessions = {SessionId{1}}}};
  EXPECT_TRUE(Json::accept(run("watches_by_path")));
  EXPECT_TRUE(Json::accept(run("watches")));
}

TEST(CommandFrame, Errors) {
  EXPECT_EQ(command_error("nope", "Unknown command: nope"),
            "{\n  \"command\" : \"nope\",\n  \"error\" : \"Unknown command: nope\"\n}");
  EXPECT_EQ(command_error("snapshot", ""),
            "{\n  \"command\" : \"snapshot\",\n  \"error\" : null\n}");
  EXPECT_TRUE(Json::accept(command_error("\xff\xfe\"", "x")));
  EXPECT_EQ(Json::parse(restore_body(Zxid{15}))["last_zxid"], 15);
}

TEST(CommandList, LinksEachCommand) {
  const std::string html = command_list_html("/commands");
  EXPECT_THAT(html, ::testing::StartsWith(
                        "<a href=\"/commands/configuration\">configuration</a>\n<br/>\n"));
  EXPECT_THAT(html, ::testing::EndsWith("<a href=\"/commands/zabstate\">zabstate</a>\n<br/>\n"));
}

TEST_F(Commands, ReadinessNamesTheReason) {
  EXPECT_TRUE(readiness(inputs_).ok);
  inputs_.status.serving = false;
  EXPECT_FALSE(readiness(inputs_).ok);
  EXPECT_THAT(readiness(inputs_).text, HasSubstr("not serving"));
  inputs_.status.role = node::Role::kLooking;
  EXPECT_THAT(readiness(inputs_).text, HasSubstr("looking for a leader"));
}

TEST_F(Commands, StatusForTheOperator) {
  inputs_.status.space = node::SpaceLevel::kLow;
  const Json json = Json::parse(status_body(inputs_));
  EXPECT_EQ(json["myid"], 0);
  EXPECT_EQ(json["role"], "standalone");
  EXPECT_EQ(json["zxid"], "0x11");
  EXPECT_EQ(json["appliedZxid"], "0xf");
  EXPECT_EQ(json["durableZxid"], "0x10");
  EXPECT_EQ(json["disk"]["state"], "low");
  EXPECT_EQ(json["version"], "0.1.0");
}

}  // namespace
}  // namespace quorate::report
