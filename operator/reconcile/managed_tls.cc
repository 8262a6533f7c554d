// Secrets of managed certificates.
#include "operator/reconcile/managed_tls.h"

#include <algorithm>
#include <utility>

#include "operator/api/names.h"
#include "operator/controller/field_manager.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/resources/blueprint.h"
#include "server/log/log.h"

namespace quorate::reconcile {

namespace {

using nlohmann::json;

/// What makes a Secret hold `data`; nothing when it does.
kube::ApiResult<std::optional<kube::Request>> request_for(const api::ValidatedCluster& cluster,
                                                          const std::string& name, json data,
                                                          const json& present) {
  if (!present.is_null()) {
    const auto owner = kube::controller_of(present);
    if (!owner || owner->uid != cluster.uid) {
      return kube::ApiError{.kind = kube::ApiErrorKind::kInvalid,
                            .message = "it belongs to " +
                                       (owner ? owner->kind + " " + owner->name : "nobody") +
                                       ": delete it, or give this cluster another name"};
    }
    const json* const held = kube::find_at(present, {"data"});
    if (held != nullptr && *held == data) {
      return std::optional<kube::Request>();
    }
  }
  if (present.is_null()) {
    return std::optional(kube::create(kube::kSecret,
                                      {{"apiVersion", "v1"},
                                       {"kind", "Secret"},
                                       {"metadata", resources::metadata_of(cluster, name)},
                                       {"type", "Opaque"},
                                       {"data", std::move(data)}},
                                      controller::kFieldManager));
  }
  // Keys that are to go are named: an apply leaves those that a create has made.
  if (const json* const held = kube::find_at(present, {"data"})) {
    for (const auto& [key, value] : held->items()) {
      data.emplace(key, nullptr);
    }
  }
  const json metadata = {{"uid", kube::uid_of(present)},
                         {"resourceVersion", kube::resource_version_of(present)}};
  return std::optional(kube::merge_patch(kube::kSecret, kube::key_of(present),
                                         {{"metadata", metadata}, {"data", std::move(data)}},
                                         controller::kFieldManager));
}

void log_decision(controller::Pass& pass, const certificates::Decision& decision) {
  log::info("certificates", {{"reconcile_id", pass.id()},
                             {"namespace", pass.key().space},
                             {"name", pass.key().name},
                             {"new_authority", decision.makes_authority},
                             {"issued", decision.issued.size()},
                             {"removed", decision.removed.size()},
                             {"dropped_authorities", decision.dropped.size()}});
}

}  // namespace

kube::ApiResult<ManagedSecrets> read_managed(controller::Pass& pass,
                                             const api::ValidatedCluster& cluster,
                                             SecretReader& secrets) {
  ManagedSecrets found;
  for (auto [name, to] : {std::pair(api::authority_secret_name(cluster.name), &found.authority),
                          std::pair(api::quorum_tls_secret_name(cluster.name), &found.members)}) {
    auto secret = secrets.read(pass, cluster.uid, name);
    if (!secret) {
      return secret.error();
    }
    *to = (*secret).value_or(kube::SharedObject());
  }
  found.bundle = certificates::read_secrets(found.authority, found.members);
  return found;
}

certificates::Hosts hosts_of(const api::ValidatedCluster& cluster,
                             const api::QuorumClusterStatus& status) {
  certificates::Hosts hosts;
  for (const api::MemberStatus& member : status.members()) {
    const std::string host = api::member_host(member.name(), cluster.name, cluster.name_space);
    std::vector<std::string> names{member.name(), host, host + ".cluster.local", "localhost"};
    std::ranges::sort(names);
    hosts.emplace(member.name(), std::move(names));
  }
  return hosts;
}

plan::CertificateHealth health_of(const ManagedSecrets& found, const certificates::Hosts& members,
                                  const certificates::Terms& terms, WallMillis now) {
  certificates::Health health =
      certificates::health_of(certificates::held_of(found.bundle), members, terms, now);
  return {.is_valid = health.is_valid,
          .reason = std::move(health.reason),
          .message = std::move(health.message)};
}

Applied write_managed(controller::Pass& pass, const api::ValidatedCluster& cluster,
                      const ManagedSecrets& found, const certificates::Hosts& members,
                      const certificates::Terms& terms) {
  const WallMillis now = pass.now().wall;
  const certificates::Decision decision =
      certificates::decide(certificates::held_of(found.bundle), members, terms, now);
  const auto bundle = certificates::carry_out(decision, found.bundle, members, terms,
                                              cluster.name_space + "/" + cluster.name, now);
  Applied applied;
  if (!bundle) {
    applied.error = kube::ApiError{.message = bundle.error().message};
    applied.object = "certificates";
    return applied;
  }
  struct Part {
    std::string name;
    json data;
    const json& present;
  };
  for (const Part& each : {Part{api::authority_secret_name(cluster.name),
                                certificates::authority_data(*bundle), found.authority},
                           Part{api::quorum_tls_secret_name(cluster.name),
                                certificates::members_data(*bundle), found.members}}) {
    auto request = request_for(cluster, each.name, each.data, each.present);
    if (request && !*request) {
      continue;
    }
    const auto answer = request ? pass.send(**request) : kube::ApiResult<json>(request.error());
    ++applied.writes;
    if (!answer) {
      applied.error = answer.error();
      applied.object = "Secret " + each.name;
      return applied;
    }
  }
  if (!decision.is_empty()) {
    log_decision(pass, decision);
  }
  return applied;
}

}  // namespace quorate::reconcile
