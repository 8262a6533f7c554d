// No key is accepted and then ignored: each reaches an option of some part, or says that it has no
// effect and why, or is refused.
#include "server/app/settings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>

#include "server/app/ensemble_setup.h"
#include "server/config/key.h"
#include "server/config/parse.h"
#include "tests/server/config/key_values.h"

namespace quorate::app {
namespace {

using config::Config;
using config::Key;

/// Everything on that some key needs.
constexpr const char* kClientContext =
    "dataDir=/d\nclientPort=2181\nsecureClientPort=2281\nssl.keyStore.location=/k.pem\n"
    "ssl.trustStore.location=/t.pem\nssl.crl=true\nssl.clientHostnameVerification=true\n"
    "ssl.x509.clientCertIdType=SAN\nssl.x509.clientCertIdSanMatchType=6\n"
    "request_throttle_max_requests=9\nconnection_throttle_tokens=9\n"
    "connection_throttle_freeze_time=9\nconnection_throttle_weight_enabled=true\n"
    "largeRequestThreshold=9\nmetricsProvider.httpPort=7000\nenforce.auth.enabled=true\n"
    "enforce.auth.schemes=ip\nquorate.log.file=/l\n";

/// The admin port speaks the TLS of the members, and clients the one of a directory.
constexpr const char* kAdminContext =
    "dataDir=/d\nclientPort=2181\nsecureClientPort=2281\nquorate.tlsDir=/tls\n"
    "admin.forceHttps=true\nssl.quorum.keyStore.location=/q.pem\n"
    "ssl.quorum.trustStore.location=/r.pem\nssl.quorum.crl=true\n";

/// Members that speak TLS to each other.
constexpr const char* kEnsembleContext =
    "dataDir=/d\nclientPort=2181\ninitLimit=10\nsyncLimit=5\nserver.1=a:2888:3888\n"
    "server.2=b:2888:3888\nserver.3=c:2888:3888\nsslQuorum=true\n"
    "ssl.quorum.keyStore.location=/q.pem\nssl.quorum.trustStore.location=/r.pem\n"
    "ssl.quorum.crl=true\n";

class Text {
 public:
  template <typename... Fields>
  void add(const Fields&... fields) {
    (put(fields), ...);
  }
  [[nodiscard]] std::string text() const { return out_.str(); }

