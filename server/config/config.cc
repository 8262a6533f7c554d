// What follows from several settings at once.
#include "server/config/config.h"

namespace quorate::config {

bool clients_use_tls(const Config& config) {
  return config.secure_client.port || (config.tls.port_unification && config.client.port);
}

const TlsSettings* admin_tls(const Config& config) {
  const AdminSettings& admin = config.admin;
  if (!admin.enabled || !(admin.force_https || admin.port_unification)) {
    return nullptr;
  }
  const TlsSettings& members = config.quorum_tls;
  const bool has_own_key = !members.directory.empty() || !members.key_store.location.empty();
  return has_own_key ? &members : &config.tls;
}

}  // namespace quorate::config
