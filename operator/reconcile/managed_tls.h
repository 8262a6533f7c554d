// Certificates that the operator makes (tls.managed): reading and writing their two Secrets.
#pragma once

#include "operator/api/quorumcluster.pb.h"
#include "operator/api/validated_cluster.h"
#include "operator/certificates/bundle.h"
#include "operator/controller/reconciler.h"
#include "operator/plan/observed.h"
#include "operator/reconcile/apply.h"
#include "operator/reconcile/secrets.h"

namespace quorate::reconcile {

/// The two Secrets as they were read, null where there is none, and what is in them.
struct ManagedSecrets {
  kube::SharedObject authority;
  kube::SharedObject members;
  certificates::Bundle bundle;
};

[[nodiscard]] kube::ApiResult<ManagedSecrets> read_managed(controller::Pass& pass,
                                                           const api::ValidatedCluster& cluster,
                                                           SecretReader& secrets);

/// The recorded members and the names in their certificates: those of their Pods, and localhost.
[[nodiscard]] certificates::Hosts hosts_of(const api::ValidatedCluster& cluster,
                                           const api::QuorumClusterStatus& status);

[[nodiscard]] plan::CertificateHealth health_of(const ManagedSecrets& found,
                                                const certificates::Hosts& members,
                                                const certificates::Terms& terms, WallMillis now);

/// Makes, signs and writes what is due: the authority first, so that no certificate is out whose
/// authority could be lost. A Secret that somebody has changed since it was read is refused, and so
/// is one that is not this cluster's.
[[nodiscard]] Applied write_managed(controller::Pass& pass, const api::ValidatedCluster& cluster,
                                    const ManagedSecrets& found, const certificates::Hosts& members,
                                    const certificates::Terms& terms);

}  // namespace quorate::reconcile
