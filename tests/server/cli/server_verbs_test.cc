// The server verbs, with this test binary in the part of quorate-server.
#include "server/cli/server_verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/cli/server_environment.h"
#include "server/cli/server_process.h"
#include "tests/server/cli/capture.h"
#include "tests/server/client/fake_server.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;
using client::test::FakeServer;
using test::capture;
using test::Captured;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

void notify_ready() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  QR_ASSERT(name != nullptr && name[0] == '@');
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name + 1, std::strlen(name) - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(name));
  ::sendto(fd, "READY=1", 7, 0, reinterpret_cast<const sockaddr*>(&address), size);
}

/// What the verbs start. Its mode comes by the environment.
TEST(FakeMember, DISABLED_Run) {
  const char* mode = std::getenv("QUORATE_TEST_MEMBER");
  if (mode == nullptr) {
    GTEST_SKIP() << "runs inside the other tests of this file";
  }
  sigset_t wanted;
  ::sigemptyset(&wanted);
  ::sigaddset(&wanted, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  const std::string what = mode;
  const char* flags = std::getenv("SERVER_JVMFLAGS");
  std::ofstream(std::getenv("QUORATE_TEST_SEEN")) << (flags == nullptr ? "" : flags);
  if (what == "fails") {
    std::fputs("error: zoo.cfg:3: clientPort: is 'abc'\n", stderr);
    std::_Exit(2);
  }
  if (what == "crashes") {
    ::signal(SIGABRT, SIG_DFL);
    ::raise(SIGKILL);
  }
  if (what == "notifies") {
    notify_ready();
  }
  int caught = 0;
  ::sigwait(&wanted, &caught);
  std::_Exit(0);
}

class ServerVerbs : public testing::Test {
 protected:
  ServerVerbs() {
    std::string name = (fs::temp_directory_path() / "quorate-verbs-XXXXXX").string();
    QR_ASSERT(::mkdtemp(name.data()) != nullptr);
    directory = name;
    fs::create_directories(directory / "conf");
    // Processes that look like a server by their name.
    fs::create_symlink(fs::read_symlink("/proc/self/exe"), directory / "quorate-server");
    write_configuration(1);
    set("QUORATE_SERVER", (directory / "quorate-server").string());
    set("ZOO_LOG_DIR", (directory / "logs").string());
    set("QUORATE_TEST_SEEN", (directory / "seen").string());
    set("GTEST_FILTER", "FakeMember.DISABLED_Run");
    set("GTEST_ALSO_RUN_DISABLED_TESTS", "1");
  }
  ~ServerVerbs() override {
    verb("stop");
    for (const std::string& name : set_) {
      ::unsetenv(name.c_str());
    }
    fs::remove_all(directory);
  }
  void set(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    set_.push_back(name);
  }
  void write_configuration(uint16_t port) {
    std::ofstream(directory / "conf" / "zoo.cfg")
        << "dataDir=" << (directory / "data").string() << "\nclientPort=" << port
        << "\nclientPortAddress=127.0.0.1\n";
  }
  Captured verb(const std::string& name, bool as_script = false) {
    return capture([&] {
      return run_server_verb({"--config", (directory / "conf").string(), name}, as_script);
    });
  }
  std::string using_line() const {
    return "Using config: " + (directory / "conf" / "zoo.cfg").string() + "\n";
  }
  fs::path pid_file() const { return directory / "data" / "zookeeper_server.pid"; }
  std::string read(const fs::path& file) const {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  fs::path directory;
  std::vector<std::string> set_;
};

TEST_F(ServerVerbs, StartsOnceAndStops) {
  set("QUORATE_TEST_MEMBER", "notifies");
  Captured captured = verb("start");
  EXPECT_EQ(captured.code, 0) << captured.err;
  EXPECT_EQ(captured.out, "Starting zookeeper ... STARTED\n");
  EXPECT_EQ(captured.err, using_line());
  const std::string pid = read(pid_file());
  ASSERT_FALSE(pid.empty());
  captured = verb("start");
  EXPECT_EQ(captured.code, 1);
  EXPECT_EQ(captured.out, "Starting zookeeper ... already running as process " + pid + ".\n");
  captured = verb("stop");
  EXPECT_EQ(captured.code, 0);
  EXPECT_EQ(captured.out, "Stopping zookeeper ... STOPPED\n");
  EXPECT_FALSE(fs::exists(pid_file()));
  captured = verb("stop");
  EXPECT_EQ(captured.code, 0);
  EXPECT_EQ(captured.out, "Stopping zookeeper ... no zookeeper to stop (could not find file " +
                              pid_file().string() + ")\n");
}

TEST_F(ServerVerbs, RestartIsStopAndStart) {
  set("QUORATE_TEST_MEMBER", "notifies");
  verb("start");
  const std::string first = read(pid_file());
  const Captured captured = verb("restart");
  EXPECT_EQ(captured.code, 0);
  EXPECT_EQ(captured.out, "Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n");
  EXPECT_NE(read(pid_file()), first);
}

TEST_F(ServerVerbs, AServerThatDoesNotNotifyIsAsked) {
  FakeServer answers;
  write_configuration(answers.port());
  set("QUORATE_TEST_MEMBER", "silent");
  const Captured captured = verb("start");
  EXPECT_EQ(captured.code, 0) << captured.err;
  EXPECT_EQ(captured.out, "Starting zookeeper ... STARTED\n");
}

TEST_F(ServerVerbs, AFailedStartShowsWhatTheServerSaid) {
  set("QUORATE_TEST_MEMBER", "fails");
  Captured captured = verb("start");
  EXPECT_EQ(captured.code, 1);
  EXPECT_EQ(captured.out, "Starting zookeeper ... FAILED TO START\n");
  EXPECT_THAT(captured.err, HasSubstr("error: zoo.cfg:3: clientPort: is 'abc'"));
  EXPECT_THAT(captured.err, HasSubstr("ended with exit code 2"));
  EXPECT_FALSE(fs::exists(pid_file()));
  set("QUORATE_TEST_MEMBER", "crashes");
  captured = verb("start");
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr("ended with signal 9 (Killed)"));
}

TEST_F(ServerVerbs, AMissingProgramIsNamed) {
  set("QUORATE_SERVER", "/nonexistent/quorate-server");
  const Captured captured = verb("start");
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr("cannot run /nonexistent/quorate-server"));
}

