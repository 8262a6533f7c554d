// What all parts of the simulated world share: randomness, time, the trace and what went wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"
#include "tests/operator/simulation/settings.h"
#include "tests/sim/context.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/random.h"

namespace quorate::opsim {

struct Context {
  Context(const Settings& settings_in, bool prints)
      : settings(settings_in), random(settings_in.seed), trace(prints) {}

  Settings settings;
  sim::Random random;
  sim::EventQueue queue;
  sim::Trace trace;
  std::vector<std::string> violations;
  bool is_calm = false;  ///< The faults are over.

  [[nodiscard]] TimePoint now() const { return queue.now(); }
  [[nodiscard]] WallMillis wall() const {
    constexpr int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01
    return {kStartMs + now().time_since_epoch().count() / 1000};
  }
  [[nodiscard]] bool has(Bug bug) const { return settings.bug == bug; }
  [[nodiscard]] bool has(Fault fault) const { return !is_calm && settings.has(fault); }
  /// Lets the world go on for so long; whoever waits for an answer calls it.
  void advance(Duration duration) {
    const TimePoint end = now() + duration;
    while (queue.run_one(end)) {
    }
  }
  void note(std::string_view who, std::string_view what) { trace.line(now(), who, what); }
  /// A promise was broken.
  void violate(std::string_view who, const std::string& what) {
    note(who, "VIOLATION: " + what);
    violations.push_back(std::string(who) + ": " + what);
  }
};

}  // namespace quorate::opsim
