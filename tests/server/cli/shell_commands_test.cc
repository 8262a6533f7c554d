// The shell's commands against a scripted server: output, streams, exit codes, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "server/cli/run_shell.h"
#include "server/cli/shell_words.h"
#include "tests/server/cli/capture.h"
#include "tests/server/client/fake_server.h"

namespace quorate::cli {
namespace {

using client::test::FakeServer;
using test::capture;
using test::Captured;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// One shell for all commands of a test.
class ShellCommands : public testing::Test {
 protected:
  ShellCommands() : output(OutputStyle{}), shell(ConnectSettings{server.address()}, output) {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
    shell.print_watches(false);
    EXPECT_TRUE(shell.connect("").ok());
    EXPECT_TRUE(shell.wait_connected(std::chrono::seconds(20)));
  }
  Captured run(const std::string& line) {
    return capture([&] { return shell.execute_line(line); });
  }
  /// Expects success and these streams.
  void expect(const std::string& line, const std::string& out, const std::string& err = "") {
    const Captured captured = run(line);
    EXPECT_EQ(captured.code, 0) << line;
    EXPECT_EQ(captured.out, out) << line;
    EXPECT_EQ(captured.err, err) << line;
  }
  /// Expects failure with this line on standard error and nothing on standard output.
  void expect_error(const std::string& line, const std::string& err, int code = 1) {
    const Captured captured = run(line);
    EXPECT_EQ(captured.code, code) << line;
    EXPECT_EQ(captured.out, "") << line;
    EXPECT_EQ(captured.err, err + "\n") << line;
  }

