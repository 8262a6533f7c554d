// The plan while it is made: what the stages add to it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "operator/plan/plan.h"

namespace quorate::plan {

/// Whether later stages may still act in this pass.
enum class Flow { kContinue, kStop };

/// Kinds of changes; as status.inFlight and the reasons of the condition Progressing name them.
namespace change {
inline constexpr std::string_view kBootstrap = "Bootstrapping";
inline constexpr std::string_view kScaleOut = "ScalingOut";
inline constexpr std::string_view kScaleIn = "ScalingIn";
inline constexpr std::string_view kRoles = "ChangingRoles";
inline constexpr std::string_view kReplace = "ReplacingMember";
inline constexpr std::string_view kRoll = "Rolling";
inline constexpr std::string_view kHandover = "TransferringLeadership";
inline constexpr std::string_view kStorage = "ResizingStorage";
inline constexpr std::string_view kRecover = "Recovering";
/// Nothing else goes on, but objects are not yet what the spec asks for.
inline constexpr std::string_view kApply = "Applying";
}  // namespace change

struct Draft {
  api::QuorumClusterStatus status;  ///< Begins as the recorded one.
  std::vector<Action> actions;
  std::vector<api::PlanStep> steps;
  std::string progressing;    ///< Kind of the change that goes on; empty: none.
  bool is_stalled = false;    ///< It goes on no further without a person.
  std::string unapplied_set;  ///< A StatefulSet that is not yet as the spec asks; empty: none.

  /// A step that this pass makes.
  void step_now(std::string_view step, const std::vector<std::string>& members);
  /// A step that comes next as soon as what `reason` names is over.
  void step_waits(std::string_view step, const std::vector<std::string>& members,
                  std::string_view reason, std::string message);
  /// A step that nothing but a person or a change outside can free.
  void step_blocked(std::string_view step, const std::vector<std::string>& members,
                    std::string_view reason, std::string message);
  void step_later(std::string_view step, const std::vector<std::string>& members);

  /// Records what is about to be done, before it is; the time stays while the record is the same.
  void record(std::string_view kind, std::string_view step,
              const std::vector<api::InFlightMember>& members, WallMillis now,
              std::string config_version = {});
  void clear_record() { status.clear_in_flight(); }
  [[nodiscard]] bool is_in_flight(std::string_view kind) const {
    return status.has_in_flight() && status.in_flight().kind() == kind;
  }

 private:
  void add(std::string_view step, std::string_view state, const std::vector<std::string>& members,
           std::string_view reason, std::string message);
};

[[nodiscard]] api::InFlightMember in_flight_member(const std::string& name, const std::string& uid);

}  // namespace quorate::plan
