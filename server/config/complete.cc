// Defaults that follow from other keys.
#include <algorithm>
#include <array>
#include <cstdint>

#include "server/base/text.h"
#include "server/config/check.h"
#include "server/config/parse.h"

namespace quorate::config {
namespace {

int32_t ticks_to_ms(int32_t tick_time_ms, int64_t ticks) {
  return static_cast<int32_t>(std::min<int64_t>(ticks * tick_time_ms, INT32_MAX));
}

/// -1, or no setting, stands for a number of ticks.
void complete_timeout(int32_t& field, const Setting* setting, int32_t default_ms) {
  if (setting == nullptr || field == -1) {
    field = default_ms;
  }
}

void complete_store(StoreSettings& store) {
  using Type = StoreSettings::Type;
  if (store.location.empty() || store.type != Type::kByExtension) {
    return;
  }
  const std::string name = to_lower(store.location);
  if (name.ends_with(".p12") || name.ends_with(".pkcs12") || name.ends_with(".pfx")) {
    store.type = Type::kPkcs12;
  } else if (name.ends_with(".jks")) {
    store.type = Type::kJks;
  } else {
    store.type = Type::kPem;
  }
}

/// A list of one server names the port of its clients there, as container images write it. With
/// more servers the id of this one decides, which is not known here.
void complete_client_port(Config& config) {
  if (config.quorum.servers.size() == 1) {
    adopt_member_ports(config, config.quorum.servers.begin()->second);
  }
}

void adopt(Listener& listener, const std::optional<ClientAddress>& address) {
  if (listener.port || !address) {
    return;
  }
  listener.port = address->port;
  if (listener.addresses.empty() && address->host != "0.0.0.0") {
    listener.addresses = {address->host};
  }
}

}  // namespace

void adopt_member_ports(Config& config, const quorum::ServerSpec& own) {
  adopt(config.client, own.client);
  adopt(config.secure_client, own.secure_client);
  if (clients_use_tls(config)) {
    config.auth.x509_enabled = true;
  }
}

void complete(Config& config, const Settings& settings) {
  if (config.storage.data_log_dir.empty()) {
    config.storage.data_log_dir = config.storage.data_dir;
  }
  SessionSettings& session = config.session;
  complete_timeout(session.min_session_timeout_ms, settings.find("minSessionTimeout"),
                   ticks_to_ms(session.tick_time_ms, 2));
  complete_timeout(session.max_session_timeout_ms, settings.find("maxSessionTimeout"),
                   ticks_to_ms(session.tick_time_ms, 20));
  if (settings.find("jute.maxbuffer.extrasize") == nullptr) {
    config.limits.jute_max_buffer_extra_bytes = config.limits.jute_max_buffer_bytes;
  }
  complete_client_port(config);
  if (clients_use_tls(config)) {
    config.auth.x509_enabled = true;
  }
  if (config.quorum.connect_to_learner_master_limit_ticks == 0) {
    config.quorum.connect_to_learner_master_limit_ticks = config.quorum.init_limit_ticks;
  }
  for (StoreSettings* store : {&config.tls.key_store, &config.tls.trust_store,
                               &config.quorum_tls.key_store, &config.quorum_tls.trust_store}) {
    complete_store(*store);
  }
  // Read-only mode is found by clients through this word, so ZooKeeper allows it by itself.
  std::vector<std::string>& words = config.four_letter_words_allowed;
  if (config.read_only_mode_enabled && !std::ranges::binary_search(words, "isro")) {
    words.insert(std::ranges::lower_bound(words, "isro"), "isro");
  }
}

}  // namespace quorate::config
