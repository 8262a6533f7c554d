// Observe: what the API server shows of one cluster, from the cache and, where that is blind, live.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operator/api/quorumcluster.pb.h"
#include "operator/api/validated_cluster.h"
#include "operator/controller/reconciler.h"
#include "operator/kube/shared_object.h"
#include "operator/plan/observed.h"
#include "operator/reconcile/member_client.h"
#include "operator/reconcile/secrets.h"

namespace quorate::reconcile {

/// Objects of the names that a cluster takes, whoever owns them; null: there is none.
using Present = std::map<std::pair<std::string, std::string>, kube::SharedObject>;  ///< kind, name

/// Everything of Kubernetes that a pass decides on.
struct Seen {
  plan::Objects objects;
  /// The cache shows ours only, so names that it does not know were asked for live.
  Present present;
  plan::Observed observed;
  Secret token;                 ///< Of the admin Secret; empty: there is none, or a malformed one.
  std::string authorities_pem;  ///< With tls.managed: whom members trust.
};

/// Looks at everything. Errors: the API's, when something that matters could not be read.
[[nodiscard]] kube::ApiResult<Seen> look(controller::Pass& pass,
                                         const api::ValidatedCluster& cluster,
                                         const api::QuorumClusterStatus& recorded,
                                         SecretReader& secrets);

/// Reads Pods, claims and StatefulSets anew, not from the cache, and puts them in place.
[[nodiscard]] kube::ApiResult<kube::Done> look_live(controller::Pass& pass,
                                                    const api::ValidatedCluster& cluster,
                                                    Seen& seen);

/// Members that are recorded and whose Pods run, by name.
[[nodiscard]] std::vector<MemberTarget> targets_of(const Seen& seen,
                                                   const api::QuorumClusterStatus& recorded);

/// One object as the API has it now; null when there is none.
[[nodiscard]] kube::ApiResult<kube::SharedObject> read_live(controller::Pass& pass,
                                                            const kube::ResourceKind& kind,
                                                            const kube::ObjectKey& key);

}  // namespace quorate::reconcile
