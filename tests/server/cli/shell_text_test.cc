// Words, options, formats and completion of the shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/cli/client_tls.h"
#include "server/cli/run_shell.h"
#include "server/cli/shell_commands.h"
#include "server/cli/shell_completion.h"
#include "server/cli/shell_words.h"

namespace quorate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Words, AreSplitAsZkCliDoes) {
  const std::vector<std::pair<const char*, std::vector<std::string>>> cases{
      {"", {}},
      {"  \t ", {}},
      {"ls /", {"ls", "/"}},
      {"  create  /a   'b c'  ", {"create", "/a", "b c"}},
      {"set /a \"it's\" -v 1", {"set", "/a", "it's", "-v", "1"}},
      {"'a''b'", {"a", "b"}},
      {"a'b c'", {"a'b", "c'"}},
      {"'open end", {"'open", "end"}},
      {"create /a \"\"", {"create", "/a", ""}},
  };
  for (const auto& [line, words] : cases) {
    EXPECT_EQ(split_words(line), words) << line;
  }
}

TEST(Words, TheLastOneIsWhereCompletionBegins) {
  EXPECT_EQ(last_word_start(""), 0U);
  EXPECT_EQ(last_word_start("ls"), 0U);
  EXPECT_EQ(last_word_start("ls "), 3U);
  EXPECT_EQ(last_word_start("ls /a"), 3U);
  EXPECT_EQ(last_word_start("get \"/a b"), 4U);
  EXPECT_EQ(last_word_start("get 'x' /b"), 8U);
}

constexpr std::array kOptions{OptionSpec{"s", false, ""}, OptionSpec{"w", false, ""},
                              OptionSpec{"v", true, ""}, OptionSpec{"members", true, ""}};

Result<Arguments> parse(std::vector<std::string> words) { return parse_arguments(words, kOptions); }

