// Collecting objects, and the members' addresses.
#include "operator/reconcile/observe.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/kube/response.h"
#include "operator/plan/plan.h"
#include "operator/transport/base64.h"
#include "server/base/text.h"

namespace quorate::reconcile {

namespace {

using controller::Pass;
using kube::ApiResult;
using kube::SharedObject;
using nlohmann::json;

std::string instance_selector(const api::ValidatedCluster& cluster) {
  return std::string(api::labels::kInstance) + "=" + cluster.name + "," +
         std::string(api::labels::kName) + "=quorate";
}

/// All objects of a kind from the newest state.
ApiResult<std::vector<SharedObject>> list_live(Pass& pass, const kube::ResourceKind& kind,
                                               const std::string& space,
                                               const std::string& selector) {
  constexpr int kPagesMax = 200;
  std::vector<SharedObject> objects;
  kube::ListOptions options{.label_selector = selector};
  for (int i = 0; i < kPagesMax; ++i) {
    auto answer = pass.send(kube::list(kind, space, options));
    if (!answer) {
      return answer.error();
    }
    auto page = kube::page_of(*std::move(answer));
    if (!page) {
      return page.error();
    }
    std::ranges::move(page->items, std::back_inserter(objects));
    if (page->continue_token.empty()) {
      return objects;
    }
    options.continue_token = page->continue_token;
  }
  return kube::ApiError{.kind = kube::ApiErrorKind::kMalformed, .message = "the list has no end"};
}

/// An operator of one namespace may not look at what belongs to the whole cluster.
bool is_hidden(const kube::ApiError& error) { return error.kind == kube::ApiErrorKind::kForbidden; }

class Looker {
 public:
  Looker(Pass& pass, const api::ValidatedCluster& cluster, const api::QuorumClusterStatus& recorded,
         SecretReader& secrets)
      : pass_(pass), cluster_(cluster), recorded_(recorded), secrets_(secrets) {}

  ApiResult<Seen> look() {
    const std::string instance(api::labels::kInstance);
    seen_.objects.pods =
        pass_.cache().labelled(kube::kPod, cluster_.name_space, instance, cluster_.name);
    seen_.objects.claims = pass_.cache().labelled(kube::kPersistentVolumeClaim, cluster_.name_space,
                                                  instance, cluster_.name);
    for (const auto step : {&Looker::look_at_sets, &Looker::look_at_fixed_names,
                            &Looker::look_at_secrets, &Looker::look_at_surroundings}) {
      if (auto done = (this->*step)(); !done) {
        return done.error();
      }
    }
    seen_.observed = plan::observe(cluster_, seen_.objects);
    add_conflicting_zones();
    check_storage_class();
    return std::move(seen_);
  }

 private:
  using Done = ApiResult<kube::Done>;

  /// From the cache; one that it does not know may be somebody else's, so it is asked for live.
  Done look_at(const kube::ResourceKind& kind, const std::string& name,
               std::vector<SharedObject>* into) {
    const kube::ObjectKey key{.space = cluster_.name_space, .name = name};
    std::optional<SharedObject> found = pass_.cache().get(kind, key);
    if (!found) {
      auto answer = read_live(pass_, kind, key);
      if (!answer) {
        return answer.error();
      }
      found = *std::move(answer);
    }
    if (into != nullptr && !found->is_null()) {
      into->push_back(*found);
    }
    seen_.present[{std::string(kind.kind), name}] = *std::move(found);
    return kube::Done{};
  }

  /// Zones that the spec or the record names, and sets that are ours whatever their zone.
  Done look_at_sets() {
    std::set<std::string> names;
    for (const api::ZoneSpec& zone : cluster_.zones) {
      names.insert(api::set_name(cluster_.name, zone.name));
    }
    for (const api::ZoneStatus& zone : recorded_.zones()) {
      names.insert(api::set_name(cluster_.name, zone.name()));
    }
    for (const json& each : pass_.cache().owned_by(kube::kStatefulSet, cluster_.uid)) {
      names.insert(kube::name_of(each));
    }
    for (const std::string& name : names) {
      if (auto done = look_at(kube::kStatefulSet, name, &seen_.objects.stateful_sets); !done) {
        return done;
      }
    }
    return kube::Done{};
  }

  Done look_at_fixed_names() {
    struct Name {
      const kube::ResourceKind& kind;
      std::string name;
      std::vector<SharedObject>* into;
    };
    for (const Name& each :
         {Name{kube::kService, api::members_service_name(cluster_.name), &seen_.objects.services},
          Name{kube::kService, api::client_service_name(cluster_.name), &seen_.objects.services},
          Name{kube::kConfigMap, api::config_map_name(cluster_.name), &seen_.objects.config_maps},
          Name{kube::kPodDisruptionBudget, api::disruption_budget_name(cluster_.name),
               &seen_.objects.disruption_budgets},
          Name{kube::kServiceAccount, api::service_account_name(cluster_.name), nullptr}}) {
      if (auto done = look_at(each.kind, each.name, each.into); !done) {
        return done;
      }
    }
    return kube::Done{};
  }

  Done look_at_secrets() {
    const std::string admin = api::admin_secret_name(cluster_.name);
    for (const std::string& name : {admin, cluster_.tls_client_secret, cluster_.tls_quorum_secret,
                                    cluster_.superuser_secret}) {
      if (name.empty()) {
        continue;
      }
      auto secret = secrets_.read(pass_, cluster_.uid, name);
      if (!secret) {
        return secret.error();
      }
      if (*secret) {
        seen_.objects.secrets.push_back(**secret);
      }
      if (*secret && name == admin) {
        const auto token = transport::from_base64(kube::text_at(**secret, {"data", "token"}));
        seen_.token = Secret(std::string(trim(token.value_or(""))));
      }
    }
    return kube::Done{};
  }

