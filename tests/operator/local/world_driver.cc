// Commands of the world's scripts.
#include "tests/operator/local/world_driver.h"

#include <sstream>

#include "operator/local/table.h"
#include "server/base/overloaded.h"
#include "server/base/text.h"

namespace quorate::local {

namespace {

WorldOptions options_of(std::vector<std::string> zones) {
  WorldOptions options;
  options.nodes.zones = std::move(zones);
  options.kubelet.removal_ms = 0;
  return options;
}

std::string id_text(const ContainerId& id, const std::string& pod) {
  return pod + "/" + id.container + "#" + std::to_string(id.attempt);
}

const std::map<std::string, std::string>& patch_types() {
  static const std::map<std::string, std::string> kTypes = {
      {"MERGE", "application/merge-patch+json"},
      {"JSON", "application/json-patch+json"},
      {"STRATEGIC", "application/strategic-merge-patch+json"},
      {"APPLY", "application/apply-patch+yaml"},
      {"FORCE", "application/apply-patch+yaml"}};
  return kTypes;
}

}  // namespace

WorldDriver::WorldDriver(std::vector<std::string> zones) : world_(options_of(std::move(zones))) {
  world_.create(now_);
  settle();
}

std::string WorldDriver::run(const std::string& script) {
  std::istringstream lines(script);
  std::string pending;
  std::string line;
  while (std::getline(lines, line)) {
    if (line.starts_with("  ")) {
      pending += " " + line.substr(2);
      continue;
    }
    if (!pending.empty()) {
      command(pending);
    }
    pending = line;
  }
  if (!pending.empty()) {
    command(pending);
  }
  return std::exchange(out_, {});
}

void WorldDriver::command(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  std::string first;
  words >> verb >> first;
  std::string rest;
  std::getline(words >> std::ws, rest);
  if (verb == "show") {
    shown_ = split(first + (rest.empty() ? "" : " " + rest), ' ');
  } else if (verb == "as") {
    manager_ = first;
  } else if (verb == "tick") {
    pass(parse_integer(first).value_or(0));
  } else if (verb == "runtime") {
    is_auto_ = first == "auto";
  } else if (verb == "exit" || verb == "started") {
    for (const ContainerId& id : containers_of(first)) {
      if (verb == "exit") {
        running_.erase(id);
        world_.on_event(
            ContainerExited{.id = id, .exit_code = static_cast<int>(*parse_integer(rest))}, now_);
      } else {
        world_.on_event(ContainerStarted{id}, now_);
      }
    }
    settle();
  } else if (verb == "probe") {
    for (const RunProbe& probe : std::exchange(probes_, {})) {
      world_.on_event(
          ProbeAnswered{
              .id = probe.id, .kind = probe.kind, .is_ok = rest == "ok", .message = "it said no"},
          now_);
    }
    settle();
  } else if (verb == "actions") {
    for (const std::string& action : std::exchange(actions_, {})) {
      out_ += action + "\n";
    }
  } else if (verb == "compact") {
    world_.store().compact(world_.store().revision());
  } else if (verb == "watch") {
    const ApiResponse response = world_.handle({.method = "GET",
                                                .target = rest,
                                                .content_type = {},
                                                .accept = {},
                                                .user_agent = {},
                                                .body = {}},
                                               now_);
    if (response.watch) {
      watches_.insert_or_assign(first, *response.watch);
    } else {
      print(response);
    }
  } else if (verb == "events") {
    events(first);
  } else if (verb == "pods") {
    print_pods();
  } else {
    request(verb, first, rest);
  }
}

void WorldDriver::request(const std::string& verb, const std::string& path,
                          const std::string& body) {
  ApiRequest request{.method = verb,
                     .target = path,
                     .content_type = "application/json",
                     .accept = "application/json",
                     .user_agent = "test",
                     .body = body};
  std::string query = "fieldManager=" + manager_;
  if (const auto type = patch_types().find(verb); type != patch_types().end()) {
    request.method = "PATCH";
    request.content_type = type->second;
    query += verb == "FORCE" ? "&force=true" : "";
  }
  request.target += (path.find('?') == std::string::npos ? "?" : "&") + query;
  const ApiResponse response = world_.handle(request, now_);
  settle();
  print(response);
}

void WorldDriver::print(const ApiResponse& response) {
  out_ += std::to_string(response.code);
  for (const std::string& warning : response.warnings) {
    out_ += " (" + warning + ")";
  }
  if (response.code >= 400) {
    out_ += " " + text(response.body, "reason") + ": " + text(response.body, "message") + "\n";
    return;
  }
  for (const std::string& path : shown_) {
    if (path == "all") {
      out_ += " " + dump(response.body);
      continue;
    }
    std::vector<std::string> values;
    for (const Json& value : json_path(response.body, path)) {
      values.push_back(value.is_string() ? value.get<std::string>() : dump(value));
    }
    out_ += " " + (values.empty() ? "-" : join(values, ","));
  }
  out_ += "\n";
}

void WorldDriver::settle() {
  for (int round = 0; round < 100; ++round) {
    const std::vector<RuntimeAction> actions = world_.step(now_);
    for (const RuntimeAction& action : actions) {
      perform(action);
    }
    if (actions.empty()) {
      return;
    }
  }
}

void WorldDriver::perform(const RuntimeAction& action) {
  std::visit(
      Overloaded{
          [&](const StartContainer& start) {
            running_[start.id] = start.pod_name;
            std::string words = join(start.plan.command, " ") + " " + join(start.plan.args, " ");
            actions_.push_back("start " + id_text(start.id, start.pod_name) + " on " + start.node +
                               ": " + words);
            if (is_auto_) {
              world_.on_event(ContainerStarted{start.id}, now_);
            }
          },
          [&](const StopContainer& stop) {
            actions_.push_back((stop.kill ? "kill " : "stop ") +
                               id_text(stop.id, running_[stop.id]));
            if (is_auto_ || stop.kill) {
              running_.erase(stop.id);
              world_.on_event(
                  ContainerExited{.id = stop.id, .exit_code = 0, .signal = stop.kill ? 9 : 0},
                  now_);
            }
          },
          [&](const RunProbe& probe) {
            if (is_auto_) {
              world_.on_event(
                  ProbeAnswered{.id = probe.id, .kind = probe.kind, .is_ok = true, .message = {}},
                  now_);
            } else {
              probes_.push_back(probe);
            }
          },
          [&](const ProjectVolume& project) {
            std::string files;
            for (const auto& [path, file] : project.volume.files) {
              files += " " + path + "=" + file.content;
            }
            actions_.push_back("project " + project.volume.name + files);
          },
          [&](const RemovePod&) {}},
      action);
}

void WorldDriver::pass(int64_t seconds) {
  const int64_t end = now_.value + seconds * 1000;
  while (now_.value < end) {
    const auto deadline = world_.next_deadline();
    const int64_t next = deadline ? deadline->value : end;
    now_.value = std::min(std::max(next, now_.value + 1), end);
    settle();
  }
}

void WorldDriver::events(const std::string& name) {
  const auto found = watches_.find(name);
  if (found == watches_.end()) {
    return;
  }
  for (const std::string& line : found->second.take(world_.store(), now_)) {
    const Json event = parse_json(line).value_or(Json());
    const Json& object = at(event, "object");
    out_ += text(event, "type") + " ";
    if (text(event, "type") == "ERROR") {
      out_ += std::to_string(integer(object, "code")) + " " + text(object, "reason") + "\n";
      continue;
    }
    out_ += name_of(object) + " " + dump(at(object, "data")) + "\n";
  }
  if (found->second.is_finished()) {
    out_ += "(end)\n";
  }
}

void WorldDriver::print_pods() {
  for (const ObjectPtr& pod : world_.store().list("pods")) {
    const ObjectPtr node = world_.store().find({"nodes", "", text(*pod, "spec/nodeName")});
    std::string reason;
    for (const Json& status : list_at(*pod, "status/containerStatuses")) {
      reason = text(status, "state/waiting/reason", text(status, "state/terminated/reason"));
    }
    out_ += name_of(*pod) +
            " zone=" + (node ? label(*node, "topology.kubernetes.io/zone") : std::string("-")) +
            " " + text(*pod, "status/phase") + (reason.empty() ? "" : "(" + reason + ")") +
            (condition_is_true(*pod, "Ready") ? " ready" : " unready") +
            (is_deleting(*pod) ? " deleting" : "") + "\n";
  }
}

std::vector<ContainerId> WorldDriver::containers_of(const std::string& pod) const {
  std::vector<ContainerId> found;
  for (const auto& [id, name] : running_) {
    if (name == pod) {
      found.push_back(id);
    }
  }
  return found;
}

}  // namespace quorate::local
