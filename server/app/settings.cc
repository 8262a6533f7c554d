// Mapping of the configuration; no decisions but the ones that defaults need.
#include "server/app/settings.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>

namespace quorate::app {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kKiB = 1024;

auth::DigestAlgorithm digest_algorithm(config::DigestAlgorithm algorithm) {
  switch (algorithm) {
    case config::DigestAlgorithm::kSha1:
      return auth::DigestAlgorithm::kSha1;
    case config::DigestAlgorithm::kSha256:
      return auth::DigestAlgorithm::kSha256;
    case config::DigestAlgorithm::kSha384:
      return auth::DigestAlgorithm::kSha384;
    case config::DigestAlgorithm::kSha512:
      return auth::DigestAlgorithm::kSha512;
    case config::DigestAlgorithm::kSha3_256:
      return auth::DigestAlgorithm::kSha3_256;
    case config::DigestAlgorithm::kSha3_384:
      return auth::DigestAlgorithm::kSha3_384;
    case config::DigestAlgorithm::kSha3_512:
      return auth::DigestAlgorithm::kSha3_512;
  }
  return auth::DigestAlgorithm::kSha1;
}

request::PrepareOptions prepare_options(const config::Config& config) {
  return {.skip_acl = config.auth.skip_acl,
          .enforce_quota = config.tree.enforce_quota,
          .extended_types_enabled = config.tree.extended_types_enabled,
          .emulate_353_ttl = config.tree.emulate_353_ttl_nodes,
          .digest_enabled = config.tree.digest_enabled,
          .close_session_paths_enabled = config.session.close_session_lists_paths,
          .reconfig_enabled = config.quorum.reconfig_enabled,
          .schemes = {.digest = config.auth.digest_scheme_enabled,
                      .x509 = config.auth.x509_enabled,
                      .x509_any_id = false},
          .txn_bytes_max = static_cast<size_t>(config.limits.jute_max_buffer_bytes) +
                           static_cast<size_t>(config.limits.jute_max_buffer_extra_bytes)};
}

net::StoreOptions store(const config::StoreSettings& settings) {
  using Type = config::StoreSettings::Type;
  net::StoreOptions options{.path = settings.location,
                            .key_path = {},
                            .type = net::StoreType::kAuto,
                            .password = settings.password.reveal(),
                            .password_path = settings.password_path};
  if (settings.type == Type::kPem) {
    options.type = net::StoreType::kPem;
  } else if (settings.type == Type::kPkcs12) {
    options.type = net::StoreType::kPkcs12;
  } else if (settings.type == Type::kJks) {
    options.type = net::StoreType::kJks;
  }
  return options;
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// What all ports have in common. In a directory a pair that bears the member's name comes before
/// one that all members share.
net::TlsOptions tls_options(const config::TlsSettings& tls, const std::string& member) {
  net::TlsOptions options;
  options.side = net::TlsSide::kServer;
  if (tls.directory.empty()) {
    options.key_store = store(tls.key_store);
    options.trust_store = store(tls.trust_store);
  } else {
    const std::string own = tls.directory + "/" + member;
    const bool has_own = !member.empty() && is_there(own + ".crt");
    const std::string pair = has_own ? own : tls.directory + "/tls";
    options.key_store.path = pair + ".crt";
    options.key_store.key_path = pair + ".key";
    options.trust_store.path = tls.directory + "/ca.crt";
  }
  if (tls.tls_1_2_enabled) {
    options.protocols.emplace_back("TLSv1.2");
  }
  if (tls.tls_1_3_enabled) {
    options.protocols.emplace_back("TLSv1.3");
  }
  options.cipher_suites = tls.cipher_suites;
  options.check_revocation = tls.check_revocation;
  options.crl_path = tls.check_revocation ? tls.revocation_file : std::string();
  return options;
}

}  // namespace

tree::TreeOptions tree_options(const config::Config& config) {
  return {.digest_enabled = config.tree.digest_enabled,
          .extended_types_enabled = config.tree.extended_types_enabled,
          .emulate_353_ttl = config.tree.emulate_353_ttl_nodes};
}

node::Options node_options(const config::Config& config, uint64_t random_seed) {
  node::Options options;
  options.tick = milliseconds(config.session.tick_time_ms);
  options.session_timeout_ms_min = config.session.min_session_timeout_ms;
  options.session_timeout_ms_max = config.session.max_session_timeout_ms;
  options.prepare = prepare_options(config);
  options.auth = {.digest_enabled = config.auth.digest_scheme_enabled,
                  .digest_algorithm = digest_algorithm(config.auth.digest_algorithm),
                  .super_digest = config.auth.super_digest.reveal(),
                  .x509_super_user = config.auth.x509_super_user,
                  .ensemble_names = config.auth.ensemble_names,
                  .ensemble_enabled = config.auth.ensemble_scheme_enabled};
  options.enforce_auth = config.auth.enforce_auth;
  options.enforce_auth_schemes = config.auth.enforced_schemes;
  options.outstanding_count_max = static_cast<size_t>(config.limits.global_outstanding_limit);
  options.large_request_threshold = config.limits.large_request_threshold_bytes;
  options.snapshot_txn_count = config.storage.snap_count;
  options.snapshot_log_bytes = std::max<int64_t>(0, config.storage.snap_size_limit_kb) * kKiB;
  options.random_seed = random_seed;
  // A member on its own has no followers that could fall behind.
  options.committed_window_count =
      config::may_need_quorum(config.quorum)
          ? static_cast<size_t>(std::max(0, config.storage.commit_log_count))
          : 0;
  options.container_check_interval = milliseconds(config.tree.container_check_interval_ms);
  options.container_max_per_minute = config.tree.container_max_per_minute;
  options.container_never_used_ms_max = config.tree.container_max_never_used_ms;
  return options;
}

net::ClientLimits client_limits(const config::Config& config) {
  net::ClientLimits limits;
  limits.frame_bytes_max = config.limits.jute_max_buffer_bytes;
  limits.connections_per_address_max =
      static_cast<size_t>(std::max(0, config.limits.max_client_cnxns));
  limits.connections_max = static_cast<size_t>(std::max(0, config.limits.max_cnxns));
  limits.sessionless_timeout = milliseconds(config.session.handshake_timeout_ms);
  limits.tls_handshake_timeout = milliseconds(config.tls.handshake_timeout_ms);
  if (config.limits.outstanding_handshakes > 0) {
    limits.tls_handshakes_max = static_cast<size_t>(config.limits.outstanding_handshakes);
  }
  limits.large_request_threshold = config.limits.large_request_threshold_bytes;
  limits.large_request_bytes_max = config.limits.large_request_max_bytes;
  limits.tcp_keep_alive = config.client_tcp_keep_alive;
  return limits;
}

storage::LogOptions log_options(const config::Config& config) {
  return {.preallocate_bytes = config.storage.prealloc_size_kb * kKiB,
          .file_bytes_max = std::max<int64_t>(0, config.storage.txn_log_size_limit_kb) * kKiB,
          .force_sync = config.storage.force_sync};
}

HousekeepingOptions housekeeping_options(const config::Config& config,
                                         const storage::Directories& directories) {
  using Compression = config::StorageSettings::Compression;
  return {.directories = directories,
          .compression = config.storage.snapshot_compression == Compression::kGzip
                             ? storage::Compression::kGzip
                             : storage::Compression::kNone,
          .purge_retain_count = config.storage.purge_retain_count,
          .purge_interval = milliseconds(config.storage.purge_interval_ms),
          .preallocate_bytes = config.storage.prealloc_size_kb * kKiB};
}

GateOptions gate_options(const config::Config& config) {
  const config::ConnectionThrottleSettings& settings = config.connection_throttle;
  return {.throttle = {.tokens_max = settings.tokens_max,
                       .fill_time = milliseconds(settings.fill_time_ms),
                       .fill_count = settings.fill_count,
                       .freeze_time = milliseconds(settings.freeze_time_ms),
                       .drop_increase = settings.drop_increase,
                       .drop_decrease = settings.drop_decrease,
                       .decrease_ratio = settings.decrease_ratio},
          .weight_enabled = settings.weight_enabled,
          .new_session_weight = settings.global_session_weight,
          .renewed_session_weight = settings.renew_session_weight};
}

RequestThrottleOptions request_throttle_options(const config::Config& config) {
  return {.requests_max = static_cast<size_t>(config.limits.request_throttle_max),
          .wait_max = milliseconds(config.limits.throttled_op_wait_ms)};
}

storage::RecoverOptions recover_options(const config::Config& config) {
  return {.tree = tree_options(config),
          .trust_empty_snapshot = config.storage.snapshot_trust_empty,
          .db_autocreate = config.storage.autocreate_db,
          .enforce_epochs = config::may_need_quorum(config.quorum),
          .recent_txns_max = config.storage.commit_log_count};
}

auth::CertificateIdOptions certificate_id_options(const config::Config& config) {
  const config::AuthSettings& auth = config.auth;
  auth::CertificateIdOptions options{.use_san = auth.x509_id_is_alternative_name,
                                     .san_match_type = {},
                                     .san_match_regex = auth.x509_name_match,
                                     .san_extract_regex = auth.x509_name_extract,
                                     .san_extract_group = auth.x509_name_extract_group};
  if (auth.x509_name_type >= 0) {
    options.san_match_type = auth.x509_name_type;
  }
  return options;
}

log::Options logger_options(const config::Config& config) {
  const config::LogSettings& settings = config.log;
  using Level = config::LogSettings::Level;
  const auto level = [&] {
    switch (settings.level) {
      case Level::kTrace:
        return log::Level::kTrace;
      case Level::kDebug:
        return log::Level::kDebug;
      case Level::kInfo:
        return log::Level::kInfo;
      case Level::kWarn:
        return log::Level::kWarn;
      case Level::kError:
        return log::Level::kError;
      case Level::kOff:
        return log::Level::kOff;
    }
    return log::Level::kInfo;
  };
  log::Options options;
  options.format = settings.format == config::LogSettings::Format::kJson ? log::Format::kJson
                                                                         : log::Format::kText;
  options.level = level();
  options.file = settings.file;
  options.file_bytes_max = static_cast<size_t>(settings.file_size_max_mb) << 20;
  options.file_count = static_cast<size_t>(settings.file_count);
  return options;
}

admin::AdminOptions admin_options(const config::Config& config,
                                  std::shared_ptr<net::TlsContext> tls) {
  const config::AdminSettings& settings = config.admin;
  admin::AdminOptions options;
  if (settings.enabled) {
    net::TlsMode mode = net::TlsMode::kOff;
    if (tls != nullptr && settings.force_https) {
      mode = net::TlsMode::kOn;
    } else if (tls != nullptr && settings.port_unification) {
      mode = net::TlsMode::kBoth;
    }
    options.commands =
        admin::HttpListenOptions{.address = settings.address,
                                 .port = settings.port,
                                 .tls = mode,
                                 .tls_context = tls,
                                 .need_client_certificate = settings.need_client_auth};
  }
  if (config.metrics.enabled) {
    options.metrics =
        admin::HttpListenOptions{.address = config.metrics.address, .port = config.metrics.port};
  }
  options.command_path = settings.command_path;
  options.token_file = settings.token_file;
  options.snapshot_enabled = settings.snapshot_enabled;
  options.restore_enabled = settings.restore_enabled;
  options.rate_limit_interval = milliseconds(settings.rate_limit_interval_ms);
  options.spool_directory = config.storage.data_dir;
  options.limits.idle_timeout = milliseconds(settings.idle_timeout_ms);
  return options;
}

std::vector<net::ListenOptions> client_listeners(const config::Config& config,
                                                 std::shared_ptr<net::TlsContext> tls) {
  std::vector<net::ListenOptions> listeners;
  const auto add = [&](const config::Listener& listener, net::TlsMode mode) {
    if (!listener.port) {
      return;
    }
    std::vector<std::string> addresses = listener.addresses;
    if (addresses.empty()) {
      addresses.emplace_back();
    }
    for (const std::string& address : addresses) {
      listeners.push_back({.address = address,
                           .port = *listener.port,
                           .backlog = config.listen_backlog,
                           .tls = mode,
                           .tls_context = tls});
    }
  };
  add(config.client, config.tls.port_unification ? net::TlsMode::kBoth : net::TlsMode::kOff);
  add(config.secure_client, net::TlsMode::kOn);
  return listeners;
}

net::TlsOptions client_tls_options(const config::Config& config) {
  using ClientAuth = config::TlsSettings::ClientAuth;
  const config::TlsSettings& tls = config.tls;
  net::TlsOptions options = tls_options(tls, config.quorum.member_name);
  options.client_authentication =
      tls.client_auth == ClientAuth::kNeed   ? net::ClientAuthentication::kNeed
      : tls.client_auth == ClientAuth::kWant ? net::ClientAuthentication::kWant
                                             : net::ClientAuthentication::kNone;
  options.verify_client_host_name = tls.hostname_verification && tls.client_hostname_verification;
  return options;
}

net::TlsOptions quorum_tls_options(const config::Config& config, net::TlsSide side) {
  using ClientAuth = config::TlsSettings::ClientAuth;
  const config::TlsSettings& tls = config.quorum_tls;
  net::TlsOptions options = tls_options(tls, config.quorum.member_name);
  options.side = side;
  options.client_authentication = tls.client_auth == ClientAuth::kNone
                                      ? net::ClientAuthentication::kNone
                                      : net::ClientAuthentication::kNeed;
  options.verify_host_name = tls.hostname_verification;
  return options;
}

net::TlsOptions admin_tls_options(const config::Config& config) {
  net::TlsOptions options = tls_options(*config::admin_tls(config), config.quorum.member_name);
  options.client_authentication = config.admin.need_client_auth ? net::ClientAuthentication::kNeed
                                                                : net::ClientAuthentication::kNone;
  return options;
}

}  // namespace quorate::app
