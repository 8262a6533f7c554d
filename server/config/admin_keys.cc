// Keys of the HTTP servers of administration and metrics, and of our log.
#include <array>
#include <utility>

#include "server/base/text.h"
#include "server/config/host_list.h"
#include "server/config/key_tables.h"
#include "server/config/words.h"

namespace quorate::config {
namespace {

Verdict set_host(std::string& field, std::string_view value) {
  Result<std::string> host = parse_host(value);
  if (!host) {
    return Verdict{.kind = Verdict::Kind::kError, .message = host.error().message};
  }
  field = std::move(*host);
  return {};
}

Verdict set_admin_address(Config& config, std::string_view value) {
  return set_host(config.admin.address, value);
}
std::string get_admin_address(const Config& config) { return hosts_text({config.admin.address}); }
Verdict set_metrics_address(Config& config, std::string_view value) {
  return set_host(config.metrics.address, value);
}
std::string get_metrics_address(const Config& config) {
  return hosts_text({config.metrics.address});
}

/// A path of our HTTP server: it begins with a slash, does not end in one, and has no blanks.
Verdict set_command_path(Config& config, std::string_view value) {
  const bool has_odd = std::ranges::any_of(value, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '\x7f';
  });
  if (!value.starts_with('/') || value.size() < 2 || value.ends_with('/') || has_odd) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) +
                              ", must be a path such as /commands, without a slash at its end"};
  }
  config.admin.command_path = value;
  return {};
}
std::string get_command_path(const Config& config) { return config.admin.command_path; }

/// A port alone switches the page on; a class, whose row comes later, has the last word.
Verdict set_metrics_port(Config& config, std::string_view value) {
  const std::optional<int64_t> port = parse_integer(value, 0, 65535);
  if (!port) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be an integer of 0 to 65535"};
  }
  config.metrics.port = static_cast<uint16_t>(*port);
  config.metrics.enabled = true;
  return {};
}
std::string get_metrics_port(const Config& config) { return std::to_string(config.metrics.port); }

constexpr std::string_view kPrometheus =
    "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider";
constexpr std::string_view kDefaultMetrics =
    "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider";
constexpr std::string_view kNullMetrics = "org.apache.zookeeper.metrics.impl.NullMetricsProvider";

Verdict set_metrics_class(Config& config, std::string_view value) {
  if (value == kPrometheus) {
    config.metrics.enabled = true;
    return {};
  }
  if (value == kDefaultMetrics || value == kNullMetrics) {
    config.metrics.enabled = false;
    return {};
  }
  return Verdict{.kind = Verdict::Kind::kWarning,
                 .message = "names the class " + quoted(value) +
                            ", which cannot be loaded here; metrics are served for Prometheus "
                            "when metricsProvider.httpPort is set"};
}
std::string get_metrics_class(const Config& config) {
  return std::string(config.metrics.enabled ? kPrometheus : kDefaultMetrics);
}

constexpr std::array<Word<LogSettings::Format>, 2> kFormats = {
    {{"text", LogSettings::Format::kText}, {"json", LogSettings::Format::kJson}}};
constexpr std::array<Word<LogSettings::Level>, 6> kLevels = {{
    {"trace", LogSettings::Level::kTrace},
    {"debug", LogSettings::Level::kDebug},
    {"info", LogSettings::Level::kInfo},
    {"warn", LogSettings::Level::kWarn},
    {"error", LogSettings::Level::kError},
    {"off", LogSettings::Level::kOff},
}};

Verdict set_log_format(Config& config, std::string_view value) {
  return set_word<LogSettings::Format>(kFormats, config.log.format, value);
}
std::string get_log_format(const Config& config) {
  return word_of<LogSettings::Format>(kFormats, config.log.format);
}
Verdict set_log_level(Config& config, std::string_view value) {
  return set_word<LogSettings::Level>(kLevels, config.log.level, value);
}
std::string get_log_level(const Config& config) {
  return word_of<LogSettings::Level>(kLevels, config.log.level);
}

constexpr Needs kNeedsAdmin = {[](const Config& c) { return c.admin.enabled; },
                               "while admin.enableServer is false"};