 private:
  template <typename Field>
  void put(const Field& field) {
    if constexpr (requires { out_ << field; }) {
      out_ << field << '|';
    } else if constexpr (std::is_enum_v<Field>) {
      out_ << static_cast<int64_t>(field) << '|';
    } else if constexpr (requires { field.count(); }) {
      out_ << field.count() << '|';
    } else if constexpr (requires { field.has_value(); }) {
      field ? put(*field) : put(std::string("nothing"));
    } else {
      for (const auto& each : field) {
        put(each);
      }
      out_ << "end|";
    }
  }
  std::ostringstream out_;
};

void add_node(Text& to, const Config& config) {
  const node::Options o = node_options(config, 0);
  to.add(o.tick, o.session_timeout_ms_min, o.session_timeout_ms_max, o.enforce_auth,
         o.enforce_auth_schemes, o.outstanding_count_max, o.large_request_threshold,
         o.snapshot_txn_count, o.snapshot_log_bytes, o.committed_window_count,
         o.container_check_interval, o.container_max_per_minute, o.container_never_used_ms_max);
  const request::PrepareOptions& p = o.prepare;
  to.add(p.skip_acl, p.enforce_quota, p.extended_types_enabled, p.emulate_353_ttl, p.digest_enabled,
         p.close_session_paths_enabled, p.reconfig_enabled, p.schemes.digest, p.schemes.x509,
         p.txn_bytes_max);
  const auth::AuthOptions& a = o.auth;
  to.add(a.digest_enabled, a.digest_algorithm, a.super_digest, a.x509_super_user, a.ensemble_names,
         a.ensemble_enabled);
  const tree::TreeOptions t = tree_options(config);
  to.add(t.digest_enabled, t.extended_types_enabled, t.emulate_353_ttl);
}

void add_limits(Text& to, const Config& config) {
  const net::ClientLimits l = client_limits(config);
  to.add(l.frame_bytes_max, l.connections_per_address_max, l.connections_max, l.sessionless_timeout,
         l.tls_handshake_timeout, l.tls_handshakes_max, l.large_request_threshold,
         l.large_request_bytes_max, l.tcp_keep_alive);
  const GateOptions g = gate_options(config);
  to.add(g.throttle.tokens_max, g.throttle.fill_time, g.throttle.fill_count, g.throttle.freeze_time,
         g.throttle.drop_increase, g.throttle.drop_decrease, g.throttle.decrease_ratio,
         g.weight_enabled, g.new_session_weight, g.renewed_session_weight);
  const RequestThrottleOptions r = request_throttle_options(config);
  to.add(r.requests_max, r.wait_max);
}

void add_storage(Text& to, const Config& config) {
  const storage::LogOptions l = log_options(config);
  to.add(l.preallocate_bytes, l.file_bytes_max, l.force_sync);
  const HousekeepingOptions h = housekeeping_options(config, {});
  to.add(h.compression, h.purge_retain_count, h.purge_interval, h.preallocate_bytes);
  const storage::RecoverOptions r = recover_options(config);
  to.add(r.trust_empty_snapshot, r.db_autocreate, r.recent_txns_max);
}

void add_tls(Text& to, const net::TlsOptions& o) {
  for (const net::StoreOptions* store : {&o.key_store, &o.trust_store}) {
    to.add(store->path, store->key_path, store->type, store->password, store->password_path);
  }
  to.add(o.client_authentication, o.protocols, o.cipher_suites, o.verify_host_name,
         o.verify_client_host_name, o.check_revocation, o.crl_path);
}

void add_ports(Text& to, const Config& config) {
  for (const net::ListenOptions& listener : client_listeners(config, nullptr)) {
    to.add(listener.address, listener.port, listener.backlog, listener.tls);
  }
  add_tls(to, client_tls_options(config));
  if (config::admin_tls(config) != nullptr) {
    add_tls(to, admin_tls_options(config));
  }
  const admin::AdminOptions a = admin_options(config, nullptr);
  for (const auto& port : {a.commands, a.metrics}) {
    to.add(port.has_value());
    if (port) {
      to.add(port->address, port->port, port->tls, port->need_client_certificate);
    }
  }
  to.add(a.command_path, a.token_file, a.snapshot_enabled, a.restore_enabled, a.rate_limit_interval,
         a.limits.idle_timeout);
  const auth::CertificateIdOptions c = certificate_id_options(config);
  to.add(c.use_san, c.san_match_type, c.san_match_regex, c.san_extract_regex, c.san_extract_group);
  const log::Options l = logger_options(config);
  to.add(l.format, l.level, l.file, l.file_bytes_max, l.file_count);
}

/// Every option that the parts of a member are made with.
std::string options_text(const Config& config) {
  Text text;
  add_node(text, config);
  add_limits(text, config);
  add_storage(text, config);
  add_ports(text, config);
  return text.text();
}

/// The same of what only members of an ensemble have.
std::string ensemble_text(const Config& config) {
  Text text;
  add_node(text, config);
  EnsembleSetup setup{.self = ServerId{1},
                      .configuration = {.servers = config.quorum.servers, .version = {}},
                      .last_seen = std::nullopt,
                      .own = config.quorum.servers.at(ServerId{1}),
                      .is_reconfigured = false,
                      .witness = {},
                      .tls = {}};
  const storage::Recovered recovered{.database = tree::Database(tree::TreeOptions{}),
                                     .last_zxid = {},
                                     .snapshot_zxid = {},
                                     .epochs = {},
                                     .tail = {},
                                     .recent_txns = {},
                                     .statistics = {},
                                     .warnings = {}};
  const node::EnsembleOptions o = ensemble_options(config, setup, recovered);
  text.add(o.leader_serves, o.read_only_enabled, o.serves_before_formed, o.ensemble_id,
           o.reconfig_enabled, o.standalone_enabled, o.force_snapshot_sync, o.snapshot_size_factor,
           o.finalize_wait, o.timing.tick, o.timing.init_limit_ticks, o.timing.sync_limit_ticks,
           quorum::to_text(o.configuration));
  const QuorumPortsOptions p = quorum_ports_options(config, setup);
  text.add(p.mesh.connect_timeout, p.leader.connect_timeout, p.leader.packet_bytes_max);
  for (const net::ListenOptions& listener : p.quorum_addresses) {
    text.add(listener.address, listener.port);
  }
  for (const net::TlsSide side : {net::TlsSide::kServer, net::TlsSide::kClient}) {
    add_tls(text, quorum_tls_options(config, side));
  }
  return text.text();
}

/// Fields that are read where they are used, each with the file that does.
struct DirectUse {
  std::string file;
  std::string text;
};
const std::map<std::string, DirectUse>& direct_uses() {
  static const std::map<std::string, DirectUse> kUses = {
      {"dataDir", {"server/app/startup.cc", "config.storage.data_dir"}},
      {"dataLogDir", {"server/app/startup.cc", "config.storage.data_log_dir"}},
      {"datadir.autocreate", {"server/app/startup.cc", "config.storage.autocreate_data_dir"}},
      {"fsync.warningthresholdms",
       {"server/app/member.cc", "config_.storage.fsync_warning_threshold_ms"}},
      {"4lw.commands.whitelist",
       {"server/report/four_letter_words.cc", "config.four_letter_words_allowed"}},
      {"readonlymode.enabled", {"server/app/ensemble_setup.cc", "config.read_only_mode_enabled"}},
      {"leaderServes", {"server/app/ensemble_setup.cc", "config.quorum.leader_serves"}},
      {"client.certReload", {"server/app/member.cc", "config_.tls.reload_files"}},
      {"sslQuorumReloadCertFiles",
       {"server/app/member.cc", "config::admin_tls(config_)->reload_files"}},
      {"dynamicConfigFile", {"server/app/ensemble_setup.cc", "quorum.dynamic_config_file"}},
      {"standaloneEnabled", {"server/app/ensemble_setup.cc", "quorum.standalone_enabled"}},
      {"quorate.name", {"server/app/ensemble_setup.cc", "quorum.member_name"}},
      {"quorate.ensembleId", {"server/app/ensemble_setup.cc", "quorum.ensemble_id"}},
      {"quorate.bootstrap", {"server/app/ensemble_setup.cc", "quorum.bootstrap"}},
      {"quorate.recoverFrom", {"server/app/ensemble_setup.cc", "quorum.recovery"}},
      {"sslQuorum", {"server/app/ensemble_setup.cc", "config.quorum.tls_enabled"}},
      {"portUnification", {"server/app/ensemble_setup.cc", "config.quorum.tls_port_unification"}},
      {"multiAddress.enabled", {"server/config/check_quorum.cc", "multi_address_enabled"}},
      {"electionAlg", {"server/config/quorum_keys.cc", "must be 3"}},  // And is.
      {"group.", {"server/app/ensemble_setup.cc", "quorum.groups"}},
      {"weight.", {"server/app/ensemble_setup.cc", "quorum.weights"}},
      {"authProvider.", {"server/app/member_clients.cc", "config_.auth.x509_enabled"}},
  };
  return kUses;
}

bool is_used_directly(const std::string& name) {
  const auto found = direct_uses().find(name);
  if (found == direct_uses().end()) {
    return false;
  }
  std::ifstream file(std::string(QUORATE_SOURCE_DIR) + "/" + found->second.file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find(found->second.text) != std::string::npos;
}

enum class Fate {
  kApplied,
  kToldOf,   ///< Has no effect, and a line at start says so and why.
  kRefused,  ///< All but its harmless value.
  kSilent,   ///< Accepted and ignored: what must not be.
};

/// In `context`: whether a value makes a difference, or its lack of effect is told of.
Fate fate_in(const std::string& context, const Key& key,
             std::string (*text_of)(const Config&) = options_text) {
  const std::string before = text_of(config::parse(context, "zoo.cfg", {}).config);
  const config::KeyMatch match{.key = &key, .suffix = "1"};
  for (const std::string& value :
       {config::good_value(key), config::value_text(key, Config{}), std::string("false")}) {
    Config config = config::parse(context, "zoo.cfg", {}).config;
    if (config::apply(match, config, value).kind == config::Verdict::Kind::kError) {
      continue;
    }
    for (const config::Needs& needs : key.needs) {
      if (!needs.is_met(config)) {
        return needs.otherwise.empty() ? Fate::kSilent : Fate::kToldOf;
      }
    }
    if (text_of(config) != before) {
      return Fate::kApplied;
    }
  }
  return Fate::kSilent;
}

Fate fate_of(const Key& key) {
  Config config;
  if (const auto* ignored = std::get_if<config::Ignored>(&key.target)) {
    const config::Verdict verdict = config::apply({.key = &key, .suffix = {}}, config, "x");
    const bool told = verdict.kind == config::Verdict::Kind::kWarning && !ignored->reason.empty();
    return told ? Fate::kToldOf : Fate::kSilent;
  }
  if (const auto* refused = std::get_if<config::Refused>(&key.target)) {
    const config::Verdict verdict =
        config::apply({.key = &key, .suffix = {}}, config, "not harmless");
    const bool told = verdict.kind == config::Verdict::Kind::kError && !refused->reason.empty();
    return told ? Fate::kRefused : Fate::kSilent;
  }
  const Fate first = fate_in(kClientContext, key);
  const Fate second = fate_in(kAdminContext, key);
  if (first == Fate::kApplied || second == Fate::kApplied || is_used_directly(key.name)) {
    return Fate::kApplied;
  }
  return first == Fate::kToldOf && second == Fate::kToldOf ? Fate::kToldOf : Fate::kSilent;
}

TEST(Settings, TheContextsAreWithoutErrors) {
  for (const char* context : {kClientContext, kAdminContext, kEnsembleContext}) {
    const config::ParseResult result = config::parse(context, "zoo.cfg", {});
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : config::to_text(result.errors.front()));
    EXPECT_TRUE(result.notes.empty())
        << (result.notes.empty() ? "" : config::to_text(result.notes.front()));
  }
}

TEST(Settings, NoKeyIsIgnoredInSilence) {
  std::map<Fate, int> counts;
  for (const Key& key : config::all_keys()) {
    const Fate fate = fate_of(key);
    ++counts[fate];
    EXPECT_NE(fate, Fate::kSilent) << key.name;
  }
  EXPECT_GT(counts[Fate::kApplied], 80);
  EXPECT_GT(counts[Fate::kToldOf], 80);
}

TEST(Settings, OnlyKeysOfTheEnsembleAreToldOfWhateverElseIsSet) {
  for (const Key& key : config::all_keys()) {
    if (config::is_supported(key) && fate_of(key) == Fate::kToldOf) {
      bool of_ensemble = false;
      for (const config::Needs& needs : key.needs) {
        of_ensemble = of_ensemble || needs.otherwise == "in a standalone member";
      }
      EXPECT_TRUE(of_ensemble) << key.name;
    }
  }
}

TEST(Settings, NoKeyOfTheEnsembleIsIgnoredInSilenceThere) {
  int applied = 0;
  for (const Key& key : config::all_keys()) {
    const bool is_of_ensemble = std::ranges::any_of(key.needs, [](const config::Needs& needs) {
      return needs.otherwise == "in a standalone member";
    });
    if (!is_of_ensemble || !config::is_supported(key)) {
      continue;
    }
    const Fate fate = fate_in(kEnsembleContext, key, ensemble_text);
    applied += fate == Fate::kApplied ? 1 : 0;
    EXPECT_TRUE(fate != Fate::kSilent || is_used_directly(key.name)) << key.name;
  }
  EXPECT_GT(applied, 20);
}

TEST(Settings, AServerLineSaysWhereClientsConnect) {
  quorum::ServerSpec own;
  own.client = quorum::ClientAddress{.host = "10.0.0.1", .port = 2182};
  own.secure_client = quorum::ClientAddress{.host = "0.0.0.0", .port = 2282};
  const ClientListeners without_ports;
  ClientListeners with_ports;
  with_ports.plain = {.addresses = {"127.0.0.1"}, .port = 2181};
  with_ports.secure = {.addresses = {"127.0.0.1"}, .port = 2281};
  // One of zoo.cfg is for a member without clientPort, and gives no keys for a secure port.
  const ClientListeners named = listeners_by_line(own, false, without_ports);
  EXPECT_EQ(named.plain, (config::Listener{.addresses = {"10.0.0.1"}, .port = 2182}));
  EXPECT_EQ(named.secure, config::Listener{});
  EXPECT_EQ(listeners_by_line(own, false, with_ports), with_ports);
  // One of a reconfiguration goes first; its 0.0.0.0 are the configured addresses.
  const ClientListeners moved = listeners_by_line(own, true, with_ports);
  EXPECT_EQ(moved.plain, (config::Listener{.addresses = {"10.0.0.1"}, .port = 2182}));
  EXPECT_EQ(moved.secure, (config::Listener{.addresses = {"127.0.0.1"}, .port = 2282}));
  EXPECT_EQ(listeners_by_line({}, true, with_ports), with_ports);
}

TEST(Settings, AKeyWhoseFieldNobodyReadsIsFound) {
  const Key silent{
      .name = "cnxTimeout",
      .target = config::Int32{[](Config& c) { return &c.quorum.connect_timeout_ms; }, 1},
      .about = "A field without a reader."};
  EXPECT_EQ(fate_of(silent), Fate::kSilent);
  Key told = silent;
  told.needs = {{[](const Config&) { return false; }, "at all"}};
  EXPECT_EQ(fate_of(told), Fate::kToldOf);
  told.needs = {{[](const Config&) { return false; }, ""}};
  EXPECT_EQ(fate_of(told), Fate::kSilent);
  const Key ignored{.name = "x", .target = config::Ignored{.reason = ""}, .about = "No reason."};
  EXPECT_EQ(fate_of(ignored), Fate::kSilent);
}

TEST(Settings, OutstandingLimitIsTakenAsItStands) {
  EXPECT_EQ(node_options(Config{}, 0).outstanding_count_max, 65536U);
  const Config config =
      config::parse("dataDir=/d\nglobalOutstandingLimit=1000\n", "zoo.cfg", {}).config;
  EXPECT_EQ(node_options(config, 0).outstanding_count_max, 1000U);
}

TEST(Settings, TheAdminPortAsksForCertificatesOnlyIfItSaysSo) {
  Config config = config::parse(kAdminContext, "zoo.cfg", {}).config;
  net::TlsOptions options = admin_tls_options(config);
  EXPECT_EQ(options.client_authentication, net::ClientAuthentication::kNone);
  EXPECT_EQ(options.key_store.path, "/q.pem");
  config.admin.need_client_auth = true;
  options = admin_tls_options(config);
  EXPECT_EQ(options.client_authentication, net::ClientAuthentication::kNeed);
  config.quorum_tls = {.directory = "/q"};
  EXPECT_EQ(admin_tls_options(config).key_store.path, "/q/tls.crt");
  config.quorum_tls = {};
  EXPECT_EQ(admin_tls_options(config).key_store.path, "/tls/tls.crt");
}

}  // namespace
}  // namespace quorate::app
