// sim: runs seeds of the simulation, and says how to run a failing one again.
#include <utility>

#include "tests/sim/program.h"
#include "tests/sim/world.h"

namespace quorate::sim {
namespace {

SeedReport run_seed(const SeedOptions& options) {
  Settings settings = settings_of(options.seed, bug_named(options.bug).value_or(Bug::kNone));
  settings.has_faults = options.has_faults;
  World world(settings, options.prints);
  RunResult result = world.run();
  return {.violations = std::move(result.violations),
          .counts = {result.operations, result.transactions, result.faults, result.leaders,
                     result.events},
          .virtual_seconds = result.virtual_seconds,
          .trace_hash = result.trace_hash};
}

}  // namespace
}  // namespace quorate::sim

int main(int argc, char** argv) {
  return quorate::sim::run_program(
      {.program = "sim",
       .about = "Simulates whole ensembles from a seed.",
       .counted = {"operations", "transactions", "faults", "leaders", "events"},
       .bugs = quorate::sim::bug_names<quorate::sim::Bug>(),
       .bug_seeds_max = 40,
       .run = quorate::sim::run_seed},
      argc, argv);
}