std::vector<Key> admin_rows() {
  return {
      {"admin.serverAddress",
       Custom{set_admin_address, get_admin_address, "a host name or an address"},
       "Address of that server; ZooKeeper's default is 0.0.0.0."},
      {"admin.serverPort", Port{[](Config& c) { return &c.admin.port; }},
       "TCP port of that server; 0 lets the system choose one."},
      {"admin.commandURL", Custom{set_command_path, get_command_path, "a path such as /commands"},
       "Path before the name of a command."},
      {"admin.tokenFile", Text{[](Config& c) { return &c.admin.token_file; }},
       "File of the bearer token that commands which change state need; without it they are "
       "refused. Ours."},
      {"admin.idleTimeout", Int32{[](Config& c) { return &c.admin.idle_timeout_ms; }, 1},
       "Time after which an idle connection is closed, milliseconds."},
      {"admin.rateLimiterIntervalInMS",
       Int64{[](Config& c) { return &c.admin.rate_limit_interval_ms; }, 0, INT32_MAX},
       "Time between snapshots, and between restores, by command, milliseconds."},
      {"admin.snapshot.enabled", Flag{[](Config& c) { return &c.admin.snapshot_enabled; }},
       "Offer the command snapshot."},
      {"admin.restore.enabled", Flag{[](Config& c) { return &c.admin.restore_enabled; }},
       "Offer the command restore."},
      {"admin.portUnification", Flag{[](Config& c) { return &c.admin.port_unification; }},
       "Serve TLS and plain HTTP on one port; TLS as ssl.quorum.* says, or else ssl.*."},
      {"admin.forceHttps", Flag{[](Config& c) { return &c.admin.force_https; }},
       "Serve TLS only, as ssl.quorum.* says, or else ssl.*."},
  };
}

/// Needs TLS on top.
Key admin_client_auth_row() {
  return {"admin.needClientAuth",
          Flag{[](Config& c) { return &c.admin.need_client_auth; }},
          "Need a client certificate over TLS.",
          {},
          Key::RawName::kNone,
          {{[](const Config& c) { return admin_tls(c) != nullptr; },
            "without admin.forceHttps or admin.portUnification"}}};
}

constexpr Needs kNeedsMetrics = {[](const Config& c) { return c.metrics.enabled; },
                                 "as metricsProvider.className does not switch the page on"};
constexpr Needs kNeedsLogFile = {[](const Config& c) { return !c.log.file.empty(); },
                                 "without quorate.log.file"};

std::vector<Key> metrics_and_log_rows() {
  return {
      {"metricsProvider.httpHost",
       Custom{set_metrics_address, get_metrics_address, "a host name or an address"},
       "Address of the page that Prometheus reads.",
       {},
       Key::RawName::kNone,
       {kNeedsMetrics}},
      {"metricsProvider.httpPort",
       Custom{set_metrics_port, get_metrics_port, "an integer of 0 to 65535"},
       "TCP port of that page, which it switches on; 0 lets the system choose one.",
       {},
       Key::RawName::kNone,
       {kNeedsMetrics}},
      {"metricsProvider.className",
       Custom{set_metrics_class, get_metrics_class,
              "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider, or "
              "org.apache.zookeeper.metrics.impl.DefaultMetricsProvider"},
       "Whether there is that page: with the first class, and without any when the port is set."},
      {"quorate.log.format",
       Custom{set_log_format, get_log_format, "text or json"},
       "How log lines are written.",
       {},
       Key::RawName::kOurs},
      {"quorate.log.level",
       Custom{set_log_level, get_log_level, "trace, debug, info, warn, error or off"},
       "Least level of log lines that are written.",
       {},
       Key::RawName::kOurs},
      {"quorate.log.file",
       Text{[](Config& c) { return &c.log.file; }},
       "File of log lines; standard error when not set.",
       {},
       Key::RawName::kOurs},
      {"quorate.log.fileSizeMb",
       Int32{[](Config& c) { return &c.log.file_size_max_mb; }, 1, 1048576},
       "Size at which that file is rotated, MiB.",
       {},
       Key::RawName::kOurs,
       {kNeedsLogFile}},
      {"quorate.log.fileCount",
       Int32{[](Config& c) { return &c.log.file_count; }, 1, 1000},
       "Rotated files that are kept.",
       {},
       Key::RawName::kOurs,
       {kNeedsLogFile}},
  };
}

}  // namespace

std::vector<Key> admin_keys() {
  std::vector<Key> rows = {{"admin.enableServer", Flag{[](Config& c) { return &c.admin.enabled; }},
                            "Run the HTTP server of commands and health."}};
  append(rows, with_needs(admin_rows(), kNeedsAdmin));
  rows.push_back(admin_client_auth_row());
  append(rows, metrics_and_log_rows());
  return rows;
}

}  // namespace quorate::config