  FakeServer server;
  ShellOutput output;
  Shell shell;
};

TEST_F(ShellCommands, CreateInEveryMode) {
  expect("create /a hello", "", "Created /a\n");
  expect("create -s /a/s x", "", "Created /a/s0000000000\n");
  expect("create -s -e /a/ x", "", "Created /a/0000000001\n");
  expect("create -c /a/c", "", "Created /a/c\n");
  expect("create -t 1000 /a/t", "", "Created /a/t\n");
  expect("create -se /a/se", "", "Created /a/se0000000004\n");
  expect("create '/a/with blank' \"some data\" world:anyone:r", "", "Created /a/with blank\n");
  expect("get '/a/with blank'", "some data\n");
  expect("getAcl '/a/with blank'", "'world,'anyone\n: r\n");
}

TEST_F(ShellCommands, CreateRefusesWhatCannotBe) {
  expect_error(
      "create -e -c /x",
      "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.");
  expect_error("create -e -t 5 /x", "TTLs cannot be used with Ephemeral znodes");
  expect_error("create -t 0 /x", "ttl must be positive and cannot be larger than: 1099511627775");
  expect_error("create -t 1x /x", "-t argument must be a long value");
  expect_error("create x", "Path must start with / character");
  expect_error("create /none/x", "Node does not exist: /none/x");
  expect_error("create /zookeeper", "Node already exists: /zookeeper");
  expect_error("create /x d foo",
               "foo does not have the form scheme:id:perm\nAcl is not valid : null");
  expect_error("create", "create [-s] [-e] [-c] [-t ttl] path [data] [acl]");
  expect_error("create -q /x", "Unrecognized option: -q");
}

TEST_F(ShellCommands, GetShowsDataAsAsked) {
  run("create /a hello");
  run("create /null");
  expect("get /a", "hello\n");
  expect("get -b /a", "aGVsbG8=\n");
  expect("get /null", "null\n");
  EXPECT_THAT(run("get -x /a").out, HasSubstr("|00000000| 68 65 6c 6c 6f "));
  EXPECT_THAT(run("get -s /a").out, StartsWith("hello\ncZxid = 0x65\nctime = "));
  EXPECT_THAT(run("get -s /a").out, EndsWith("dataLength = 5\nnumChildren = 0\n"));
  expect_error("get /none", "Node does not exist: /none");
}

TEST_F(ShellCommands, SetAndDeleteHonourVersions) {
  run("create /a x");
  expect("set /a y", "");
  EXPECT_THAT(run("set -s /a z").out, HasSubstr("dataVersion = 2\n"));
  expect_error("set -v 7 /a y", "version No is not valid : /a");
  expect_error("set -v x /a y", "version is not a number: x");
  expect("set -b /a aGVsbG8=", "");
  expect("get /a", "hello\n");
  expect_error("set -b /a ***", "Illegal base64 character 2a");
  run("create /a/b");
  expect_error("delete /a", "Node not empty: /a");
  expect_error("delete -v 3 /a/b", "version No is not valid : /a/b");
  expect("delete -v 0 /a/b", "");
  expect_error("delete /a/b", "Node does not exist: /a/b");
}

TEST_F(ShellCommands, ListsAndTrees) {
  for (const char* path : {"/t", "/t/b", "/t/a", "/t/a/x", "/t/a-b"}) {
    run(std::string("create ") + path);
  }
  expect("ls /t", "[a, a-b, b]\n");
  EXPECT_THAT(run("ls -s /t").out, StartsWith("[a, a-b, b]\ncZxid = "));
  expect("ls -R /t", "/t\n/t/a\n/t/a/x\n/t/a-b\n/t/b\n");
  expect_error("ls /none", "Node does not exist: /none");
  expect_error("ls -R /none", "Node does not exist: /none");
  expect("getAllChildrenNumber /t", "4\n");
  expect("deleteall /t -b 2", "");
  expect_error("deleteall /t", "Node does not exist: /t");
  expect_error("deleteall /x -b none", "Batch size must be a number above 0: none");
}

TEST_F(ShellCommands, DeleteAllPipelinesALargeTree) {
  run("create /big");
  for (int i = 0; i < 700; ++i) {
    (void)shell.client().start(shell.calls().create("/big/" + std::to_string(i), {}));
  }
  expect("getAllChildrenNumber /big", "700\n");
  expect("deleteall /big", "");
  expect("ls /", "[zookeeper]\n");
}

TEST_F(ShellCommands, AclsAreSetOnOneNodeOrAll) {
  run("create /a");
  run("create /a/b");
  expect("setAcl /a world:anyone:cdrwa", "");
  EXPECT_THAT(run("setAcl -s /a ip:10.0.0.1:rw").out, HasSubstr("aclVersion = 2\n"));
  expect("setAcl -R /a ip:10.0.0.2:r", "");
  expect("getAcl /a/b", "'ip,'10.0.0.2\n: r\n");
  expect_error("setAcl /a foo",
               "foo does not have the form scheme:id:perm\nAcl is not valid : null");
}

TEST_F(ShellCommands, Quotas) {
  run("create /q x");
  run("create /q/a");
  expect("setquota -n 5 /q", "");
  const std::string where = "absolute path is /zookeeper/quota/q/zookeeper_limits\n";
  expect("listquota /q",
         "Output quota for /q count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=-1\n"
         "Output stat for /q count=0,bytes=0\n",
         where);
  expect("setquota -B 100 -N 7 /q", "");
  EXPECT_THAT(run("listquota /q").out,
              HasSubstr("count=5,bytes=-1=;byteHardLimit=100;countHardLimit=7\n"));
  server.set("/zookeeper/quota/q/zookeeper_stats", "count=9,bytes=300");
  expect("setquota -b 200 /q",
         "[Warning]: the count quota you create is less than the existing count:9\n"
         "[Warning]: the bytes quota you create is less than the existing bytes:300\n");
  expect_error("setquota -n 1 /q/a", "/q/a has a parent /q which has a quota");
  expect("delquota -n /q", "");
  EXPECT_THAT(run("listquota /q").out, HasSubstr("count=-1,bytes=200=;"));
  expect("delquota /q", "");
  expect("delquota /q", "Quota does not exist for /q\n");
  expect("ls -R /zookeeper/quota", "/zookeeper/quota\n");
  run("setquota -n 1 /q/a");
  expect_error("setquota -n 1 /q", "/q has a child /q/a which has a quota");
  expect_error("setquota -n 0 /q", "the num quota must be greater than zero");
  expect_error("setquota -b x /q", "NumberFormatException happens when parsing the option value");
  expect_error("setquota -b 1 /none", "/none does not exist.");
  expect("listquota /none", "",
         "absolute path is /zookeeper/quota/none/zookeeper_limits\nquota for /none does not "
         "exist.\n");
}

TEST_F(ShellCommands, SessionAndConfiguration) {
  expect("addauth digest u:p", "");
  expect("whoami", "Auth scheme: User\nip: 127.0.0.1\ndigest: u\n");
  run("create -e /e");
  expect("getEphemerals", "[/e]\n");
  expect("getEphemerals /other", "[]\n");
  expect("sync /", "Sync is OK\n");
  expect_error("reconfig -remove 2", "KeeperErrorCode = Reconfig is disabled");
  EXPECT_THAT(run("reconfig -members a -add b").err, StartsWith("Can't use -file or -members"));
  EXPECT_THAT(run("reconfig").err, StartsWith("reconfig [-s] [-v version]"));
  server.set("/zookeeper/config",
             "server.1=h1:2888:3888:participant;2181\n"
             "server.2=h2:2888:3888:observer;10.0.0.2:2182\nversion=100000000");
  expect("config -c", "100000000 h1:2181,10.0.0.2:2182\n");
  EXPECT_THAT(run("config").out, StartsWith("server.1=h1:2888:3888:participant;2181\n"));
  EXPECT_THAT(run("version").out, StartsWith("ZooKeeper CLI version: 3.9.3-quorate-"));
}

TEST_F(ShellCommands, HistoryAndRedo) {
  run("create /a 1");
  run("get /a");
  expect("redo 1", "1\n");
  expect_error("redo 99", "Command index out of range");
  expect_error("redo x", "Command index out of range");
  expect_error("redo 5", "Command index out of range");
  const Captured history = run("history");
  EXPECT_THAT(history.out, StartsWith("0 - create /a 1\n1 - get /a\n2 - get /a\n3 - redo 99\n"));
  EXPECT_THAT(shell.prompt(), HasSubstr("(CONNECTED) 7] "));
}

TEST_F(ShellCommands, WatchesArePrintedAndRemoved) {
  run("create /w");
  run("get -w /w");
  shell.print_watches(true);
  Captured captured = run("set /w x");
  EXPECT_THAT(captured.out, HasSubstr("type:NodeDataChanged path:/w zxid: "));
  run("addWatch -m PERSISTENT /w");
  captured = run("set /w y");
  EXPECT_THAT(captured.out, HasSubstr("type:NodeDataChanged path:/w"));
  captured = run("removewatches /w -p");
  EXPECT_THAT(captured.out, HasSubstr("type:PersistentWatchRemoved path:/w zxid: -1"));
  expect("printwatches off", "");
  expect("printwatches", "printwatches is off\n");
  run("ls -w /w");
  expect("create /w/c", "", "Created /w/c\n");
  expect_error("removewatches /w", "KeeperErrorCode = No such watcher for /w");
  EXPECT_THAT(run("addWatch -m FOO /w").err, StartsWith("addWatch [-m mode] path"));
}

TEST_F(ShellCommands, CloseConnectAndQuit) {
  expect("close", "");
  EXPECT_THAT(shell.prompt(), HasSubstr("(CLOSED)"));
  EXPECT_EQ(run("ls /").out, "Not connected\n");
  EXPECT_EQ(run("close").out, "Not connected\n");
  expect("connect " + server.address(), "");
  expect("ls /", "[zookeeper]\n");
  EXPECT_THAT(run("connect nonsense:port").err, HasSubstr("has no port from 1 to 65535"));
  expect("quit", "");
  EXPECT_TRUE(shell.quit);
}

TEST_F(ShellCommands, UnknownCommandsShowTheUsageOfAll) {
  const Captured captured = run("foo bar");
  EXPECT_EQ(captured.code, 127);
  EXPECT_THAT(captured.err, StartsWith("ZooKeeper -server host:port"));
  EXPECT_THAT(captured.err, HasSubstr("\tls [-s] [-w] [-R] path\n"));
  EXPECT_THAT(captured.err, EndsWith("Command not found: Command not found foo\n"));
  EXPECT_THAT(run("help").out, StartsWith("ZooKeeper -server host:port"));
  EXPECT_THAT(run("help ls").out, StartsWith("ls [-s] [-w] [-R] path\n"));
  EXPECT_EQ(run("help foo").code, 127);
}

/// One-shot shells, as a script starts them.
class OneShot : public testing::Test {
 protected:
  Captured run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-server", server.address()});
    return capture([&] { return run_shell(arguments); });
  }
  FakeServer server;
};

TEST_F(OneShot, PrintsWhatZkCliPrints) {
  EXPECT_EQ(run({"create", "/a", "x"}).err, "Created /a\n");
  const Captured got = run({"get", "/a"});
  EXPECT_EQ(got.code, 0);
  EXPECT_EQ(got.out, "Connecting to " + server.address() +
                         "\n\nWATCHER::\n\nWatchedEvent state:SyncConnected type:None path:null "
                         "zxid: -1\nx\n");
  const Captured missing = run({"get", "/none"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.err, "Node does not exist: /none\n");
  EXPECT_EQ(run({"foo"}).code, 127);
  server.await("closeSession", 3);
}

TEST_F(OneShot, JsonIsOneValueALineAndNothingElse) {
  EXPECT_EQ(run({"--json", "create", "/a", "x"}).out, "{\"created\":\"/a\"}\n");
  EXPECT_EQ(run({"--json", "get", "/a"}).out, "{\"path\":\"/a\",\"data\":\"x\"}\n");
  EXPECT_EQ(run({"--json", "ls", "/"}).out,
            "{\"path\":\"/\",\"children\":[\"a\",\"zookeeper\"]}\n");
  EXPECT_EQ(run({"--json", "delete", "/a"}).out, "{\"ok\":true}\n");
  const Captured missing = run({"--json", "get", "/none"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_EQ(missing.out, "");
  EXPECT_EQ(missing.err,
            "{\"message\":\"Node does not exist: /none\",\"error\":\"NoNode\",\"code\":-101,"
            "\"path\":\"/none\"}\n");
}

TEST_F(OneShot, ChrootAppliesToTypedPaths) {
  run({"create", "/app"});
  const Captured created = capture([&] {
    return run_shell({"-server", server.address() + "/app", "create", "/x"});
  });
  EXPECT_EQ(created.err, "Created /x\n");
  EXPECT_THAT(run({"ls", "/app"}).out, EndsWith("[x]\n"));
}

TEST_F(OneShot, ADeadServerIsAConnectionLoss) {
  std::string dead;
  {
    const FakeServer gone;
    dead = gone.address();
  }
  Captured captured = capture([&] { return run_shell({"-server", dead, "ls", "/"}); });
  EXPECT_EQ(captured.code, 1);
  EXPECT_EQ(captured.err, "KeeperErrorCode = ConnectionLoss for /\n");
  captured = capture([&] {
    return run_shell({"-server", dead, "-timeout", "300", "-waitforconnection", "ls", "/"});
  });
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr("Connection refused"));
}

TEST_F(OneShot, ABadConfigurationFileIsNamed) {
  const Captured captured = run({"-client-configuration", "/nonexistent", "ls", "/"});
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr("cannot read client configuration /nonexistent"));
}

}  // namespace
}  // namespace quorate::cli