  [[nodiscard]] bool has_unknown_zone() const {
    return std::ranges::any_of(cluster_.zones, [&](const api::ZoneSpec& zone) {
      return std::ranges::none_of(recorded_.zones(), [&](const api::ZoneStatus& known) {
        return known.name() == zone.name;
      });
    });
  }

  /// Nodes and storage classes matter where something new is to be placed.
  Done look_at_surroundings() {
    const bool is_new = recorded_.ensemble_id().empty() || has_unknown_zone();
    if (cluster_.is_deleting || !is_new) {
      return kube::Done{};
    }
    auto nodes = list_live(pass_, kube::kNode, {}, {});
    if (nodes.ok()) {
      seen_.objects.nodes = *std::move(nodes);
    } else if (!is_hidden(nodes.error())) {
      return nodes.error();
    }
    const auto check_class = [&](const api::VolumeSpec& volume) -> Done {
      if (!volume.storage_class || volume.storage_class->empty()) {
        return kube::Done{};
      }
      auto found =
          read_live(pass_, kube::kStorageClass, {.space = {}, .name = *volume.storage_class});
      if (!found) {
        return is_hidden(found.error()) ? Done(kube::Done{}) : Done(found.error());
      }
      if (found->is_null()) {
        missing_classes_.insert(*volume.storage_class);
      }
      return kube::Done{};
    };
    if (auto done = check_class(cluster_.data); !done || !cluster_.log) {
      return done;
    }
    return check_class(*cluster_.log);
  }

  void check_storage_class() {
    for (const std::string& name : missing_classes_) {
      seen_.observed.missing_storage_classes.push_back(name);
    }
  }

  /// Of zones that the spec does not name: they were found from the nodes.
  void add_conflicting_zones() {
    for (const json& set : seen_.objects.stateful_sets) {
      const auto owner = kube::controller_of(set);
      const std::string name = kube::name_of(set);
      const bool is_ours = owner && owner->uid == cluster_.uid;
      const bool is_known = std::ranges::any_of(
          seen_.observed.conflicts, [&](const plan::Conflict& each) { return each.name == name; });
      if (!is_ours && !is_known) {
        seen_.observed.conflicts.push_back(
            {.kind = "StatefulSet",
             .name = name,
             .owner = owner ? owner->kind + " " + owner->name : "nobody"});
      }
    }
  }

  Pass& pass_;
  const api::ValidatedCluster& cluster_;
  const api::QuorumClusterStatus& recorded_;
  SecretReader& secrets_;
  Seen seen_;
  std::set<std::string> missing_classes_;
};

}  // namespace

ApiResult<SharedObject> read_live(Pass& pass, const kube::ResourceKind& kind,
                                  const kube::ObjectKey& key) {
  auto answer = pass.send(kube::get(kind, key));
  if (answer.ok()) {
    return SharedObject(*std::move(answer));
  }
  if (answer.error().kind == kube::ApiErrorKind::kNotFound) {
    return SharedObject();
  }
  return answer.error();
}

ApiResult<Seen> look(Pass& pass, const api::ValidatedCluster& cluster,
                     const api::QuorumClusterStatus& recorded, SecretReader& secrets) {
  return Looker(pass, cluster, recorded, secrets).look();
}

ApiResult<kube::Done> look_live(Pass& pass, const api::ValidatedCluster& cluster, Seen& seen) {
  struct Kind {
    const kube::ResourceKind& kind;
    std::vector<SharedObject>& into;
  };
  for (const Kind& each : {Kind{kube::kPod, seen.objects.pods},
                           Kind{kube::kPersistentVolumeClaim, seen.objects.claims},
                           Kind{kube::kStatefulSet, seen.objects.stateful_sets}}) {
    auto objects = list_live(pass, each.kind, cluster.name_space, instance_selector(cluster));
    if (!objects) {
      return objects.error();
    }
    each.into = *std::move(objects);
  }
  const std::vector<plan::Conflict> conflicts = std::move(seen.observed.conflicts);
  auto certificates = std::move(seen.observed.certificates);
  seen.observed = plan::observe(cluster, seen.objects);
  seen.observed.certificates = std::move(certificates);
  for (const plan::Conflict& each : conflicts) {
    const bool is_known =
        std::ranges::any_of(seen.observed.conflicts, [&](const plan::Conflict& known) {
          return known.kind == each.kind && known.name == each.name;
        });
    if (!is_known) {
      seen.observed.conflicts.push_back(each);
    }
  }
  return kube::Done{};
}

std::vector<MemberTarget> targets_of(const Seen& seen, const api::QuorumClusterStatus& recorded) {
  const std::vector<std::string> members = plan::members_to_ask(recorded);
  std::vector<MemberTarget> targets;
  for (const json& pod : seen.objects.pods) {
    const std::string name = kube::name_of(pod);
    const std::string address = kube::text_at(pod, {"status", "podIP"});
    const bool is_asked = std::ranges::find(members, name) != members.end();
    const std::string phase = kube::text_at(pod, {"status", "phase"});
    if (is_asked && seen.observed.pods.contains(name) && !address.empty() && phase == "Running") {
      targets.push_back({.name = name, .address = address});
      if (kube::annotation_of(pod, api::annotations::kAdminTls) == "true") {
        targets.back().host = api::member_host(name, kube::label_of(pod, api::labels::kInstance),
                                               kube::namespace_of(pod));
        targets.back().authorities_pem = seen.authorities_pem;
      }
    }
  }
  std::ranges::sort(targets, {}, &MemberTarget::name);
  return targets;
}

}  // namespace quorate::reconcile
