// Verbs that start, stop and ask a member, with zkServer.sh's messages and exit codes.
#include "server/cli/server_verbs.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "server/cli/server_environment.h"
#include "server/cli/server_process.h"
#include "server/cli/standard_streams.h"
#include "server/cli/version.h"
#include "server/client/client.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsage =
    "[--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd} [cfg]";
/// How long start waits for a server that runs but does not say that it serves.
constexpr Duration kStartPatience = std::chrono::minutes(10);
constexpr Duration kProbePause = std::chrono::milliseconds(100);
constexpr Duration kStopPatience = std::chrono::minutes(2);
constexpr Duration kStatusPatience = std::chrono::seconds(5);

/// Everything that a verb needs to know.
struct Context {
  bool as_script = false;
  Variables variables;
  std::string prefix;
  std::string configuration;
};

Context context_of(const ServerCommandLine& line, bool as_script) {
  Context context;
  context.as_script = as_script;
  context.variables = process_variables();
  context.prefix = installation_prefix();
  const std::string directory =
      configuration_directory(context.variables, line.configuration_directory, context.prefix);
  context.variables = with_environment_files(directory, std::move(context.variables));
  context.configuration = configuration_file(context.variables, directory, line.configuration);
  // The server reads SERVER_JVMFLAGS; the script joins both.
  const std::string both = variable(context.variables, "JVMFLAGS");
  if (!both.empty()) {
    context.variables["SERVER_JVMFLAGS"] =
        both + " " + variable(context.variables, "SERVER_JVMFLAGS");
  }
  return context;
}

/// True when the member serves. A server that notifies does so once; one that does not is asked.
bool wait_until_up(const ProcessHandle& process, ReadySocket& ready, const ServerPorts& ports) {
  const TimePoint deadline = client::monotonic_now() + kStartPatience;
  const uint16_t port = ports.client_port.value_or(0);
  while (client::monotonic_now() < deadline) {
    std::array<pollfd, 2> events{{{process.fd(), POLLIN, 0}, {ready.fd(), POLLIN, 0}}};
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(kProbePause);
    ::poll(events.data(), events.size(), static_cast<int>(pause.count()));
    if (process.has_ended()) {
      return false;
    }
    if (ready.take_ready()) {
      return true;
    }
    const auto answer = port == 0
                            ? std::nullopt
                            : four_letter_word(ports.client_address, port, "srvr", kStatusPatience);
    const bool serves = answer && answer->find("not currently serving") == std::string::npos;
    if (serves && !process.has_ended()) {
      return true;
    }
  }
  return false;
}

/// Shows the end of the server's output: why it did not start.
void show_tail(const std::string& file, std::uintmax_t from) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(from));
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(in, line)) {
    lines.push_back(line);
  }
  constexpr size_t kShown = 10;
  for (size_t i = lines.size() > kShown ? lines.size() - kShown : 0; i < lines.size(); ++i) {
    complain(lines[i]);
  }
}

