// Flags by CLI11, and the way to the API.
#include "operator/controller/flags.h"

#include <CLI/CLI.hpp>

#include <map>
#include <memory>
#include <utility>

#include "operator/transport/kubeconfig.h"
#include "operator/transport/static_credentials.h"

namespace quorate::controller {

namespace {

/// A duration in seconds on the command line.
struct Seconds {
  double value;
  [[nodiscard]] Duration duration() const {
    return Duration(static_cast<Duration::rep>(value * 1'000'000));
  }
};

double in_seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::duration<double>>(duration).count();
}

const std::map<std::string, log::Level> kLevels = {
    {"trace", log::Level::kTrace}, {"debug", log::Level::kDebug}, {"info", log::Level::kInfo},
    {"warn", log::Level::kWarn},   {"error", log::Level::kError},
};
const std::map<std::string, log::Format> kFormats = {{"text", log::Format::kText},
                                                     {"json", log::Format::kJson}};

/// Times as the flags hold them.
struct Times {
  double pass;
  double resync;
  double lease;
  double renew;
  double retry;
  double certificate_life = 0;
  double authority_life = 0;
  double certificate_spread = 0;
};

void add_connection_flags(CLI::App& app, Flags& flags) {
  app.add_option("--kubeconfig", flags.kubeconfigs,
                 "Files with clusters and users; default: the Pod's account, then KUBECONFIG");
  app.add_option("--context", flags.context, "Context of the kubeconfig; default: the current one");
  app.add_option("--server", flags.server,
                 "URL of an API that wants no credentials, such as kubectl proxy");
}

void add_scope_flags(CLI::App& app, Flags& flags, Times& times) {
  app.add_option("-n,--namespace", flags.spaces,
                 "Namespaces to look after, one or more; default: all")
      ->delimiter(',');
  app.add_option("-l,--selector", flags.label_selector,
                 "Only QuorumClusters with these labels, as kubectl's -l");
  app.add_option("--member-image", flags.member_image,
                 "Image of members whose QuorumCluster names none")
      ->envname("QUORATE_MEMBER_IMAGE");
  app.add_option("--workers", flags.workers, "Objects that are reconciled at the same time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--reconcile-timeout", times.pass, "Seconds that one pass may take")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  app.add_option("--resync", times.resync, "Seconds after which every object is looked at again")
      ->check(CLI::Range(10.0, 1e7))
      ->capture_default_str();
}

void add_certificate_flags(CLI::App& app, Times& times) {
  const auto period = CLI::Range(1.0, 1e9);
  app.add_option("--certificate-life", times.certificate_life,
                 "Seconds that a certificate of tls.managed is valid; default: 90 days")
      ->check(period);
  app.add_option("--authority-life", times.authority_life,
                 "Seconds that its authority is valid; default: 5 years")
      ->check(period);
  app.add_option("--certificate-spread", times.certificate_spread,
                 "Seconds after which every member has what its Secret says; default: 10 minutes")
      ->check(period);
}

void add_lease_flags(CLI::App& app, Flags& flags, Times& times) {
  app.add_flag("--leader-elect,!--no-leader-elect", flags.elects_leader,
               "Act only while holding a Lease; default: yes");
  app.add_option("--leader-election-id", flags.lease_name, "Name of the Lease")
      ->capture_default_str();
  app.add_option("--leader-election-namespace", flags.lease_space,
                 "Namespace of the Lease; default: the process's own");
  const auto period = CLI::Range(0.1, 3600.0);
  app.add_option("--lease-duration", times.lease, "Seconds")->check(period)->capture_default_str();
  app.add_option("--renew-deadline", times.renew, "Seconds")->check(period)->capture_default_str();
  app.add_option("--retry-period", times.retry, "Seconds")->check(period)->capture_default_str();
}

void add_output_flags(CLI::App& app, Flags& flags) {
  app.add_option("--health-probe-bind-address", flags.probe_address,
                 "ADDRESS:PORT of /healthz and /readyz; empty: none")
      ->capture_default_str();
  app.add_option("--metrics-bind-address", flags.metrics_address,
                 "ADDRESS:PORT of /metrics; empty: none")
      ->capture_default_str();
  app.add_option("--log-level", flags.log.level, "trace, debug, info, warn or error")
      ->transform(CLI::CheckedTransformer(kLevels).description(""))
      ->type_name("LEVEL");
  app.add_option("--log-format", flags.log.format, "json or text")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->type_name("FORMAT");
}

}  // namespace

std::variant<Flags, FlagsEnd> parse_flags(int argc, const char* const* argv) {
  Flags flags;
  Times times{.pass = in_seconds(flags.pass_timeout),
              .resync = in_seconds(flags.resync_interval),
              .lease = in_seconds(flags.lease.lease_duration),
              .renew = in_seconds(flags.lease.renew_deadline),
              .retry = in_seconds(flags.lease.retry_period)};
  CLI::App app("Reconciles QuorumCluster objects on Kubernetes", "quorate-operator");
  app.option_defaults()->always_capture_default(false);
  add_connection_flags(app, flags);
  add_scope_flags(app, flags, times);
  add_certificate_flags(app, times);
  add_lease_flags(app, flags, times);
  add_output_flags(app, flags);
  try {
    app.parse(argc, argv);
    flags.pass_timeout = Seconds{times.pass}.duration();
    flags.resync_interval = Seconds{times.resync}.duration();
    flags.certificate_life = Seconds{times.certificate_life}.duration();
    flags.authority_life = Seconds{times.authority_life}.duration();
    flags.certificate_spread = Seconds{times.certificate_spread}.duration();
    flags.lease.lease_duration = Seconds{times.lease}.duration();
    flags.lease.renew_deadline = Seconds{times.renew}.duration();
    flags.lease.retry_period = Seconds{times.retry}.duration();
    if (const std::string complaint = flags.lease.complaint(); !complaint.empty()) {
      throw CLI::ValidationError("lease", complaint);
    }
    if (!flags.server.empty() && !flags.kubeconfigs.empty()) {
      throw CLI::ValidationError("--server", "excludes --kubeconfig");
    }
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return FlagsEnd{.code = code == 0 ? 0 : 2};
  }
  return flags;
}

Result<transport::Cluster> find_cluster(const Flags& flags,
                                        const transport::Environment& environment) {
  if (!flags.server.empty()) {
    return transport::Cluster{.url = flags.server,
                              .trust = {},
                              .credentials = std::make_shared<transport::StaticCredentials>(
                                  Secret(), "", transport::TextSource{.where = "--server"},
                                  transport::TextSource{.where = "--server"}),
                              .space = {},
                              .source = "--server"};
  }
  if (!flags.kubeconfigs.empty()) {
    return transport::load_kubeconfig({.paths = flags.kubeconfigs, .context = flags.context});
  }
  if (flags.context.empty() && transport::is_in_cluster(environment)) {
    return transport::in_cluster(environment);
  }
  return transport::load_kubeconfig(
      {.paths = transport::default_kubeconfig_paths(environment), .context = flags.context});
}

}  // namespace quorate::controller
