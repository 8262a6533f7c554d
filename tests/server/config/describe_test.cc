// What a member shows of its configuration.
#include "server/config/describe.h"

#include <gtest/gtest.h>

#include <string>

#include "server/config/parse.h"

namespace quorate::config {
namespace {

Config some_config() {
  return parse(
             "dataDir=/data/\ndataLogDir=/log\nclientPort=0\ntickTime=2000\n"
             "maxClientCnxns=5\nclientPortListenBacklog=128\n"
             "server.1=zk:2888:3888\n"
             "ssl.keyStore.password=hunter2\nssl.quorum.trustStore.password=hunter3\n"
             "DigestAuthenticationProvider.superDigest=super:hunter4\n",
             "zoo.cfg", {})
      .config;
}

std::string lines_of(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) {
    text += entry.name + "=" + value_text(entry) + "\n";
  }
  return text;
}

const RunningFacts kFacts = {.client_port = 40001,
                             .secure_client_port = -1,
                             .data_dir_size_bytes = 457,
                             .data_log_dir_size_bytes = 67108880,
                             .server_id = 0};

TEST(Describe, TheWordConf) {
  EXPECT_EQ(lines_of(describe_conf_word(some_config(), kFacts)),
            "clientPort=40001\n"
            "secureClientPort=-1\n"
            "dataDir=/data/version-2\n"
            "dataDirSize=457\n"
            "dataLogDir=/log/version-2\n"
            "dataLogSize=67108880\n"
            "tickTime=2000\n"
            "maxClientCnxns=5\n"
            "minSessionTimeout=4000\n"
            "maxSessionTimeout=40000\n"
            "clientPortListenBacklog=128\n"
            "serverId=0\n");
}

TEST(Describe, TheAdminCommand) {
  EXPECT_EQ(lines_of(describe_admin_configuration(some_config(), kFacts)),
            "client_port=40001\n"
            "data_dir=/data/version-2\n"
            "data_log_dir=/log/version-2\n"
            "tick_time=2000\n"
            "max_client_cnxns=5\n"
            "min_session_timeout=4000\n"
            "max_session_timeout=40000\n"
            "server_id=0\n"
            "client_port_listen_backlog=128\n");
}

TEST(Describe, NumbersStayNumbers) {
  for (const Entry& entry : describe_admin_configuration(some_config(), kFacts)) {
    const bool is_text = entry.name == "data_dir" || entry.name == "data_log_dir";
    EXPECT_EQ(std::holds_alternative<std::string>(entry.value), is_text) << entry.name;
  }
}

TEST(Describe, EverythingButSecrets) {
  const std::string text = lines_of(describe_all(some_config()));
  EXPECT_EQ(text.find("hunter"), std::string::npos);
  EXPECT_NE(text.find("ssl.keyStore.password=***\n"), std::string::npos);
  EXPECT_NE(text.find("ssl.quorum.trustStore.password=***\n"), std::string::npos);
  EXPECT_EQ(text.find("ssl.trustStore.password="), std::string::npos);
  EXPECT_NE(text.find("DigestAuthenticationProvider.superDigest=***\n"), std::string::npos);
  EXPECT_NE(text.find("server.1=zk:2888:3888:participant\n"), std::string::npos);
  EXPECT_NE(text.find("tickTime=2000\n"), std::string::npos);
}

TEST(Describe, EverythingReadsBackAsTheSame) {
  std::string text;
  for (const Entry& entry : describe_all(some_config())) {
    // Passwords are redacted and cannot read back; the rest is a zoo.cfg of its own.
    if (value_text(entry) != "***") {
      text += entry.name + "=" + value_text(entry) + "\n";
    }
  }
  const ParseResult again = parse(text, "zoo.cfg", {});
  EXPECT_TRUE(again.ok()) << to_text(again.errors.front());
  std::string text_again;
  for (const Entry& entry : describe_all(again.config)) {
    text_again += entry.name + "=" + value_text(entry) + "\n";
  }
  EXPECT_EQ(text_again, text);
}

}  // namespace
}  // namespace quorate::config