TEST(ArgumentsParser, OptionsStandAnywhereAndMayBeJoined) {
  const auto arguments = parse({"/a", "-sw", "data", "-v", "3", "-members", "x", "-members", "y"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_TRUE(arguments->has("s"));
  EXPECT_TRUE(arguments->has("w"));
  EXPECT_EQ(arguments->value("v"), "3");
  EXPECT_EQ(arguments->joined("members"), "x,y");
  EXPECT_EQ(arguments->count(), 2U);
  EXPECT_EQ(arguments->operand(1), "data");
  EXPECT_EQ(arguments->operand(2), "");
}

TEST(ArgumentsParser, AValueMayBeGluedToItsLetter) {
  const auto arguments = parse({"-sv7", "/a"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->value("v"), "7");
}

TEST(ArgumentsParser, TwoDashesEndTheOptionsAndOneDashIsAnOperand) {
  const auto arguments = parse({"-", "--", "-s", "-x"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_FALSE(arguments->has("s"));
  EXPECT_EQ(arguments->count(), 3U);
}

TEST(ArgumentsParser, ErrorsAreApaches) {
  EXPECT_EQ(parse({"-q"}).error().message, "Unrecognized option: -q");
  EXPECT_EQ(parse({"-sq"}).error().message, "Unrecognized option: -sq");
  EXPECT_EQ(parse({"/a", "-v"}).error().message, "Missing argument for option: v");
}

TEST(Format, StatBlock) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  wire::Stat stat;
  stat.czxid = Zxid{0x2};
  stat.mzxid = Zxid{0x100000003};
  stat.ctime = WallMillis{1795254002123};
  stat.version = 4;
  stat.aversion = -1;
  stat.ephemeral_owner = 0x100005838fa0000;
  stat.data_length = 5;
  EXPECT_EQ(stat_text(stat),
            "cZxid = 0x2\nctime = Sat Nov 21 09:40:02 UTC 2026\nmZxid = 0x100000003\n"
            "mtime = Thu Jan 01 00:00:00 UTC 1970\npZxid = 0x0\ncversion = 0\ndataVersion = 4\n"
            "aclVersion = -1\nephemeralOwner = 0x100005838fa0000\ndataLength = 5\n"
            "numChildren = 0\n");
}

TEST(Format, AclsBothWays) {
  const ParsedAcl parsed = parse_acl("world:anyone:r,digest:u:hash=:cdrwa,ip:10.0.0.0/8:rw");
  EXPECT_THAT(parsed.complaints, IsEmpty());
  ASSERT_EQ(parsed.acls.size(), 3U);
  EXPECT_EQ(parsed.acls[1].id.id, "u:hash=");
  EXPECT_EQ(acl_text(parsed.acls),
            "'world,'anyone\n: r\n'digest,'u:hash=\n: cdrwa\n'ip,'10.0.0.0/8\n: rw\n");
  const ParsedAcl wrong = parse_acl("foo,world:anyone:q");
  EXPECT_THAT(wrong.complaints,
              ElementsAre("foo does not have the form scheme:id:perm", "Unknown perm type: q"));
  ASSERT_EQ(wrong.acls.size(), 1U);
  EXPECT_EQ(wrong.acls[0].perms, 0);
  EXPECT_EQ(parse_acl("auth::cdrwa").acls[0].id.id, "");
}

TEST(Format, HexDumpIsNettys) {
  EXPECT_EQ(hex_dump("hello"),
            "         +-------------------------------------------------+\n"
            "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
            "+--------+-------------------------------------------------+----------------+\n"
            "|00000000| 68 65 6c 6c 6f                                  |hello           |\n"
            "+--------+-------------------------------------------------+----------------+\n");
  EXPECT_THAT(hex_dump(std::string(17, '\1')), HasSubstr("|00000010| 01  "));
}

TEST(Format, Base64BothWays) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"),
                                   std::string("abc"), std::string("\0\xFF\x7F\n", 4)}) {
    EXPECT_EQ(from_base64(base64(bytes)).value(), bytes);
  }
  EXPECT_EQ(base64("hello"), "aGVsbG8=");
  EXPECT_EQ(from_base64("aGVsbG8").value(), "hello");
  EXPECT_EQ(from_base64("***").error().message, "Illegal base64 character 2a");
  EXPECT_FALSE(from_base64("a").ok());
  EXPECT_FALSE(from_base64("aGVsbG8==").ok());
}

TEST(Format, DataAsJson) {
  EXPECT_EQ(data_json("ä").dump(), "\"ä\"");
  EXPECT_EQ(data_json("\xFF").dump(), R"({"base64":"/w=="})");
  EXPECT_EQ(data_json(std::nullopt).dump(), "null");
}

TEST(Format, Events) {
  EXPECT_EQ(event_text({3, client::KeeperState::kSyncConnected, "/x", Zxid{16}}),
            "\nWATCHER::\n\nWatchedEvent state:SyncConnected type:NodeDataChanged path:/x zxid: "
            "16\n");
  EXPECT_EQ(event_text({-1, client::KeeperState::kClosed, "", Zxid{-1}}),
            "\nWATCHER::\n\nWatchedEvent state:Closed type:None path:null zxid: -1\n");
}

TEST(Paths, ProblemsAreApaches) {
  const std::vector<std::pair<std::string, const char*>> cases{
      {"/", ""},
      {"/a", ""},
      {"/ä/b", ""},
      {"", "Path length must be > 0"},
      {"a", "Path must start with / character"},
      {"/a/", "Path must not end with / character"},
      {"/a//b", "Invalid path string \"/a//b\" caused by empty node name specified @3"},
      {"/a/../b", "Invalid path string \"/a/../b\" caused by relative paths not allowed @4"},
      {"/a/./b", "Invalid path string \"/a/./b\" caused by relative paths not allowed @3"},
      {std::string("/a\0b", 4), "caused by null character not allowed @2"},
      {"/a\x01", "caused by invalid character @2"},
      {"/\xEE\x80\x80", "caused by invalid character @1"},
      {"/\xFF", "caused by invalid character @1"},
  };
  for (const auto& [path, problem] : cases) {
    EXPECT_THAT(path_problem(path), HasSubstr(problem)) << path;
    EXPECT_EQ(path_problem(path).empty(), std::string_view(problem).empty()) << path;
  }
  EXPECT_EQ(path_problem("/a/", true), "");
}

std::vector<std::string> fake_children(const std::string& path) {
  if (path == "/") {
    return {"zookeeper", "zoo", "app"};
  }
  return path == "/zookeeper" ? std::vector<std::string>{"quota", "config"}
                              : std::vector<std::string>();
}

TEST(CompletionOfLines, CommandsOptionsAndPaths) {
  const auto complete = [](std::string_view line) { return complete_line(line, fake_children); };
  EXPECT_THAT(complete("getA").candidates, ElementsAre("getAcl", "getAllChildrenNumber"));
  EXPECT_THAT(complete("help cre").candidates, ElementsAre("create"));
  EXPECT_THAT(complete("ls -").candidates, ElementsAre("-s", "-w", "-R"));
  EXPECT_THAT(complete("ls /z").candidates, ElementsAre("/zoo", "/zookeeper"));
  EXPECT_EQ(complete("ls /z").start, 3U);
  EXPECT_EQ(complete("ls /z").suffix, "");
  EXPECT_THAT(complete("ls -s /zookeeper/").candidates,
              ElementsAre("/zookeeper/config", "/zookeeper/quota"));
  EXPECT_THAT(complete("get \"/a").candidates, ElementsAre("/app"));
  EXPECT_EQ(complete("get \"/a").start, 5U);
  EXPECT_THAT(complete("ls ").candidates, ElementsAre("/"));
  EXPECT_THAT(complete("nonsense /").candidates, IsEmpty());
  EXPECT_THAT(complete("version /").candidates, IsEmpty());
}

TEST(CompletionOfLines, CommonPrefix) {
  EXPECT_EQ(common_prefix({}), "");
  EXPECT_EQ(common_prefix({"/zoo", "/zookeeper"}), "/zoo");
  EXPECT_EQ(common_prefix({"a", "b"}), "");
}

TEST(Usages, OfEachCommandBeginWithItsName) {
  std::string_view last;
  for (const Command& command : all_commands()) {
    EXPECT_THAT(usage_of(command), testing::StartsWith(std::string(command.name)));
    EXPECT_LT(last, command.name) << "the table is sorted, as Apache's usage is";
    last = command.name;
  }
  EXPECT_EQ(usage_of(*find_command("set")),
            "set path data [-s] [-v version] [-b]\n -b         Supply data in base64 format\n"
            " -s         Print znode stats additionally\n -v <arg>   Set with an expected "
            "version\n");
}

TEST(ShellOptionsParser, TakesZkClisAndOurs) {
  const auto options =
      parse_shell_options({"-server", "h:1/c", "-timeout", "5000", "-r", "-waitforconnection",
                           "--json", "--color", "never", "ls", "-s", "/"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->connect.server, "h:1/c");
  EXPECT_EQ(options->connect.timeout_ms, 5000);
  EXPECT_TRUE(options->connect.read_only);
  EXPECT_TRUE(options->wait_for_connection);
  EXPECT_TRUE(options->json);
  EXPECT_THAT(options->command, ElementsAre("ls", "-s", "/"));
  EXPECT_FALSE(parse_shell_options({"-server"}).ok());
  EXPECT_FALSE(parse_shell_options({"-timeout", "x"}).ok());
  EXPECT_FALSE(parse_shell_options({"--color", "pink"}).ok());
  EXPECT_FALSE(parse_shell_options({"--nonsense"}).ok());
}

TEST(ClientTlsProperties, AreJavas) {
  ClientProperties properties;
  add_jvm_flags(
      "-Xmx1g -Dzookeeper.client.secure=true "
      "-Dzookeeper.ssl.trustStore.location=/ca.pem "
      "-Dzookeeper.ssl.hostnameVerification=false "
      "-Dzookeeper.ssl.keyStore.type=pkcs12",
      properties);
  const auto options = tls_options(properties);
  ASSERT_TRUE(options.ok());
  ASSERT_TRUE(options->has_value());
  EXPECT_EQ((*options)->trust_store.path, "/ca.pem");
  EXPECT_EQ((*options)->key_store.type, net::StoreType::kPkcs12);
  EXPECT_FALSE((*options)->verify_host_name);
  properties["zookeeper.ssl.keyStore.type"] = "nonsense";
  EXPECT_FALSE(tls_options(properties).ok());
  properties["zookeeper.client.secure"] = "false";
  EXPECT_FALSE(tls_options(properties).value().has_value());
}

}  // namespace
}  // namespace quorate::cli
