// Small derivations from Inputs.
#include "server/report/views.h"

#include <algorithm>

#include "server/report/text.h"
#include "server/wire/opcode.h"

namespace quorate::report {

double average_ms(const Histogram& samples) {
  if (samples.count() == 0) {
    return 0;
  }
  return rounded(static_cast<double>(samples.sum_us()) / 1000 /
                 static_cast<double>(samples.count()));
}

std::string_view last_operation(const node::ConnectionStatus& connection) {
  return wire::short_name_of(connection.last_op);
}

WallMillis expiry_time(const Inputs& inputs, int64_t expires_in_ms) {
  return {inputs.process.now.value + expires_in_ms};
}

int64_t lag_of(const node::Status& status, const zab::LearnerStatus& learner) {
  const Zxid has = learner.is_observer ? learner.sent : learner.acked;
  return std::max<int64_t>(0, status.last_zxid.value - has.value);
}

config::RunningFacts running_facts(const Inputs& inputs) {
  const config::Config& config = *inputs.config;
  return {.client_port = config.client.port ? *config.client.port : -1,
          .secure_client_port = config.secure_client.port ? *config.secure_client.port : -1,
          .data_dir_size_bytes = inputs.storage.data_dir_bytes,
          .data_log_dir_size_bytes = inputs.storage.log_dir_bytes,
          .server_id = reported_server_id(inputs.status)};
}

std::vector<std::pair<std::string, std::string>> environment(const Inputs& inputs) {
  const ProcessFacts& process = inputs.process;
  return {{"zookeeper.version", version_text(process)},
          {"host.name", process.host_name},
          {"os.name", process.os_name},
          {"os.arch", process.os_arch},
          {"os.version", process.os_version},
          {"user.name", process.user_name},
          {"user.dir", process.working_directory},
          {"quorate.version", process.version},
          {"process.resident.memory", std::to_string(process.resident_bytes >> 20) + "MB"}};
}

std::map<SessionId, std::vector<std::string_view>> watches_by_session(const node::Status& status) {
  std::map<SessionId, std::vector<std::string_view>> result;
  for (const node::WatchedPath& watched : status.watched_paths) {
    for (const SessionId session : watched.sessions) {
      result[session].push_back(watched.path);
    }
  }
  return result;
}

}  // namespace quorate::report
