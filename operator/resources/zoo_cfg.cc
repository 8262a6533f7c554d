// Rendering of zoo.cfg.
#include "operator/resources/zoo_cfg.h"

#include <map>

#include "operator/api/names.h"

namespace quorate::resources {

namespace {

/// A person's keys win over these...
const std::map<std::string, std::string>& preset_settings() {
  static const std::map<std::string, std::string> kSettings{
      {"electionPortBindRetry", "0"}, {"initLimit", "10"},
      {"quorate.log.format", "json"}, {"syncLimit", "5"},
      {"tickTime", "2000"},
  };
  return kSettings;
}

/// ...but never over these, whose keys validation refuses.
std::map<std::string, std::string> owned_settings(const api::ValidatedCluster& cluster) {
  std::map<std::string, std::string> settings{
      {"admin.serverPort", std::to_string(port::kAdmin)},
      {"clientPort", std::to_string(port::kClient)},
      {"metricsProvider.httpPort", std::to_string(port::kMetrics)},
      {"reconfigEnabled", "true"},
      {"standaloneEnabled", "false"},
  };
  if (!cluster.tls_client_secret.empty()) {
    settings["secureClientPort"] = std::to_string(port::kClientTls);
  }
  if (!cluster.tls_quorum_secret.empty()) {
    settings["sslQuorum"] = "true";
  }
  if (cluster.tls_managed) {
    settings["admin.forceHttps"] = "true";
  }
  return settings;
}

}  // namespace

std::string property_line(const std::string& key, const std::string& value) {
  std::string line = key + "=";
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    // A blank at the front would be skipped; '=', ':', '#' and '!' matter in keys only.
    if (c == '\\' || (c == ' ' && i == 0)) {
      line += '\\';
    }
    line += c;
  }
  return line + "\n";
}

std::string static_settings(const api::ValidatedCluster& cluster) {
  std::map<std::string, std::string> settings = cluster.config;
  settings.insert(preset_settings().begin(), preset_settings().end());
  for (const auto& [key, value] : owned_settings(cluster)) {
    settings[key] = value;
  }
  std::string text;
  for (const auto& [key, value] : settings) {
    text += property_line(key, value);
  }
  return text;
}

std::string server_line(const api::ValidatedCluster& cluster, const Server& server) {
  return "server." + std::to_string(server.myid) + "=" +
         api::member_host(server.member, cluster.name, cluster.name_space) + ":" +
         std::to_string(port::kQuorum) + ":" + std::to_string(port::kElection) +
         (server.is_voter ? ":participant;" : ":observer;") + std::to_string(port::kClient);
}

std::string zoo_cfg(const Blueprint& blueprint) {
  const api::ValidatedCluster& cluster = blueprint.cluster;
  std::string text = "# Written by quorate-operator.\n" + static_settings(cluster);
  text += property_line("quorate.bootstrap", blueprint.mode == Mode::kForm ? "form" : "join");
  text += property_line("quorate.ensembleId", blueprint.ensemble_id);
  if (!blueprint.recover_from.empty()) {
    text += property_line("quorate.recoverFrom", blueprint.recover_from);
  }
  for (const Server& server : blueprint.servers) {
    text += server_line(cluster, server) + "\n";
  }
  return text;
}

std::string config_hash(const api::ValidatedCluster& cluster) {
  return api::hex64(api::fnv1a(static_settings(cluster)));
}

}  // namespace quorate::resources
