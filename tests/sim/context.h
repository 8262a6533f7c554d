// What all parts of a simulated world share: randomness, time, the trace and what went wrong.
#pragma once

#include <cstdint>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/random.h"
#include "tests/sim/settings.h"

namespace quorate::sim {

/// Who may reconfigure.
inline constexpr const char* kSuperUser = "super:sesame";

/// What happened, as a hash always and as text on demand.
class Trace {
 public:
  explicit Trace(bool prints) : prints_(prints) {}

  [[nodiscard]] bool prints() const { return prints_; }
  [[nodiscard]] uint64_t hash() const { return hash_; }
  void mix(uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3U + (hash_ >> 29); }
  void mix(std::string_view bytes);
  /// One line: virtual time, who, what.
  void line(TimePoint now, std::string_view who, std::string_view what);

 private:
  bool prints_;
  uint64_t hash_ = 0xCBF29CE484222325U;
};

struct Context {
  Context(const Settings& settings_in, bool prints)
      : settings(settings_in), random(settings_in.seed), trace(prints) {}

  Settings settings;
  Random random;
  EventQueue queue;
  Trace trace;
  std::vector<std::string> violations;
  /// Those that clients know of: the configuration's, by host.
  std::vector<size_t> servers;
  std::set<size_t> stopping;           ///< Hosts that were told to stop and have not come back.
  size_t leading = 0;                  ///< Members that serve as leaders, replaced ones too.
  TimePoint two_led_at{Duration(-1)};  ///< When they were two for the last time.

  [[nodiscard]] TimePoint now() const { return queue.now(); }
  [[nodiscard]] bool has(Bug bug) const { return settings.bug == bug; }
  void change_leading(bool more) {
    two_led_at = leading >= 2 ? now() : two_led_at;
    leading = more ? leading + 1 : leading - 1;
  }
  /// Whether there was but one leader since then, so that nobody can have asked a replaced one.
  [[nodiscard]] bool was_led_by_one(TimePoint since) const {
    return leading < 2 && two_led_at < since;
  }
  /// A promise was broken. The run goes on to the end of the step and stops.
  void violate(std::string_view who, std::string what);
  void note(std::string_view who, std::string_view what) { trace.line(now(), who, what); }
};

/// printf into a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);
/// Without leading zeros, as the trace has zxids.
[[nodiscard]] std::string hex(int64_t value);
[[nodiscard]] inline std::string hex(Zxid zxid) { return hex(zxid.value); }
[[nodiscard]] std::string name_of(ServerId member);

}  // namespace quorate::sim
