// Putting the runtime together in a process.
#include "operator/controller/run_operator.h"

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <utility>

#include "operator/controller/manager.h"
#include "operator/controller/watches.h"
#include "operator/transport/cpprest_transport.h"

namespace quorate::controller {

namespace {

uint64_t random_seed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

std::string host_name(const transport::Environment& environment) {
  if (const auto pod = environment("POD_NAME"); pod && !pod->empty()) {
    return *pod;
  }
  char name[256] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0) {
    return "quorate-operator";
  }
  return name;
}

std::string hexadecimal(uint64_t value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 16; ++i, value >>= 4) {
    text += kHex[value & 15];
  }
  return text;
}

int fail(std::string_view event, const Error& error) {
  log::error(event, {{"reason", error.message}});
  log::flush();
  return 1;
}

ManagerOptions manager_options(const Flags& flags, const transport::Cluster& cluster,
                               const transport::Environment& environment) {
  const uint64_t seed = random_seed();
  ManagerOptions options{.spaces = flags.spaces,
                         .watches = operator_watches(flags.label_selector),
                         .queue = {.in_flight_max = flags.workers},
                         .pass_timeout = flags.pass_timeout,
                         .resync_interval = flags.resync_interval,
                         .instance = host_name(environment),
                         .probe_address = flags.probe_address,
                         .metrics_address = flags.metrics_address,
                         .seed = seed};
  if (flags.elects_leader) {
    kube::LeaseOptions lease = flags.lease;
    std::string space = flags.lease_space.empty() ? cluster.space : flags.lease_space;
    lease.lease = {.space = space.empty() ? "default" : std::move(space), .name = flags.lease_name};
    // Of two processes with the same host name, or of one before and after a restart, one leads.
    lease.identity = options.instance + "_" + hexadecimal(random_seed());
    options.lease = std::move(lease);
  }
  return options;
}

}  // namespace

int run_operator(const Flags& flags, Reconciler& reconciler, Metrics& metrics) {
  const transport::Environment environment = transport::process_environment();
  const auto cluster = find_cluster(flags, environment);
  if (!cluster) {
    return fail("no_cluster", cluster.error());
  }
  auto transport = transport::make_transport(
      *cluster, {.on_report = [&metrics](const transport::RequestReport& report) {
        metrics.count_request(report);
      }});
  if (!transport) {
    return fail("no_transport", transport.error());
  }
  const ManagerOptions options = manager_options(flags, *cluster, environment);
  log::info("starting", {{"server", cluster->url},
                         {"credentials", cluster->source},
                         {"namespaces", flags.spaces.size()},
                         {"selector", flags.label_selector},
                         {"identity", options.lease ? options.lease->identity : ""}});
  Manager manager(options, **transport, reconciler, metrics);
  if (const Status listening = manager.listen(); !listening) {
    return fail("no_port", listening.error());
  }
  const ManagerEnd end = manager.run();
  log::info("stopped", {});
  log::flush();
  if (end == ManagerEnd::kLeaseLost || end == ManagerEnd::kStopTimeout) {
    // Nothing is waited for: another process may lead already, or a thread hangs.
    std::_Exit(1);
  }
  return end == ManagerEnd::kStopped ? 0 : 1;
}

}  // namespace quorate::controller
