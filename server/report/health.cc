// Health as the probes and the operator see it.
#include "server/report/health.h"

#include <algorithm>

#include "server/report/json.h"
#include "server/report/text.h"
#include "server/report/views.h"

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

void add_ensemble(const Inputs& inputs, Json& body) {
  const node::Status& status = inputs.status;
  const node::EnsembleStatus& ensemble = *status.ensemble;
  if (ensemble.leader.value >= 0) {
    body["leader"] = ensemble.leader.value;
  }
  body["acceptedEpoch"] = ensemble.accepted.value;
  body["mayVote"] = ensemble.may_vote;
  body["formed"] = ensemble.is_formed;
  body["ensembleId"] = inputs.config->quorum.ensemble_id;
  body["config"] = {{"version", "0x" + hex(ensemble.config_version.value)},
                    {"text", ensemble.configuration}};
  if (!ensemble.may_vote) {
    body["disk"]["state"] = "resyncing";
    body["disk"]["reason"] = "its history has to be fetched from another member first";
  }
  Json followers = Json::array();
  for (const zab::LearnerStatus& learner : ensemble.learners) {
    followers.push_back({{"myid", learner.server.value},
                         {"observer", learner.is_observer},
                         {"voter", learner.is_voter},
                         {"synced", learner.is_synced},
                         {"lag", lag_of(status, learner)},
                         {"queuedBytes", learner.unflushed_bytes}});
  }
  body["followers"] = followers;
}

}  // namespace

Health readiness(const Inputs& inputs) {
  if (inputs.status.role == node::Role::kLooking) {
    return {.ok = false, .text = "not ready: looking for a leader"};
  }
  if (inputs.status.role == node::Role::kReadOnly) {
    return {.ok = false, .text = "not ready: read-only, there is no leader"};
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
  Json body = {
      {"myid", reported_server_id(status)},
      {"role", mode_text(status.role)},
      {"serving", status.serving},
      {"epoch", status.ensemble ? status.ensemble->current.value : status.last_zxid.epoch()},
      {"zxid", zxid(status.proposed_zxid)},
      {"appliedZxid", zxid(status.last_zxid)},
      {"durableZxid", zxid(status.durable_zxid)},
      {"snapshotZxid", zxid(status.snapshot_zxid)},
      {"disk", {{"state", disk_text(status.space)}, {"freeBytes", inputs.storage.free_bytes}}},
      {"version", inputs.process.version},
      {"startTime", iso_time(inputs.process.started)}};
  if (status.ensemble) {
    add_ensemble(inputs, body);
  }
  return json_text(body);
}

}  // namespace quorate::report
