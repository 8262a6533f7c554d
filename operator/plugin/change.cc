// Patches of the object, and waiting for what comes of them.
#include "operator/plugin/change.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>

#include "operator/api/conditions.h"
#include "operator/api/json_mapping.h"
#include "operator/api/names.h"
#include "operator/kube/resource_kind.h"
#include "operator/transport/clock.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr auto kLookInterval = std::chrono::seconds(1);

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

api::QuorumClusterStatus status_of(const json& object) {
  return api::read<api::QuorumClusterStatus>(object.value("status", json::object()), "status")
      .value;
}

bool is_settled(const api::QuorumClusterStatus& status) {
  const api::Condition* const progressing =
      api::find_condition(status, api::condition::kProgressing);
  return progressing != nullptr && progressing->status() == "False" &&
         progressing->reason() == "Settled";
}

bool is_paused(const json& object) {
  const json::json_pointer at("/spec/update/paused");
  return object.contains(at) && object[at] == true;
}

/// What goes on, in one line.
std::string progress_of(const api::QuorumClusterStatus& status) {
  std::string text;
  if (const auto* const each = api::find_condition(status, api::condition::kProgressing)) {
    text = each->reason() + (each->message().empty() ? "" : ": " + each->message());
  }
  if (status.has_in_flight()) {
    std::string members;
    for (const api::InFlightMember& each : status.in_flight().members()) {
      members += " " + each.name();
    }
    text += (text.empty() ? "" : "; ") + status.in_flight().step() + members;
  }
  return text;
}

/// Looks at the object until `is_done` says so, and prints what changes.
Status wait_until(Session& session, const Command& command, const std::string& name,
                  const std::function<Result<bool>(const json&)>& is_done) {
  const auto until = transport::monotonic_now() +
                     Duration(static_cast<Duration::rep>(command.wait_timeout_s * 1'000'000));
  std::string last;
  while (true) {
    const auto object = session.cluster(name);
    if (!object) {
      return object.error();
    }
    const std::string now = progress_of(status_of(*object));
    if (now != last && !now.empty()) {
      say("  " + now);
      last = now;
    }
    const auto done = is_done(*object);
    if (!done) {
      return done.error();
    }
    if (*done) {
      return {};
    }
    if (transport::monotonic_now() >= until) {
      return Error{ErrorKind::kUnavailable,
                   "not done in time; `kubectl quorate plan " + name + "` says what holds it up"};
    }
    std::this_thread::sleep_for(kLookInterval);
  }
}

std::string text_at(const json& object, const json::json_pointer& at) {
  return object.contains(at) && object[at].is_string() ? object[at].get<std::string>() : "";
}

/// Whether every Pod of the cluster was made from a template with that time.
Result<bool> are_restarted(Session& session, const std::string& name, const std::string& time) {
  const auto pods = session.list(kube::kPod, std::string(api::labels::kInstance) + "=" + name);
  if (!pods) {
    return pods.error();
  }
  for (const json& pod : *pods) {
    const auto at =
        json::json_pointer("/metadata/annotations") / std::string(api::annotations::kRestartedAt);
    if (text_at(pod, at) != time) {
      return false;
    }
  }
  return true;
}

}  // namespace

Status roll(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = name_of(*object);
  const std::string time = api::time_text(transport::now().wall);
  const std::string key(api::annotations::kRestartedAt);
  const auto patched =
      session.patch_cluster(name, {{"metadata", {{"annotations", {{key, time}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": members restart, those of one batch at a time");
  if (is_paused(*object)) {
    say("  it is paused: nothing happens until `kubectl quorate resume " + name + "`");
    return {};
  }
  if (!command.waits) {
    say("  watch it with `kubectl quorate status " + name + "`");
    return {};
  }
  const Status done = wait_until(session, command, name, [&](const json& now) -> Result<bool> {
    if (!is_settled(status_of(now))) {
      return false;
    }
    return are_restarted(session, name, time);
  });
  if (done) {
    say("quorumcluster/" + name + ": every member was restarted");
  }
  return done;
}

Status set_paused(Session& session, const Command& command, bool is_paused_now) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string name = name_of(*object);
  const std::string word = is_paused_now ? "paused" : "resumed";
  if (is_paused(*object) == is_paused_now) {
    say("quorumcluster/" + name + ": was " + word + " already");
    return {};
  }
  const auto patched =
      session.patch_cluster(name, {{"spec", {{"update", {{"paused", is_paused_now}}}}}});
  if (!patched) {
    return patched.error();
  }
  say("quorumcluster/" + name + ": " + word +
      (is_paused_now ? "; members go on to serve, and the operator changes nothing" : ""));
  return {};
}

}  // namespace quorate::plugin
