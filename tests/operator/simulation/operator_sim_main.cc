// operator_sim: runs seeds of the operator's simulation.
#include <utility>

#include "server/log/log.h"
#include "tests/operator/simulation/planted.h"
#include "tests/operator/simulation/world.h"
#include "tests/sim/program.h"

namespace quorate::opsim {
namespace {

sim::SeedReport run_seed(const sim::SeedOptions& options) {
  const Bug bug = bug_named(options.bug).value_or(Bug::kNone);
  plant(bug);
  World world(settings_of(options.seed, bug, options.has_faults), options.prints);
  RunResult result = world.run();
  return {.violations = std::move(result.violations),
          .counts = {result.passes, result.writes, result.faults, result.edits},
          .virtual_seconds = result.virtual_seconds,
          .trace_hash = result.trace_hash};
}

}  // namespace
}  // namespace quorate::opsim

int main(int argc, char** argv) {
  quorate::log::current().set_level(quorate::log::Level::kOff);
  return quorate::sim::run_program({.program = "operator_sim",
                                    .about = "Simulates the operator from a seed.",
                                    .counted = {"passes", "writes", "faults", "edits"},
                                    .bugs = quorate::sim::bug_names<quorate::opsim::Bug>(),
                                    .bug_seeds_max = 30,
                                    .run = quorate::opsim::run_seed},
                                   argc, argv);
}
