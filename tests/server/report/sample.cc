// The sample member.
#include "tests/server/report/sample.h"

namespace quorate::report {

namespace {

constexpr SessionId kFirst{0x100002aa6b30000};
constexpr SessionId kSecond{0x100002aa6b30001};

node::ConnectionStatus connection(uint64_t id, uint16_t port, SessionId session) {
  return {.connection = ConnectionId{id},
          .address = "127.0.0.1",
          .port = port,
          .session = session,
          .timeout_ms = 10000,
          .received = 3,
          .sent = 4,
          .established = WallMillis{1795253524741},
          .last_op = wire::OpCode::kGetData,
          .last_xid = 2,
          .last_zxid = Zxid{15},
          .last_response = WallMillis{1795253525000},
          .latency_ms_last = 1,
          .latency_ms_min = 0,
          .latency_ms_max = 30,
          .latency_ms_avg = 4.5};
}

void add_status(node::Status& status) {
  status.server = ServerId{1};
  status.last_zxid = Zxid{0xf};
  status.proposed_zxid = Zxid{0x11};
  status.durable_zxid = Zxid{0x10};
  status.node_count = 8;
  status.ephemeral_count = 2;
  status.approximate_data_bytes = 58;
  status.session_count = 2;
  status.connection_count = 3;
  status.watch_count = 4;
  status.watched_path_count = 2;
  status.watching_connection_count = 2;
  status.snapshot_zxid = Zxid{0xa};
  status.snapshot_time = WallMillis{1795253488123};
  status.digests = {{Zxid{0x80}, 0xabcdef}};
  node::Counters& counters = status.counters;
  counters.packets_received = 25;
  counters.packets_sent = 26;
  counters.proposals = 16;
  counters.commits = 15;
  counters.auth_failures = 1;
  counters.response_bytes_last = 90;
  counters.response_bytes_min = 16;
  counters.response_bytes_max = 96;
  for (const int64_t us : {100, 2000, 30100}) {
    counters.latency.record(Duration(us));
    counters.write_latency.record(Duration(us));
  }
}

void add_detail(node::Status& status) {
  status.connections = {connection(1, 39206, kFirst), connection(2, 39216, kSecond),
                        connection(3, 39248, SessionId{})};
  status.connections[2].secure = true;
  status.connections[2].address = "::1";
  status.session_buckets = {{.expires_in_ms = 10000, .sessions = {kFirst, kSecond}}};
  status.ephemerals = {{.session = kFirst, .paths = {"/a/e", "/f"}}};
  status.watched_paths = {{.path = "/a", .sessions = {kFirst, kSecond}},
                          {.path = "/nope", .sessions = {kFirst}}};
  status.quotas = {{.name = "a",
                    .has_limits = true,
                    .count_limit = 10,
                    .bytes_limit = -1,
                    .has_usage = true,
                    .count_used = 3,
                    .bytes_used = 40}};
  status.namespaces = {{.name = std::string(node::kOtherNamespace)}, {.name = "a"}, {.name = "b"}};
  status.namespaces[0].writes.record(Duration(7));
  status.namespaces[1].reads.record(Duration(70));
  status.namespaces[1].reads.record(Duration(90));
  status.namespaces[1].quota_exceeded = 2;
  status.namespaces[2].writes.record(Duration(12));
}

}  // namespace

config::Config sample_config() {
  config::Config config;
  config.client.port = 21899;
  config.storage.data_dir = "/data";
  config.storage.data_log_dir = "/log";
  config.session.tick_time_ms = 2000;
  config.session.min_session_timeout_ms = 4000;
  config.session.max_session_timeout_ms = 40000;
  config.auth.super_digest = Secret("super:verysecret");
  return config;
}

Inputs sample_inputs(const config::Config& config) {
  Inputs inputs;
  add_status(inputs.status);
  add_detail(inputs.status);
  inputs.process = {.version = "0.1.0",
                    .built_on = "2026-11-01",
                    .host_name = "host",
                    .os_name = "Linux",
                    .os_version = "6.1",
                    .os_arch = "x86_64",
                    .user_name = "quorate",
                    .working_directory = "/srv",
                    .started = WallMillis{1795253487000},
                    .now = WallMillis{1795253524751},
                    .open_file_descriptors = 64,
                    .max_file_descriptors = 20000,
                    .resident_bytes = 12 << 20,
                    .virtual_bytes = 90 << 20,
                    .cpu_seconds = 1.25};
  inputs.storage.data_dir_bytes = 67109358;
  inputs.storage.log_dir_bytes = 134219610;
  inputs.storage.free_bytes = 1 << 30;
  inputs.storage.startup_load_ms = 14;
  inputs.storage.startup_txns_loaded = 7;
  inputs.storage.sync_time.record(Duration(1500));
  inputs.storage.batch_txns.record(Duration(3));
  inputs.reads.read_time.record(Duration(40));
  inputs.net.bytes_received = 704;
  inputs.config = &config;
  inputs.initial_configuration = "dataDir=/data\nclientPort=21899\n";
  return inputs;
}

}  // namespace quorate::report
