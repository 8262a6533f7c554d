// Composition of the admin commands' JSON, keys and order as ZooKeeper's.
#include "server/report/command_bodies.h"

#include <array>

#include "server/config/describe.h"
#include "server/report/catalogue.h"
#include "server/report/commands.h"
#include "server/report/json.h"
#include "server/report/text.h"
#include "server/report/views.h"

namespace quorate::report {

namespace {

// Version of the node digests, as ZooKeeper counts them.
constexpr int kDigestVersion = 2;

Json object_of(const std::vector<config::Entry>& entries) {
  Json json = Json::object();
  for (const config::Entry& entry : entries) {
    std::visit([&](const auto& value) { json[entry.name] = value; }, entry.value);
  }
  return json;
}

Json configuration(const Inputs& inputs) {
  return object_of(config::describe_admin_configuration(*inputs.config, running_facts(inputs)));
}

Json brief_connection(const node::ConnectionStatus& connection) {
  return {{"remote_socket_address", socket_text(connection.address, connection.port)},
          {"interest_ops", connection.session.value == 0 ? 0 : 1},
          {"outstanding_requests", connection.outstanding},
          {"packets_received", connection.received},
          {"packets_sent", connection.sent}};
}

Json full_connection(const node::ConnectionStatus& connection) {
  Json json = brief_connection(connection);
  if (connection.session.value == 0) {
    return json;
  }
  json["session_id"] = connection.session.value;
  json["last_operation"] = last_operation(connection);
  json["established"] = connection.established.value;
  json["session_timeout"] = connection.timeout_ms;
  json["last_cxid"] = connection.last_xid;
  json["last_zxid"] = connection.last_zxid.value;
  json["last_response_time"] = connection.last_response.value;
  json["last_latency"] = connection.latency_ms_last;
  json["min_latency"] = connection.latency_ms_min;
  json["avg_latency"] = static_cast<int64_t>(connection.latency_ms_avg);
  json["max_latency"] = connection.latency_ms_max;
  return json;
}

void add_connections(Json& json, const Inputs& inputs,
                     Json (*describe)(const node::ConnectionStatus&)) {
  json["connections"] = Json::array();
  json["secure_connections"] = Json::array();
  for (const node::ConnectionStatus& connection : inputs.status.connections) {
    json[connection.secure ? "secure_connections" : "connections"].push_back(describe(connection));
  }
}

Json connections(const Inputs& inputs) {
  Json json = Json::object();
  add_connections(json, inputs, full_connection);
  return json;
}

Json dirs(const Inputs& inputs) {
  return {{"datadir_size", inputs.storage.data_dir_bytes},
          {"logdir_size", inputs.storage.log_dir_bytes}};
}

Json ids_of(const std::vector<SessionId>& sessions) {
  Json ids = Json::array();
  for (const SessionId session : sessions) {
    ids.push_back(session.value);
  }
  return ids;
}

Json dump(const Inputs& inputs) {
  Json expiry = Json::object();
  for (const node::SessionBucket& bucket : inputs.status.session_buckets) {
    const WallMillis at = expiry_time(inputs, bucket.expires_in_ms);
    expiry[std::to_string(at.value)] = ids_of(bucket.sessions);
  }
  Json paths = Json::object();
  for (const node::SessionEphemerals& entry : inputs.status.ephemerals) {
    paths[std::to_string(entry.session.value)] = entry.paths;
  }
  return {{"expiry_time_to_session_ids", std::move(expiry)},
          {"session_id_to_ephemeral_paths", std::move(paths)}};
}

Json environment_json(const Inputs& inputs) {
  Json json = Json::object();
  for (const auto& [key, value] : environment(inputs)) {
    json[key] = value;
  }
  return json;
}

Json hash(const Inputs& inputs) {
  Json digests = Json::array();
  for (const node::Status::DigestEntry& entry : inputs.status.digests) {
    digests.push_back({{"zxid", entry.zxid.value},
                       {"digestVersion", kDigestVersion},
                       {"digest", static_cast<int64_t>(entry.digest)}});
  }
  return {{"digests", std::move(digests)}};
}

Json last_snapshot(const Inputs& inputs) {
  return {{"zxid", hex(inputs.status.snapshot_zxid.value)},
          {"timestamp", inputs.status.snapshot_time.value / 1000}};
}

Json monitor(const Inputs& inputs) {
  Json json = {{"version", version_text(inputs.process)},
               {"server_state", mode_text(inputs.status.role)}};
  const Catalogue catalogue(inputs);
  for (const NamedText& line : monitor_lines(catalogue)) {
    std::visit([&](auto value) { json[line.name] = value; }, line.value);
  }
  return json;
}

Json response_sizes(const Inputs& inputs) {
  const node::Counters& counters = inputs.status.counters;
  const bool none = counters.response_bytes_max < 0;
  return {{"last_buffer_size", none ? -1 : counters.response_bytes_last},
          {"min_buffer_size", counters.response_bytes_min},
          {"max_buffer_size", counters.response_bytes_max}};
}

Json server_stats(const Inputs& inputs) {
  const node::Status& status = inputs.status;
  const Histogram& latency = status.counters.latency;
  Json stats = {{"packets_sent", status.counters.packets_sent},
                {"packets_received", status.counters.packets_received},
                {"fsync_threshold_exceed_count", inputs.storage.slow_syncs},
                {"client_response_stats", response_sizes(inputs)},
                {"uptime", uptime_ms(inputs.process)},
                {"data_dir_size", inputs.storage.data_dir_bytes},
                {"log_dir_size", inputs.storage.log_dir_bytes},
                {"provider_null", false},
                {"last_processed_zxid", status.last_zxid.value},
                {"outstanding_requests", status.outstanding_count},
                {"server_state", mode_text(status.role)},
                {"avg_latency", average_ms(latency)},
                {"max_latency", latency.max_us() / 1000},
                {"min_latency", latency.min_us() / 1000},
                {"num_alive_client_connections", status.connection_count},
                {"auth_failed_count", status.counters.auth_failures},
                {"non_mtlsremote_conn_count", 0},
                {"non_mtlslocal_conn_count", 0}};
  return {{"version", version_text(inputs.process)},
          {"read_only", status.role == node::Role::kReadOnly},
          {"server_stats", std::move(stats)},
          {"client_response", response_sizes(inputs)},
          {"node_count", status.node_count}};
}

Json stats(const Inputs& inputs) {
  Json json = server_stats(inputs);
  add_connections(json, inputs, brief_connection);
  return json;
}

// Where ZooKeeper lists Java's properties, the settings in force are the useful thing to show.
Json system_properties(const Inputs& inputs) {
  return object_of(config::describe_all(*inputs.config));
}

Json watch_summary(const Inputs& inputs) {
  return {{"num_connections", inputs.status.watching_connection_count},
          {"num_paths", inputs.status.watched_path_count},
          {"num_total_watches", inputs.status.watch_count}};
}

Json watches(const Inputs& inputs) {
  Json sessions = Json::object();
  for (const auto& [session, paths] : watches_by_session(inputs.status)) {
    sessions[std::to_string(session.value)] = paths;
  }
  return {{"session_id_to_watched_paths", std::move(sessions)}};
}

Json watches_by_path(const Inputs& inputs) {
  Json paths = Json::object();
  for (const node::WatchedPath& watched : inputs.status.watched_paths) {
    paths[watched.path] = ids_of(watched.sessions);
  }
  return {{"path_to_session_ids", std::move(paths)}};
}

struct Body {
  std::string_view name;
  Json (*make)(const Inputs&);
};

constexpr std::array kBodies = {
    Body{"configuration", configuration},
    Body{"connections", connections},
    Body{"dirs", dirs},
    Body{"dump", dump},
    Body{"environment", environment_json},
    Body{"get_trace_mask",
         [](const Inputs& in) {
           return Json{{"tracemask", in.trace_mask}};
         }},
    Body{"hash", hash},
    Body{"initial_configuration",
         [](const Inputs& in) {
           return Json{{"initial_configuration", in.initial_configuration}};
         }},
    Body{"is_read_only",
         [](const Inputs& in) {
           return Json{{"read_only", in.status.role == node::Role::kReadOnly}};
         }},
    Body{"last_snapshot", last_snapshot},
    Body{"monitor", monitor},
    Body{"observers",
         [](const Inputs&) {
           return Json{{"synced_observers", 0}, {"observers", Json::array()}};
         }},
    Body{"server_stats", server_stats},
    Body{"stats", stats},
    Body{"system_properties", system_properties},
    Body{"voting_view",
         [](const Inputs&) {
           return Json{{"current_config", Json::object()}};
         }},
    Body{"watch_summary", watch_summary},
    Body{"watches", watches},
    Body{"watches_by_path", watches_by_path},
    Body{"zabstate",
         [](const Inputs&) {
           return Json{{"voting", false}, {"zabstate", ""}};
         }},
};

}  // namespace

std::string command_body(std::string_view name, const Inputs& inputs) {
  if (name == "leader" && inputs.status.role == node::Role::kStandalone) {
    return failed_body(name, "server is not initialized");
  }
  Json json = Json::object();
  for (const Body& body : kBodies) {
    if (body.name == name) {
      json = body.make(inputs);
    }
  }
  json["command"] = name;
  json["error"] = nullptr;
  return json_text(json);
}

std::string failed_body(std::string_view name, std::string_view error) {
  return json_text({{"error", error}, {"command", name}});
}

std::string trace_mask_body(std::string_view name, int64_t mask) {
  return json_text({{"tracemask", mask}, {"command", name}, {"error", nullptr}});
}

std::string command_error(std::string_view name, std::string_view error) {
  Json json = {{"command", name}, {"error", nullptr}};
  if (!error.empty()) {
    json["error"] = error;
  }
  return json_text(json);
}

std::string restore_body(Zxid last_zxid) {
  return json_text({{"last_zxid", last_zxid.value}, {"command", "restore"}, {"error", nullptr}});
}

}  // namespace quorate::report
