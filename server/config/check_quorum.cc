// Contradictions between the keys of the ensemble.
#include <algorithm>
#include <string>
#include <utility>

#include "server/config/check.h"

namespace quorate::config {
namespace {

/// Where problems go and which setting each blames.
struct Context {
  const QuorumSettings& quorum;
  const Settings& settings;
  const std::string& file_name;
  std::vector<Problem>& errors;
  std::vector<Problem>& warnings;

  [[nodiscard]] Problem about(std::string_view key, std::string message) const {
    const Setting* setting = settings.find(key);
    return {.place = setting != nullptr ? setting->place : Place{.source = file_name},
            .key = std::string(key),
            .message = std::move(message)};
  }
};

std::string member_key(std::string_view family, ServerId id) {
  return std::string(family) + std::to_string(id.value);
}

/// With a dynamic file, the static one must not hold members. Returns whether it is so.
bool check_dynamic_file(const Context& context) {
  if (context.quorum.dynamic_config_file.empty()) {
    return true;
  }
  bool is_clean = true;
  for (const std::string_view family : {"server.", "group.", "weight."}) {
    for (const Setting* setting : context.settings.family(family)) {
      is_clean = false;
      context.errors.push_back({.place = setting->place,
                                .key = setting->name,
                                .message = "must be in the file that dynamicConfigFile names, " +
                                           context.quorum.dynamic_config_file + ", not here"});
    }
  }
  return is_clean;
}

void check_addresses(const Context& context) {
  for (const auto& [id, spec] : context.quorum.servers) {
    if (spec.addresses.size() > 1 && !context.quorum.multi_address_enabled) {
      context.errors.push_back(context.about(
          member_key("server.", id), "has several addresses, but multiAddress.enabled is false"));
    }
  }
}

/// One server's line and the keys must not name different ports for its clients.
void check_client_ports(const Context& context, const Config& config) {
  if (context.quorum.servers.size() != 1) {
    return;
  }
  const auto& [id, spec] = *context.quorum.servers.begin();
  const auto differs = [&](const Listener& listener, const std::optional<ClientAddress>& client) {
    return listener.port && client && *listener.port != client->port;
  };
  if (differs(config.client, spec.client)) {
    context.errors.push_back(
        context.about("clientPort", "is " + std::to_string(*config.client.port) + ", but " +
                                        member_key("server.", id) + " names port " +
                                        std::to_string(spec.client->port) + " for clients"));
  }
  if (differs(config.secure_client, spec.secure_client)) {
    context.errors.push_back(context.about(
        "secureClientPort", "is " + std::to_string(*config.secure_client.port) + ", but " +
                                member_key("server.", id) + " names port " +
                                std::to_string(spec.secure_client->port) + " for clients"));
  }
}

/// Either there are no groups, or every server is in one and nobody else is.
void check_groups(const Context& context) {
  const QuorumSettings& quorum = context.quorum;
  if (!quorum.groups.empty()) {
    for (const auto& [id, spec] : quorum.servers) {
      if (!quorum.groups.contains(id)) {
        context.errors.push_back(
            context.about(member_key("server.", id), "is in no group, but there are groups"));
      }
    }
  }
  for (const auto& [id, group] : quorum.groups) {
    if (!quorum.servers.contains(id)) {
      context.errors.push_back(
          context.about("group." + std::to_string(group),
                        "holds " + std::to_string(id.value) + ", which is the id of no server"));
    }
  }
  for (const auto& [id, weight] : quorum.weights) {
    if (!quorum.servers.contains(id)) {
      context.errors.push_back(
          context.about(member_key("weight.", id), "is the weight of no server"));
    }
  }
}

/// Source: ZooKeeper 3.9 QuorumPeerConfig.parseDynamicConfig.
void check_voters(const Context& context) {
  const QuorumSettings& quorum = context.quorum;
  const size_t voters = voter_count(quorum);
  const bool has_observers = voters < quorum.servers.size();
  const std::string_view first = "standaloneEnabled";
  if (voters == 0 && (has_observers || !quorum.standalone_enabled)) {
    context.errors.push_back(context.about(
        first, has_observers ? "cannot hold: there are observers, but no participant"
                             : "is false, but there is no participant among the servers"));
  } else if (voters == 1 && quorum.standalone_enabled && has_observers) {
    context.errors.push_back(
        context.about(first, "is true, so one participant is no quorum, but there are observers"));
  } else if (voters == 2) {
    context.warnings.push_back(
        context.about("server.N", "are two voters: no failure is survived; use three"));
  } else if (voters > 2 && voters % 2 == 0) {
    context.warnings.push_back(context.about(
        "server.N", "are an even number of voters: one less survives as many failures"));
  }
}

void check_limits(const Context& context) {
  const QuorumSettings& quorum = context.quorum;
  if (quorum.notification_interval_min_ms > quorum.notification_interval_max_ms) {
    context.errors.push_back(
        context.about("fastleader.minNotificationInterval",
                      "is " + std::to_string(quorum.notification_interval_min_ms) +
                          " ms, must be at most fastleader.maxNotificationInterval, which is " +
                          std::to_string(quorum.notification_interval_max_ms) + " ms"));
  }
  if (!needs_quorum(quorum)) {
    return;
  }
  if (quorum.init_limit_ticks == 0) {
    context.errors.push_back(
        context.about("initLimit", "is required with a quorum: an integer of 1 to 2147483647"));
  }
  if (quorum.sync_limit_ticks == 0) {
    context.errors.push_back(
        context.about("syncLimit", "is required with a quorum: an integer of 1 to 2147483647"));
  }
}

}  // namespace

void check_quorum(const Config& config, const Settings& settings, const std::string& file_name,
                  std::vector<Problem>& errors, std::vector<Problem>& warnings) {
  const Context context{.quorum = config.quorum,
                        .settings = settings,
                        .file_name = file_name,
                        .errors = errors,
                        .warnings = warnings};
  check_limits(context);
  if (!check_dynamic_file(context) || !config.quorum.dynamic_config_file.empty()) {
    return;
  }
  // A server line that could not be read is an error of its own; what is missing then follows.
  if (settings.family("server.").size() != config.quorum.servers.size()) {
    return;
  }
  check_addresses(context);
  check_client_ports(context, config);
  check_groups(context);
  check_voters(context);
}

}  // namespace quorate::config
