// From zoo.cfg, the dynamic file and myid to a member of an ensemble.
#include "server/app/ensemble_setup.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/app/clock.h"
#include "server/app/settings.h"
#include "server/base/text.h"
#include "server/config/members.h"
#include "server/log/logger.h"
#include "server/wire/peer_extension.h"

namespace quorate::app {
namespace {

using std::chrono::milliseconds;

/// A packet carries a txn around a request; between Quorate's own nothing larger is made.
constexpr size_t kPacketBytesExtra = size_t{1} << 20;

Error invalid(std::string message) { return {ErrorKind::kInvalidInput, std::move(message)}; }

/// `zoo.cfg.dynamic.100000003` is of version 0x100000003.
std::optional<int64_t> version_in_name(std::string_view path) {
  const size_t dot = path.rfind('.');
  return parse_hex(dot == std::string_view::npos ? "" : path.substr(dot + 1));
}

Status read_dynamic_file(storage::FileSystem& fs, config::QuorumSettings& quorum,
                         ConfigVersion& version) {
  const std::string& path = quorum.dynamic_config_file;
  const Result<storage::FileContent> content = storage::read_file(fs, path);
  if (!content) {
    return content.error();
  }
  config::MembersResult members = config::parse_members(content->bytes(), path);
  if (!members.ok()) {
    return invalid(config::to_text(members.errors.front()));
  }
  quorum.servers = std::move(members.members.servers);
  quorum.groups = std::move(members.members.groups);
  quorum.weights = std::move(members.members.weights);
  version.value = members.version.value_or(version_in_name(path).value_or(0));
  return Status{};
}

std::string first_label(const std::string& host) { return host.substr(0, host.find('.')); }

Result<ServerId> find_self(storage::FileSystem& fs, const storage::Directories& directories,
                           const config::QuorumSettings& quorum) {
  if (!quorum.member_name.empty()) {
    for (const auto& [id, spec] : quorum.servers) {
      if (first_label(spec.addresses.front().host) == quorum.member_name) {
        return id;
      }
    }
    return invalid("no server.N line has a host whose first label is the member's name, " +
                   quorum.member_name);
  }
  const std::string path = storage::join_path(directories.data, "myid");
  const Result<storage::FileContent> content = storage::read_file(fs, path);
  if (!content) {
    return invalid(content.error().message +
                   ": a member of an ensemble needs the number N of its own server.N line there");
  }
  const std::string_view text = trim(content->bytes());
  int64_t id = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (code != std::errc() || end != text.data() + text.size() || id < 0) {
    return invalid(path + " holds \"" + std::string(text) +
                   "\", must be the number N of this member's server.N line");
  }
  return ServerId{id};
}

/// Nothing if there is no such file.
Result<std::optional<quorum::Configuration>> read_configuration(
    storage::FileSystem& fs, const storage::Directories& directories, const char* name) {
  const std::string path = storage::join_path(directories.snapshots, name);
  const Result<storage::FileContent> content = storage::read_file(fs, path);
  if (!content) {
    if (content.error().kind == ErrorKind::kNotFound) {
      return std::optional<quorum::Configuration>();
    }
    return content.error();
  }
  quorum::ParsedConfiguration parsed = quorum::parse_configuration(content->bytes());
  if (!parsed.ok()) {
    return Error{ErrorKind::kCorrupt, path + ": " + parsed.error->message +
                                          ": restore the file, or remove it to start from the "
                                          "server lines of zoo.cfg"};
  }
  return std::optional(std::move(parsed.configuration));
}

/// What reconfigs have made of the server lines.
Status read_configurations(storage::FileSystem& fs, const storage::Directories& directories,
                           EnsembleSetup& setup) {
  Result<std::optional<quorum::Configuration>> stored =
      read_configuration(fs, directories, kConfigurationFile);
  if (!stored) {
    return stored.error();
  }
  if (*stored && (*stored)->version > setup.configuration.version) {
    setup.configuration = std::move(**stored);
    setup.is_reconfigured = true;
  }
  Result<std::optional<quorum::Configuration>> next =
      read_configuration(fs, directories, kNextConfigurationFile);
  if (!next) {
    return next.error();
  }
  if (*next && (*next)->version > setup.configuration.version) {
    setup.last_seen = std::move(**next);
  }
  return Status{};
}

std::optional<quorum::ServerSpec> find_own(const EnsembleSetup& setup) {
  const auto own = setup.configuration.servers.find(setup.self);
  return own == setup.configuration.servers.end() ? std::nullopt : std::optional(own->second);
}

enum class DiskOwner { kThisEnsemble, kFormerEnsemble };

/// A disk bears the id of the ensemble that first used it.
Result<DiskOwner> claim_disk(storage::FileSystem& fs, const storage::Directories& directories,
                             const config::QuorumSettings& quorum, ServerId self) {
  const std::string& ensemble_id = quorum.ensemble_id;
  if (ensemble_id.empty()) {
    return DiskOwner::kThisEnsemble;
  }
  const std::string path = storage::join_path(directories.snapshots, kEnsembleIdFile);
  const Result<storage::FileContent> content = storage::read_file(fs, path);
  if (!content) {
    if (content.error().kind != ErrorKind::kNotFound) {
      return content.error();
    }
    const Status claimed =
        storage::replace_file(fs, directories.snapshots, kEnsembleIdFile, ensemble_id);
    return claimed ? Result(DiskOwner::kThisEnsemble) : claimed.error();
  }
  const std::string_view found = trim(content->bytes());
  if (found == ensemble_id) {
    return DiskOwner::kThisEnsemble;
  }
  if (quorum.recovery && quorum.recovery->member == self &&
      quorum.recovery->former_ensemble_id == found) {
    return DiskOwner::kFormerEnsemble;
  }
  return Error{ErrorKind::kConflict, "the disk belongs to the ensemble " + std::string(found) +
                                         " (" + path + "), this member to " + ensemble_id +
                                         ": give it the right volume, or an empty one"};
}

/// A witness that cannot be read is no reason to stay away: it would only make others safer.
Status read_disk_marks(storage::FileSystem& fs, const storage::Directories& directories,
                       const std::string& ensemble_id, EnsembleSetup& setup) {
  const Result<storage::FileContent> witness =
      storage::read_file(fs, storage::join_path(directories.snapshots, kWitnessFile));
  if (!witness && witness.error().kind != ErrorKind::kNotFound) {
    return witness.error();
  }
  if (witness) {
    auto parsed = quorum::parse_witness(witness->bytes(), ensemble_id);
    if (!parsed) {
      log::warn("witness_unreadable", {{"directory", directories.snapshots},
                                       {"file", kWitnessFile},
                                       {"action", "goes on without; it is written anew"}});
    }
    setup.witness = std::move(parsed).value_or(quorum::Witness());
  }
  const Result<storage::FileContent> mark =
      storage::read_file(fs, storage::join_path(directories.snapshots, kUnfitFile));
  if (!mark && mark.error().kind != ErrorKind::kNotFound) {
    return mark.error();
  }
  setup.is_marked_unfit = static_cast<bool>(mark);
  return Status{};
}

Result<QuorumTls> make_tls(const config::Config& config) {
  QuorumTls tls;
  if (!config.quorum.tls_enabled) {
    return tls;
  }
  const WallMillis now = read_clocks().wall;
  for (const net::TlsSide side : {net::TlsSide::kServer, net::TlsSide::kClient}) {
    auto context = net::TlsContext::create(quorum_tls_options(config, side), now);
    if (!context) {
      return Error{ErrorKind::kInvalidInput, "TLS between members: " + context.error().message};
    }
    (side == net::TlsSide::kServer ? tls.server : tls.client) = std::move(*context);
  }
  return tls;
}

std::string extension_of(const std::string& ensemble_id) {
  std::string bytes;
  wire::Writer writer(bytes);
  write(writer, wire::PeerExtension{.ensemble_id = ensemble_id});
  return bytes;
}

/// Hosts to listen on for one of the member's own addresses: it, or every address of the machine.
/// A listen address comes before both: in a Pod the name of the server line may not be resolved
/// yet.
std::vector<std::string> listen_hosts(const config::Config& config, const std::string& own) {
  if (!config.listen_addresses.empty()) {
    return config.listen_addresses;
  }
  return {config.quorum.listen_on_all_addresses ? std::string() : own};
}

std::vector<net::ListenOptions> listeners(const config::Config& config, const EnsembleSetup& setup,
                                          bool is_election) {
  std::vector<net::ListenOptions> listeners;
  for (const quorum::PeerAddress& own : setup.own->addresses) {
    for (std::string& host : listen_hosts(config, own.host)) {
      net::ListenOptions listener;
      listener.address = std::move(host);
      listener.port = is_election ? own.election_port : own.quorum_port;
      if (setup.tls.server) {
        listener.tls = config.quorum.tls_port_unification ? net::TlsMode::kBoth : net::TlsMode::kOn;
        listener.tls_context = setup.tls.server;
      }
      const bool is_known = std::ranges::any_of(listeners, [&](const net::ListenOptions& each) {
        return each.address == listener.address && each.port == listener.port;
      });
      if (!is_known) {
        listeners.push_back(std::move(listener));
      }
    }
  }
  return listeners;
}

}  // namespace

Result<std::optional<EnsembleSetup>> set_up_ensemble(storage::FileSystem& fs,
                                                     const storage::Directories& directories,
                                                     const config::Config& config) {
  config::QuorumSettings quorum = config.quorum;
  EnsembleSetup setup;
  if (!quorum.dynamic_config_file.empty()) {
    const Status read = read_dynamic_file(fs, quorum, setup.configuration.version);
    if (!read) {
      return read.error();
    }
  }
  if (!config::needs_quorum(quorum)) {
    return std::optional<EnsembleSetup>();
  }
  if (!quorum.groups.empty() || !quorum.weights.empty()) {
    return invalid("group.G and weight.N are not supported: every voter has one vote");
  }
  setup.configuration.servers = quorum.servers;
  if (setup.configuration.voters().size() > quorum::kVotersMax / 2) {
    return invalid("more than " + std::to_string(quorum::kVotersMax / 2) +
                   " voters; make the others observers");
  }
  const Result<ServerId> self = find_self(fs, directories, quorum);
  if (!self) {
    return self.error();
  }
  setup.self = *self;
  setup.own = find_own(setup);
  if (config.quorum.reconfig_enabled) {
    if (const Status read = read_configurations(fs, directories, setup); !read) {
      return read.error();
    }
    if (auto moved = find_own(setup)) {
      setup.own = std::move(moved);
    }
  }
  if (!setup.own) {
    return invalid("myid is " + std::to_string(setup.self.value) +
                   ", but there is no line server." + std::to_string(setup.self.value));
  }
  const Result<DiskOwner> owner = claim_disk(fs, directories, quorum, setup.self);
  if (!owner) {
    return owner.error();
  }
  if (const Status read = read_disk_marks(fs, directories, quorum.ensemble_id, setup); !read) {
    return read.error();
  }
  setup.is_to_take_over = *owner == DiskOwner::kFormerEnsemble;
  Result<QuorumTls> tls = make_tls(config);
  if (!tls) {
    return tls.error();
  }
  setup.tls = std::move(*tls);
  return std::optional<EnsembleSetup>(std::move(setup));
}

ClientListeners listeners_by_line(const quorum::ServerSpec& own, bool is_reconfigured,
                                  const ClientListeners& configured) {
  constexpr std::string_view kEverywhere = "0.0.0.0";
  const auto move = [&](const quorum::ClientAddress& line, config::Listener& listener) {
    listener.port = line.port;
    if (line.host != kEverywhere) {
      listener.addresses = {line.host};
    }
  };
  ClientListeners listeners = configured;
  if (own.client && (is_reconfigured || !configured.plain.port)) {
    move(*own.client, listeners.plain);
  }
  if (own.secure_client && is_reconfigured && configured.secure.port) {
    move(*own.secure_client, listeners.secure);
  }
  return listeners;
}

node::EnsembleOptions ensemble_options(const config::Config& config, const EnsembleSetup& setup,
                                       const storage::Recovered& recovered) {
  node::EnsembleOptions options;
  options.configuration = setup.configuration;
  options.last_seen = setup.last_seen;
  options.accepted = Epoch{recovered.epochs.accepted};
  options.current = Epoch{recovered.epochs.current};
  using Bootstrap = config::QuorumSettings::Bootstrap;
  const bool is_newcomer = recovered.fresh && config.quorum.bootstrap == Bootstrap::kJoin;
  options.may_vote = recovered.trusted && !is_newcomer && !setup.is_marked_unfit;
  options.is_marked_unfit = setup.is_marked_unfit;
  options.witness = setup.witness;
  options.serves_before_formed = config.quorum.bootstrap != Bootstrap::kForm;
  options.leader_serves = config.quorum.leader_serves;
  options.read_only_enabled = config.read_only_mode_enabled;
  options.ensemble_id = config.quorum.ensemble_id;
  options.timing.tick = milliseconds(config.session.tick_time_ms);
  options.timing.init_limit_ticks = config.quorum.init_limit_ticks;
  options.timing.sync_limit_ticks = config.quorum.sync_limit_ticks;
  options.timing.silence_max = milliseconds(400);
  options.finalize_wait = milliseconds(config.quorum.notification_interval_min_ms);
  options.force_snapshot_sync = config.quorum.force_snapshot_sync;
  options.snapshot_size_factor = config.quorum.snapshot_size_factor;
  options.reconfig_enabled = config.quorum.reconfig_enabled;
  options.standalone_enabled = config.quorum.standalone_enabled;
  options.extension = extension_of(options.ensemble_id);
  return options;
}

QuorumPortsOptions quorum_ports_options(const config::Config& config, const EnsembleSetup& setup) {
  QuorumPortsOptions options;
  const quorum::ServerSpec& own = *setup.own;
  const Duration connect_timeout = milliseconds(config.quorum.connect_timeout_ms);
  const bool verifies = config.quorum_tls.hostname_verification;
  options.mesh.self = setup.self;
  for (const quorum::PeerAddress& address : own.addresses) {
    options.mesh.own_addresses.push_back({address.host, address.election_port});
  }
  options.mesh.connect_timeout = connect_timeout;
  options.mesh.tls_client = setup.tls.client;
  options.mesh.verify_client_host = setup.tls.server != nullptr && verifies;
  options.learners.packet_bytes_max =
      static_cast<size_t>(config.limits.jute_max_buffer_bytes) +
      static_cast<size_t>(config.limits.jute_max_buffer_extra_bytes) + kPacketBytesExtra;
  options.learners.verify_host = options.mesh.verify_client_host;
  options.learners.hosts_of = [servers = setup.configuration.servers](ServerId id) {
    std::vector<std::string> hosts;
    if (const auto found = servers.find(id); found != servers.end()) {
      for (const quorum::PeerAddress& address : found->second.addresses) {
        hosts.push_back(address.host);
      }
    }
    return hosts;
  };
  options.leader.connect_timeout =
      milliseconds(config.session.tick_time_ms) * config.quorum.init_limit_ticks;
  options.leader.packet_bytes_max = options.learners.packet_bytes_max;
  options.leader.tls = setup.tls.client;
  options.election_addresses = listeners(config, setup, true);
  options.quorum_addresses = listeners(config, setup, false);
  return options;
}

}  // namespace quorate::app