TEST_F(ServerVerbs, AStalePidOfAnotherProgramIsNotKilled) {
  fs::create_directories(pid_file().parent_path());
  std::ofstream(pid_file()) << ::getpid();
  EXPECT_FALSE(running_server(pid_file().string()).has_value());
  const Captured captured = verb("stop");
  EXPECT_EQ(captured.code, 0);
  EXPECT_THAT(captured.out, HasSubstr("no zookeeper to stop"));
}

TEST_F(ServerVerbs, StatusAsksTheClientPort) {
  FakeServer answers;
  write_configuration(answers.port());
  Captured captured = verb("status", true);
  EXPECT_EQ(captured.code, 0);
  EXPECT_EQ(captured.out, "Client port found: " + std::to_string(answers.port()) +
                              ". Client address: 127.0.0.1. Client SSL: false.\n"
                              "Mode: standalone\n");
  EXPECT_EQ(captured.err, "ZooKeeper JMX enabled by default\n" + using_line());
  write_configuration(1);
  captured = verb("status");
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.out, EndsWith("Error contacting service. It is probably not running.\n"));
}

TEST_F(ServerVerbs, EnvironmentFilesAndFlagsReachTheServer) {
  std::ofstream(directory / "conf" / "java.env")
      << "echo noise\nSERVER_JVMFLAGS=\"-Dzookeeper.snapCount=7 $SERVER_JVMFLAGS\"\n";
  set("SERVER_JVMFLAGS", "-Dx=y");
  set("JVMFLAGS", "-Xmx1g");
  set("QUORATE_TEST_MEMBER", "notifies");
  EXPECT_EQ(verb("start").code, 0);
  EXPECT_EQ(read(directory / "seen"), "-Xmx1g -Dzookeeper.snapCount=7 -Dx=y");
}