std::uintmax_t size_of(const std::string& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

int start(Context& context) {
  const auto file = read_server_file(context.configuration);
  if (!file) {
    complain(file.error().message);
    say("Starting zookeeper ... FAILED TO START\n");
    return 1;
  }
  const ServerPlaces places =
      server_places(context.variables, context.prefix, context.configuration, file->data_directory);
  say("Starting zookeeper ... ");
  if (const auto pid = running_server(places.pid_file)) {
    say("already running as process " + std::to_string(*pid) + ".\n");
    return 1;
  }
  std::error_code ignored;
  fs::create_directories(fs::path(places.pid_file).parent_path(), ignored);
  fs::create_directories(fs::path(places.output_file).parent_path(), ignored);
  ReadySocket ready;
  Variables variables = context.variables;
  variables["NOTIFY_SOCKET"] = ready.name();
  const std::uintmax_t before = size_of(places.output_file);
  const auto pid = spawn(server_program(), {context.configuration}, variables, places.output_file);
  if (!pid) {
    say("FAILED TO START\n");
    complain(pid.error().message);
    return 1;
  }
  const ProcessHandle process(*pid);
  {
    std::ofstream out(places.pid_file, std::ios::trunc);
    out << *pid;
    if (!out.flush()) {
      say("FAILED TO WRITE PID\n");
      (void)process.terminate();
      return 1;
    }
  }
  if (!wait_until_up(process, ready, file->ports)) {
    say("FAILED TO START\n");
    show_tail(places.output_file, before);
    if (const std::string end = end_of_child(*pid); !end.empty()) {
      complain("the server ended with " + end + "; its output is in " + places.output_file);
    }
    if (process.has_ended()) {
      fs::remove(places.pid_file, ignored);
    }
    return 1;
  }
  say("STARTED\n");
  return 0;
}

int start_foreground(Context& context) {
  complain(become(server_program(), {context.configuration}, context.variables));
  return 1;
}

int stop(Context& context) {
  say("Stopping zookeeper ... ");
  const auto file = read_server_file(context.configuration);
  const std::string data = file ? file->data_directory : "";
  const ServerPlaces places =
      server_places(context.variables, context.prefix, context.configuration, data);
  std::error_code ignored;
  const auto pid = running_server(places.pid_file);
  if (!pid) {
    const bool stale = fs::exists(places.pid_file, ignored);
    say("no zookeeper to stop (" +
        (stale ? "the process of " + places.pid_file + " is gone"
               : "could not find file " + places.pid_file) +
        ")\n");
    fs::remove(places.pid_file, ignored);
    return 0;
  }
  const ProcessHandle process(*pid);
  if (!process.terminate() || !process.wait(kStopPatience)) {
    say("FAILED: process " + std::to_string(*pid) + " does not end\n");
    return 1;
  }
  fs::remove(places.pid_file, ignored);
  say("STOPPED\n");
  return 0;
}

int status(Context& context) {
  const auto file = read_server_file(context.configuration);
  if (!file) {
    complain(file.error().message);
  }
  const ServerPorts ports = file ? file->ports : ServerPorts{};
  const bool secure = !ports.client_port && ports.secure_port;
  const auto port = secure ? ports.secure_port : ports.client_port;
  if (!port) {
    say("Unable to find either secure or unsecure client port in any configs. Terminating.\n");
    return 1;
  }
  const std::string& address = secure ? ports.secure_address : ports.client_address;
  say("Client port found: " + std::to_string(*port) + ". Client address: " + address +
      ". Client SSL: " + (secure ? "true" : "false") + ".\n");
  const auto answer =
      secure ? std::nullopt : four_letter_word(address, *port, "srvr", kStatusPatience);
  const size_t mode = answer ? answer->find("Mode: ") : std::string::npos;
  if (mode == std::string::npos) {
    if (secure) {
      say("\nNote: status asks the plain client port; this member has only secureClientPort.\n");
    }
    say("Error contacting service. It is probably not running.\n");
    return 1;
  }
  say(answer->substr(mode, answer->find('\n', mode) - mode) + "\n");
  return 0;
}

int version() {
  say(std::string("Apache ZooKeeper, version ") + kVersionText + "\n");
  return 0;
}

int print_command(Context& context) {
  say("\"" + server_program() + "\" \"" + context.configuration + "\"\n");
  return 0;
}

int restart(Context& context) {
  const int stopped = stop(context);
  return stopped == 0 ? start(context) : stopped;
}

}  // namespace

int run_server_verb(const std::vector<std::string>& arguments, bool as_script) {
  const std::string name = as_script ? "zkServer.sh" : "quorate server";
  const auto line = parse_server_command(arguments);
  if (!line) {
    complain(line.error().message);
    return 1;
  }
  if (line->verb == "-h" || line->verb == "--help") {
    say("Usage: " + name + " " + std::string(kUsage) + "\n");
    return 0;
  }
  Context context = context_of(*line, as_script);
  if (as_script) {
    // There is no JMX; programs that read the script's output look for the line all the same.
    complain("ZooKeeper JMX enabled by default");
  }
  complain("Using config: " + context.configuration);
  if (line->verb == "start") {
    return start(context);
  }
  if (line->verb == "start-foreground") {
    return start_foreground(context);
  }
  if (line->verb == "stop") {
    return stop(context);
  }
  if (line->verb == "restart") {
    return restart(context);
  }
  if (line->verb == "status") {
    return status(context);
  }
  if (line->verb == "version") {
    return version();
  }
  if (line->verb == "print-cmd") {
    return print_command(context);
  }
  complain("Usage: " + name + " " + std::string(kUsage));
  return 1;
}

}  // namespace quorate::cli
