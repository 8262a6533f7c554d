// Composition of the four-letter answers.
#include "server/report/word_texts.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/report/text.h"
#include "server/report/views.h"

namespace quorate::report {

namespace {

// What ZooKeeper shows as interest: 1 is reading, which a connection always does once it has a
// session; before that nothing is promised.
std::string_view interest(const node::ConnectionStatus& connection) {
  return connection.session.value == 0 ? "0" : "1";
}

std::string connection_head(const node::ConnectionStatus& connection) {
  std::string text = " /" + socket_text(connection.address, connection.port) + "[";
  text += interest(connection);
  text += "](queued=" + std::to_string(connection.outstanding);
  text += ",recved=" + std::to_string(connection.received);
  text += ",sent=" + std::to_string(connection.sent);
  return text;
}

std::string connection_line(const node::ConnectionStatus& connection) {
  std::string text = connection_head(connection);
  if (connection.session.value != 0) {
    text += ",sid=0x" + hex(connection.session.value);
    text += ",lop=" + std::string(last_operation(connection));
    text += ",est=" + std::to_string(connection.established.value);
    text += ",to=" + std::to_string(connection.timeout_ms);
    if (connection.last_xid >= 0) {
      text += ",lcxid=0x" + hex(connection.last_xid);
    }
    text += ",lzxid=0x" + hex(connection.last_zxid.value);
    text += ",lresp=" + std::to_string(connection.last_response.value);
    text += ",llat=" + std::to_string(connection.latency_ms_last);
    text += ",minlat=" + std::to_string(connection.latency_ms_min);
    text += ",avglat=" + std::to_string(static_cast<int64_t>(connection.latency_ms_avg));
    text += ",maxlat=" + std::to_string(connection.latency_ms_max);
  }
  return text + ")\n";
}

// The body that srvr and stat share.
std::string server_body(const Inputs& inputs) {
  const node::Status& status = inputs.status;
  const Histogram& latency = status.counters.latency;
  std::string text = "Latency min/avg/max: " + std::to_string(latency.min_us() / 1000) + "/";
  text += java_double(average_ms(latency)) + "/" + std::to_string(latency.max_us() / 1000) + "\n";
  text += "Received: " + std::to_string(status.counters.packets_received) + "\n";
  text += "Sent: " + std::to_string(status.counters.packets_sent) + "\n";
  text += "Connections: " + std::to_string(status.connection_count) + "\n";
  text += "Outstanding: " + std::to_string(status.outstanding_count) + "\n";
  text += "Zxid: 0x" + hex(status.last_zxid.value) + "\n";
  text += "Mode: " + std::string(mode_text(status.role)) + "\n";
  text += "Node count: " + std::to_string(status.node_count) + "\n";
  return text;
}

std::string version_line(const Inputs& inputs) {
  const bool is_read_only = inputs.status.role == node::Role::kReadOnly;
  return "Zookeeper version: " + version_text(inputs.process) + "\n" +
         (is_read_only ? "READ-ONLY mode; serving only read-only clients\n" : "");
}

std::string sessions_part(const Inputs& inputs) {
  const auto& buckets = inputs.status.session_buckets;
  size_t total = 0;
  for (const node::SessionBucket& bucket : buckets) {
    total += bucket.sessions.size();
  }
  std::string text = "SessionTracker dump:\nSession Sets (" + std::to_string(buckets.size()) +
                     ")/(" + std::to_string(total) + "):\n";
  for (const node::SessionBucket& bucket : buckets) {
    text += std::to_string(bucket.sessions.size()) + " expire at " +
            java_date(expiry_time(inputs, bucket.expires_in_ms)) + ":\n";
    for (const SessionId session : bucket.sessions) {
      text += "\t0x" + hex(session.value) + "\n";
    }
  }
  return text;
}

std::string ephemerals_part(const Inputs& inputs) {
  const auto& ephemerals = inputs.status.ephemerals;
  std::string text = "ephemeral nodes dump:\nSessions with Ephemerals (" +
                     std::to_string(ephemerals.size()) + "):\n";
  for (const node::SessionEphemerals& entry : ephemerals) {
    text += "0x" + hex(entry.session.value) + ":\n";
    for (const std::string& path : entry.paths) {
      text += "\t" + path + "\n";
    }
  }
  return text;
}

// ZooKeeper groups connections by their own expiry, which follows the session's.
std::string connections_part(const Inputs& inputs) {
  std::map<SessionId, int64_t> expiry;
  for (const node::SessionBucket& bucket : inputs.status.session_buckets) {
    for (const SessionId session : bucket.sessions) {
      expiry[session] = bucket.expires_in_ms;
    }
  }
  std::map<int64_t, std::vector<const node::ConnectionStatus*>> sets;
  for (const node::ConnectionStatus& connection : inputs.status.connections) {
    const auto at = expiry.find(connection.session);
    sets[at == expiry.end() ? 0 : at->second].push_back(&connection);
  }
  std::string text = "Connections dump:\nConnections Sets (" + std::to_string(sets.size()) + ")/(" +
                     std::to_string(inputs.status.connections.size()) + "):\n";
  for (const auto& [expires_in_ms, connections] : sets) {
    text += std::to_string(connections.size()) + " expire at " +
            java_date(expiry_time(inputs, expires_in_ms)) + ":\n";
    for (const node::ConnectionStatus* connection : connections) {
      text += "\tip: /" + socket_text(connection->address, connection->port) + " sessionId: 0x" +
              hex(connection->session.value) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string srvr_text(const Inputs& inputs) { return version_line(inputs) + server_body(inputs); }

std::string stat_text(const Inputs& inputs) {
  std::string text = version_line(inputs) + "Clients:\n";
  for (const node::ConnectionStatus& connection : inputs.status.connections) {
    text += connection_head(connection) + ")\n";
  }
  return text + "\n" + server_body(inputs);
}

std::string cons_text(const Inputs& inputs) {
  std::string text;
  for (const node::ConnectionStatus& connection : inputs.status.connections) {
    text += connection_line(connection);
  }
  return text + "\n";
}

std::string conf_text(const Inputs& inputs) {
  std::string text;
  for (const config::Entry& entry :
       config::describe_conf_word(*inputs.config, running_facts(inputs))) {
    text += entry.name + "=" + config::value_text(entry) + "\n";
  }
  return text;
}

std::string envi_text(const Inputs& inputs) {
  std::string text = "Environment:\n";
  for (const auto& [key, value] : environment(inputs)) {
    text += key + "=" + value + "\n";
  }
  return text;
}

std::string dump_text(const Inputs& inputs) {
  return sessions_part(inputs) + ephemerals_part(inputs) + connections_part(inputs);
}

std::string dirs_text(const Inputs& inputs) {
  return "datadir_size: " + std::to_string(inputs.storage.data_dir_bytes) +
         "\nlogdir_size: " + std::to_string(inputs.storage.log_dir_bytes) + "\n";
}

std::string hash_text(const Inputs& inputs) {
  std::string text;
  for (const node::Status::DigestEntry& entry : inputs.status.digests) {
    text += hex(entry.zxid.value) + ": " + hex(static_cast<int64_t>(entry.digest)) + "\n";
  }
  return text;
}

std::string wchs_text(const Inputs& inputs) {
  const node::Status& status = inputs.status;
  return std::to_string(status.watching_connection_count) + " connections watching " +
         std::to_string(status.watched_path_count) +
         " paths\nTotal watches:" + std::to_string(status.watch_count) + "\n";
}

std::string wchc_text(const Inputs& inputs) {
  std::string text;
  for (const auto& [session, paths] : watches_by_session(inputs.status)) {
    text += "0x" + hex(session.value) + "\n";
    for (const std::string_view path : paths) {
      text += "\t" + std::string(path) + "\n";
    }
  }
  return text + "\n";
}

std::string wchp_text(const Inputs& inputs) {
  std::string text;
  for (const node::WatchedPath& watched : inputs.status.watched_paths) {
    text += watched.path + "\n";
    for (const SessionId session : watched.sessions) {
      text += "\t0x" + hex(session.value) + "\n";
    }
  }
  return text + "\n";
}

}  // namespace quorate::report