TEST_F(ServerVerbs, OtherVerbs) {
  EXPECT_THAT(verb("version").out, StartsWith("Apache ZooKeeper, version 3.9.3-quorate-"));
  EXPECT_EQ(verb("print-cmd").out, "\"" + (directory / "quorate-server").string() + "\" \"" +
                                       (directory / "conf" / "zoo.cfg").string() + "\"\n");
  const Captured captured = verb("dance");
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr("{start|start-foreground|stop|version|restart|status"));
}

TEST(ServerEnvironment, FindsTheConfiguration) {
  const Variables none;
  const Variables both{{"ZOOCFGDIR", "/etc/zk"}, {"ZOOCFG", "other.cfg"}};
  EXPECT_EQ(configuration_directory(both, "/opt/conf", "/p"), "/opt/conf");
  EXPECT_EQ(configuration_directory(both, "", "/p"), "/etc/zk");
  EXPECT_EQ(configuration_directory(none, "", "/nonexistent"), "/nonexistent/etc/zookeeper");
  EXPECT_EQ(configuration_file(none, "/c", ""), "/c/zoo.cfg");
  EXPECT_EQ(configuration_file(both, "/c", ""), "/c/other.cfg");
  EXPECT_EQ(configuration_file(both, "/c", "mine.cfg"), "/c/mine.cfg");
  EXPECT_EQ(configuration_file(both, "/c", "./mine.cfg"), "./mine.cfg");
  EXPECT_EQ(configuration_file(both, "/c", "/abs/mine.cfg"), "/abs/mine.cfg");
}

TEST(ServerEnvironment, PlacesFollowVariables) {
  const Variables variables{{"ZOOPIDFILE", "/run/zk.pid"}, {"ZOO_LOG_DIR", "/l"}, {"USER", "u"}};
  const ServerPlaces places = server_places(variables, "/p", "/c/zoo.cfg", "/d");
  EXPECT_EQ(places.pid_file, "/run/zk.pid");
  EXPECT_THAT(places.output_file, StartsWith("/l/zookeeper-u-server-"));
  EXPECT_EQ(server_places({}, "/p", "/c", "/d").pid_file, "/d/zookeeper_server.pid");
}

TEST(ServerEnvironment, ReadsPortsAlsoFromServerLines) {
  const fs::path directory =
      fs::temp_directory_path() / ("quorate-cfg-" + std::to_string(::getpid()));
  fs::create_directories(directory);
  std::ofstream(directory / "myid") << "2\n";
  std::ofstream(directory / "dynamic")
      << "server.1=a:1:2;2181\nserver.2=b:1:2:observer;10.0.0.9:2182\n";
  const std::string path = (directory / "zoo.cfg").string();
  const auto write = [&](const std::string& text) {
    std::ofstream(path) << "dataDir=" << directory.string() << "\n" << text;
    return read_server_file(path);
  };
  EXPECT_EQ(write("clientPort = 99 \n")->ports.client_port, 99);
  auto file = write("dynamicConfigFile=" + (directory / "dynamic").string() + "\n");
  EXPECT_EQ(file->ports.client_port, 2182);
  EXPECT_EQ(file->ports.client_address, "10.0.0.9");
  file = write("secureClientPort=2281\nsecureClientPortAddress=s\n");
  EXPECT_EQ(file->ports.client_port, std::nullopt);
  EXPECT_EQ(file->ports.secure_port, 2281);
  std::ofstream(path) << "clientPort=1\n";
  EXPECT_THAT(read_server_file(path).error().message, HasSubstr("has no dataDir"));
  EXPECT_FALSE(read_server_file("/nonexistent").ok());
  fs::remove_all(directory);
}

}  // namespace
}  // namespace quorate::cli
