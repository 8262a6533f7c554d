// kubectl logs, and quorate shell.
#include "operator/plugin/reach.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/kube/resource_kind.h"
#include "operator/plugin/process.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr uint16_t kClientPort = 2181;
constexpr int kConnectTimeoutMs = 400;
constexpr int64_t kTailOfAll = 200;

struct Place2181 {
  std::string pod;
  std::string address;
};

bool is_ready(const json& pod) {
  const json* const conditions = kube::find_at(pod, {"status", "conditions"});
  if (conditions == nullptr || !conditions->is_array()) {
    return false;
  }
  return std::ranges::any_of(*conditions, [](const json& each) {
    return kube::text_at(each, {"type"}) == "Ready" && kube::text_at(each, {"status"}) == "True";
  });
}

/// Whether somebody takes connections there.
bool is_reachable(const std::string& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(kClientPort);
  if (::inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) {
    return false;
  }
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    return false;
  }
  bool is_open = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  if (!is_open && errno == EINPROGRESS) {
    pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
    int code = 0;
    socklen_t size = sizeof(code);
    is_open = ::poll(&waiting, 1, kConnectTimeoutMs) == 1 &&
              ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) == 0 && code == 0;
  }
  ::close(fd);
  return is_open;
}

/// Members to connect to: the one that is asked for, or those that are ready.
Result<std::vector<Place2181>> find_places(Session& session, const Command& command,
                                           const std::string& cluster) {
  const auto pods = session.list(kube::kPod, std::string(api::labels::kInstance) + "=" + cluster);
  if (!pods) {
    return pods.error();
  }
  std::vector<Place2181> places;
  for (const json& pod : *pods) {
    const std::string name = kube::name_of(pod);
    const bool is_wanted = command.member.empty() ? is_ready(pod) : name == command.member;
    if (is_wanted) {
      places.push_back({.pod = name, .address = kube::text_at(pod, {"status", "podIP"})});
    }
  }
  if (!places.empty()) {
    return places;
  }
  if (!command.member.empty()) {
    return Error{ErrorKind::kNotFound, "cluster " + cluster + " has no Pod " + command.member};
  }
  return Error{
      ErrorKind::kUnavailable,
      "no member of " + cluster + " is ready; `kubectl quorate status " + cluster + "` says why"};
}

std::vector<std::string> shell_command(const Command& command, const std::string& server) {
  std::vector<std::string> words{sibling("quorate"), "shell", "-server", server};
  words.insert(words.end(), command.words.begin(), command.words.end());
  return words;
}

}  // namespace

Status logs(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  std::vector<std::string> words = kubectl_command(command.connection, session.space());
  words.emplace_back("logs");
  if (!command.member.empty()) {
    words.push_back(command.member);
  } else {
    words.insert(words.end(),
                 {"-l", std::string(api::labels::kInstance) + "=" + kube::name_of(*object),
                  "--prefix", "--max-log-requests", "256", "--ignore-errors"});
  }
  words.insert(
      words.end(),
      {"-c", "member", "--tail",
       std::to_string(command.tail.value_or(command.member.empty() ? kTailOfAll : int64_t{-1}))});
  if (command.follows) {
    words.emplace_back("-f");
  }
  if (command.previous) {
    words.emplace_back("-p");
  }
  if (!command.since.empty()) {
    words.insert(words.end(), {"--since", command.since});
  }
  return become(words);
}

Status shell(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = kube::name_of(*object);
  const auto places = find_places(session, command, name);
  if (!places) {
    return places.error();
  }
  std::string servers;
  for (const Place2181& each : *places) {
    if (is_reachable(each.address)) {
      servers += (servers.empty() ? "" : ",") + each.address + ":" + std::to_string(kClientPort);
    }
  }
  if (!servers.empty()) {
    return become(shell_command(command, servers));
  }
  const std::string target = command.member.empty() ? "service/" + api::client_service_name(name)
                                                    : "pod/" + command.member;
  const auto forward =
      PortForward::start(kubectl_command(command.connection, session.space()), target, kClientPort);
  if (!forward) {
    return forward.error();
  }
  return run_program(shell_command(command, "127.0.0.1:" + std::to_string((*forward)->port())));
}

}  // namespace quorate::plugin
