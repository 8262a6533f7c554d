// Health as the probes and the operator see it.
#include "server/report/health.h"

#include "server/report/json.h"
#include "server/report/text.h"

namespace quorate::report {

namespace {

std::string_view disk_text(node::SpaceLevel level) {
  switch (level) {
    case node::SpaceLevel::kEnough:
      return "ok";
    case node::SpaceLevel::kLow:
      return "low";
    case node::SpaceLevel::kExhausted:
      return "exhausted";
  }
  return "unknown";
}

}  // namespace

Health readiness(const Inputs& inputs) {
  if (inputs.status.role == node::Role::kLooking) {
    return {.ok = false, .text = "not ready: looking for a leader"};
  }
  if (!inputs.status.serving) {
    return {.ok = false, .text = "not ready: not serving requests"};
  }
  if (inputs.status.space != node::SpaceLevel::kEnough) {
    // Reads are served: whoever sent this member's clients away would only take those from them.
    return {.ok = true, .text = "ok, but writes are refused: disk space is low"};
  }
  return {.ok = true, .text = "ok"};
}

std::string status_body(const Inputs& inputs) {
  const node::Status& status = inputs.status;
  const auto zxid = [](Zxid value) { return "0x" + hex(value.value); };
  return json_text(
      {{"myid", reported_server_id(status)},
       {"role", mode_text(status.role)},
       {"serving", status.serving},
       {"epoch", status.last_zxid.epoch()},
       {"zxid", zxid(status.proposed_zxid)},
       {"appliedZxid", zxid(status.last_zxid)},
       {"durableZxid", zxid(status.durable_zxid)},
       {"snapshotZxid", zxid(status.snapshot_zxid)},
       {"disk", {{"state", disk_text(status.space)}, {"freeBytes", inputs.storage.free_bytes}}},
       {"version", inputs.process.version},
       {"startTime", iso_time(inputs.process.started)}});
}

}  // namespace quorate::report
