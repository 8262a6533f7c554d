// The interactive shell in a pseudo-terminal: editing, completion, events, history, colours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/cli/run_shell.h"
#include "server/cli/shell_words.h"
#include "tests/server/cli/capture.h"
#include "tests/server/cli/terminal.h"
#include "tests/server/client/fake_server.h"

namespace quorate::cli {
namespace {

using client::test::FakeServer;
using test::Terminal;
using testing::HasSubstr;
using testing::Not;

/// The program inside the terminal.
TEST(ShellProgram, DISABLED_Run) {
  const char* arguments = std::getenv("QUORATE_TEST_ARGUMENTS");
  if (arguments == nullptr) {
    GTEST_SKIP() << "runs inside the other tests of this file";
  }
  std::_Exit(run_shell(split_words(arguments)));
}

class ShellTerminal : public testing::Test {
 protected:
  ShellTerminal() {
    std::string name = (std::filesystem::temp_directory_path() / "quorate-cli-XXXXXX").string();
    QR_ASSERT(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~ShellTerminal() override { std::filesystem::remove_all(directory); }

  std::unique_ptr<Terminal> start(bool colours = false) {
    std::map<std::string, std::string> environment{
        {"QUORATE_TEST_ARGUMENTS", "-server " + server.address()},
        {"QUORATE_HISTORY", (directory / "history").string()},
        {"TERM", "xterm"},
        {"LC_ALL", "C.UTF-8"}};
    if (!colours) {
      environment["NO_COLOR"] = "1";
    }
    return std::make_unique<Terminal>("ShellProgram.DISABLED_Run", environment);
  }
  std::string prompt(int number) const {
    return "[zk: " + server.address() + "(CONNECTED) " + std::to_string(number) + "] ";
  }
  std::string history() const {
    std::ifstream in(directory / "history");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  FakeServer server;
  std::filesystem::path directory;
};

TEST_F(ShellTerminal, RunsCommandsAndLeaves) {
  const auto terminal = start();
  ASSERT_TRUE(terminal->await("Welcome to ZooKeeper!")) << terminal->screen();
  ASSERT_TRUE(terminal->await("WatchedEvent state:SyncConnected"));
  ASSERT_TRUE(terminal->await(prompt(0))) << terminal->screen();
  terminal->type("create /ü 'ä b'\r");
  ASSERT_TRUE(terminal->await("Created /ü"));
  ASSERT_TRUE(terminal->await(prompt(1)));
  terminal->type("get /ü\r");
  ASSERT_TRUE(terminal->await("ä b\r\n")) << terminal->screen();
  terminal->type("quit\r");
  ASSERT_TRUE(terminal->await("state:Closed"));
  EXPECT_EQ(terminal->finish(), 0);
}

TEST_F(ShellTerminal, EndOfInputLeaves) {
  const auto terminal = start();
  ASSERT_TRUE(terminal->await(prompt(0))) << terminal->screen();
  terminal->type("\x04");
  EXPECT_EQ(terminal->finish(), 0);
  server.await("closeSession");
}

TEST_F(ShellTerminal, AnEventDoesNotDestroyTheLineThatIsBeingTyped) {
  const auto terminal = start();
  ASSERT_TRUE(terminal->await(prompt(0)));
  terminal->type("get -w /zookeeper/config\r");
  ASSERT_TRUE(terminal->await(prompt(1)));
  terminal->type("ls /zoo");
  ASSERT_TRUE(terminal->await("ls /zoo"));
  server.set("/zookeeper/config", "new");
  ASSERT_TRUE(terminal->await("type:NodeDataChanged path:/zookeeper/config"));
  ASSERT_TRUE(terminal->await(prompt(1) + "ls /zoo")) << "the line is drawn again";
  terminal->type("keeper\r");
  ASSERT_TRUE(terminal->await("[config, quota]")) << terminal->screen();
}

TEST_F(ShellTerminal, TabCompletesCommandsAndPaths) {
  const auto terminal = start();
  ASSERT_TRUE(terminal->await(prompt(0)));
  terminal->type("getAl\t");
  ASSERT_TRUE(terminal->await("lChildrenNumber ")) << terminal->screen();
  terminal->type("/zoo\t");
  ASSERT_TRUE(terminal->await("keeper"));
  terminal->type("/\t\t");
  ASSERT_TRUE(terminal->await("config  quota")) << terminal->screen();
  terminal->type("q\t\r");
  ASSERT_TRUE(terminal->await("uota"));
  ASSERT_TRUE(terminal->await("0\r\n")) << terminal->screen();
}

TEST_F(ShellTerminal, HistorySurvivesAndKeepsNoSecrets) {
  {
    const auto terminal = start();
    ASSERT_TRUE(terminal->await(prompt(0)));
    terminal->type("addauth digest user:secret\r");
    ASSERT_TRUE(terminal->await(prompt(1)));
    terminal->type("sync /\r");
    ASSERT_TRUE(terminal->await("Sync is OK"));
    terminal->type("quit\r");
    EXPECT_EQ(terminal->finish(), 0);
  }
  EXPECT_THAT(history(), HasSubstr("sync"));
  EXPECT_THAT(history(), Not(HasSubstr("secret")));
  const auto permissions = std::filesystem::status(directory / "history").permissions();
  EXPECT_EQ(permissions & std::filesystem::perms::group_all, std::filesystem::perms::none);
  EXPECT_EQ(permissions & std::filesystem::perms::others_all, std::filesystem::perms::none);
  const auto terminal = start();
  ASSERT_TRUE(terminal->await(prompt(0)));
  terminal->type("\x1b[A\x1b[A\r");
  ASSERT_TRUE(terminal->await("Sync is OK")) << terminal->screen();
}

TEST_F(ShellTerminal, ColoursAreForTerminals) {
  const auto terminal = start(true);
  ASSERT_TRUE(terminal->await("(\x1b[32mCONNECTED\x1b[0m) 0] ")) << terminal->screen();
  terminal->type("get /none\r");
  ASSERT_TRUE(terminal->await("\x1b[31mNode does not exist: /none\x1b[0m"));
  const test::Captured captured = test::capture([this] {
    return run_shell({"-server", server.address(), "get", "/none"});
  });
  EXPECT_EQ(captured.err, "Node does not exist: /none\n");
  EXPECT_THAT(captured.out, Not(HasSubstr("\x1b")));
}

TEST_F(ShellTerminal, ControlCharactersOfDataDoNotReachTheTerminal) {
  server.set("/zookeeper/config", "\x1b[2Jevil");
  const auto terminal = start();
  ASSERT_TRUE(terminal->await(prompt(0)));
  terminal->type("get /zookeeper/config\r");
  ASSERT_TRUE(terminal->await("\\x1b[2Jevil")) << terminal->screen();
  EXPECT_THAT(terminal->screen(), Not(HasSubstr("\x1b[2Jevil")));
}

}  // namespace
}  // namespace quorate::cli
