// What a seed decides before anything happens: sizes, what fails, what is planted.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/time.h"

namespace quorate::opsim {

/// Bugs that the simulation must find; each is named in settings.cc.
enum class Bug : uint8_t {
  kNone,
  kTrustsStaleReads,
  kIgnoresSyncGate,
  kDeletesKeptVolumes,
  kMakesTwoChanges,
  kRecordsNothing,
  kCountsObservers,
  kIgnoresLeaseLoss,
  kForgetsIds,
  kRetriesUnderOtherName,
  kRestartsLeaderFirst,
  kDropsFinalizerEarly,
  kWritesSpec,
  kFormsForEver,
  kCount,
};
[[nodiscard]] std::string_view name_of(Bug bug);
[[nodiscard]] std::optional<Bug> bug_named(std::string_view name);

/// Kinds of faults; a seed has about 60 % of them.
enum class Fault : uint8_t {
  kSlowCache,       ///< Informers lag by seconds.
  kBrokenWatch,     ///< 410: nothing for a while, then a list.
  kConflict,        ///< 409.
  kLostRequest,     ///< It never arrives.
  kLostAnswer,      ///< It took effect and nobody is told.
  kLateRequest,     ///< It takes effect after its caller gave up, or died.
  kBusyServer,      ///< 429, 500, 503.
  kSlowServer,      ///< Answers take up to seconds.
  kOperatorKilled,  ///< Between any two steps.
  kOperatorFrozen,  ///< Stops for longer than its lease, and goes on in the middle of a pass.
  kSecondOperator,  ///< Two instances.
  kOrderLost,       ///< An order to a member, or its answer, is lost.
  kMemberSilent,    ///< A member does not answer the operator.
  kPodKilled,       ///< A process ends.
  kPodEvicted,      ///< By others, through the budget.
  kPodDeleted,      ///< By others, past the budget.
  kSlowMember,      ///< Starts and syncs take long.
  kCutOff,          ///< A member reaches nobody.
  kUnschedulable,   ///< A zone takes no Pods.
  kVolumeDeleted,   ///< A claim and its Pod.
  kVolumeLost,      ///< What a claim is bound to.
  kDiskEmptied,     ///< The same claim, nothing on it.
  kZoneLost,        ///< Nodes without power.
  kBadImage,        ///< A person asks for an image that nobody has.
  kBadConfig,       ///< A person asks for settings with which members crash.
  kPaused,          ///< A person pauses the operator.
  kCount,
};
[[nodiscard]] std::string_view name_of(Fault fault);

struct Settings {
  uint64_t seed = 1;
  Bug bug = Bug::kNone;
  std::bitset<static_cast<size_t>(Fault::kCount)> faults;

  int voters = 3;
  int observers = 0;
  bool names_zones = false;  ///< In the spec; else found from the nodes.
  std::string batch = "Minority";
  std::string reclaim = "Retain";
  bool deletes_in_the_end = false;
  Duration safety{};         ///< How long everything may break.
  Duration between_edits{};  ///< On average, between two changes of the spec.
  Duration between_faults{};
  size_t request_fault_percent = 0;

  [[nodiscard]] bool has(Fault fault) const { return faults.test(static_cast<size_t>(fault)); }
};

[[nodiscard]] Settings settings_of(uint64_t seed, Bug bug, bool has_faults);

}  // namespace quorate::opsim
