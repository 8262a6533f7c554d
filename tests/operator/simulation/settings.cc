// Names, and what a seed decides.
#include "tests/operator/simulation/settings.h"

#include <array>
#include <chrono>

#include "tests/sim/random.h"

namespace quorate::opsim {

namespace {

constexpr std::array<std::string_view, static_cast<size_t>(Bug::kCount)> kBugs{
    "none",
    "trusts_stale_reads",
    "ignores_sync_gate",
    "deletes_kept_volumes",
    "makes_two_changes",
    "records_nothing",
    "counts_observers",
    "ignores_lease_loss",
    "forgets_ids",
    "retries_under_other_name",
    "restarts_leader_first",
    "drops_finalizer_early",
    "writes_spec",
    "forms_for_ever",
};

constexpr std::array<std::string_view, static_cast<size_t>(Fault::kCount)> kFaults{
    "slow cache",    "broken watch", "conflict",      "lost request",    "lost answer",
    "late request",  "busy server",  "slow server",   "operator killed", "operator frozen",
    "two operators", "order lost",   "member silent", "pod killed",      "pod evicted",
    "pod deleted",   "slow member",  "cut off",       "unschedulable",   "volume deleted",
    "volume lost",   "disk emptied", "zone lost",     "bad image",       "bad config",
    "paused"};

}  // namespace

std::string_view name_of(Bug bug) { return kBugs[static_cast<size_t>(bug)]; }

std::optional<Bug> bug_named(std::string_view name) {
  for (size_t index = 0; index < kBugs.size(); ++index) {
    if (kBugs[index] == name) {
      return static_cast<Bug>(index);
    }
  }
  return std::nullopt;
}

std::string_view name_of(Fault fault) { return kFaults[static_cast<size_t>(fault)]; }

Settings settings_of(uint64_t seed, Bug bug, bool has_faults) {
  using std::chrono::seconds;
  sim::Random random(seed * 7919 + 1);
  Settings settings{.seed = seed, .bug = bug, .faults = {}};
  constexpr std::array<int, 5> kVoters{3, 3, 3, 5, 5};
  constexpr std::array<const char*, 4> kBatches{"Minority", "Minority", "One", "Zone"};
  constexpr size_t kFaultPercent = 60;
  settings.voters = kVoters[random.below(kVoters.size())];
  settings.observers = random.one_in(3) ? 1 : 0;
  settings.names_zones = random.one_in(2);
  settings.batch = kBatches[random.below(kBatches.size())];
  settings.reclaim = random.one_in(3) ? "Delete" : "Retain";
  settings.deletes_in_the_end = random.one_in(2);
  settings.safety = random.between(seconds(60), seconds(180));
  settings.between_edits = random.between(seconds(20), seconds(45));
  settings.between_faults = random.between(seconds(5), seconds(20));
  settings.request_fault_percent = static_cast<size_t>(random.between(0, 12));
  for (size_t fault = 0; fault < settings.faults.size(); ++fault) {
    settings.faults[fault] = random.percent(kFaultPercent) && has_faults;
  }
  return settings;
}

}  // namespace quorate::opsim
