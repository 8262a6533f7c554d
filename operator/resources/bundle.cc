// Calls the builders.
#include "operator/resources/bundle.h"

#include <utility>

#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/resources/admin_secret.h"
#include "operator/resources/config_map.h"
#include "operator/resources/disruption_budget.h"
#include "operator/resources/service_account.h"
#include "operator/resources/services.h"
#include "operator/resources/stateful_set.h"

namespace quorate::resources {

Bundle build(const Blueprint& blueprint) {
  Bundle bundle;
  bundle.service_account = service_account(blueprint);
  if (!blueprint.new_admin_token.empty()) {
    bundle.admin_secret = admin_secret(blueprint);
  }
  bundle.config_map = config_map(blueprint);
  bundle.members_service = members_service(blueprint);
  bundle.client_service = client_service(blueprint);
  bundle.disruption_budget = disruption_budget(blueprint);
  for (const ZoneSet& zone : blueprint.zones) {
    bundle.stateful_sets.push_back(stateful_set(blueprint, zone));
  }
  return bundle;
}

std::vector<nlohmann::json> in_order(Bundle bundle) {
  // A field that is added to the bundle and not applied does not compile here.
  auto& [account, admin, config, members, clients, budget, sets] = bundle;
  std::vector<nlohmann::json> objects;
  objects.push_back(std::move(account));
  if (admin) {
    objects.push_back(*std::move(admin));
  }
  objects.push_back(std::move(config));
  objects.push_back(std::move(members));
  objects.push_back(std::move(clients));
  objects.push_back(std::move(budget));
  for (nlohmann::json& set : sets) {
    objects.push_back(std::move(set));
  }
  return objects;
}

std::string applied_hash_of(const nlohmann::json& wanted) {
  return api::hex64(api::fnv1a(kube::to_body(wanted)));
}

nlohmann::json with_applied_hash(nlohmann::json wanted) {
  std::string hash = applied_hash_of(wanted);
  wanted["metadata"]["annotations"][std::string(api::annotations::kAppliedHash)] = std::move(hash);
  return wanted;
}

}  // namespace quorate::resources
