// InlineSync: when the core loop syncs the log itself instead of waking the log thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/ids.h"
#include "server/base/time.h"

namespace quorate::app {

/// On a fast disk the two wake-ups of a hand-over to the log thread and back cost as much as the
/// sync. While one connection alone speaks, nobody else waits for the loop, so that it may as well
/// wait for the disk. Says no as soon as another connection has spoken, and for a while after a
/// sync that was slow: then a newcomer would wait.
class InlineSync {
 public:
  static constexpr uint32_t kTurnsAlone = 16;
  static constexpr size_t kBytesMax = 64 << 10;
  static constexpr Duration kSlow = std::chrono::milliseconds(1);
  static constexpr uint32_t kTurnsAfterSlow = 1000;

  /// The connection sent frames in this turn of the loop.
  void heard(ConnectionId connection) {
    turns_ = connection == speaker_ ? turns_ : 0;
    speaker_ = connection;
    spoken_ = true;
  }

  /// At the end of a turn with `bytes` for the log.
  [[nodiscard]] bool turn_ended(size_t bytes) {
    if (!spoken_) {
      return false;
    }
    spoken_ = false;
    held_off_ -= held_off_ > 0 ? 1 : 0;
    turns_ += turns_ < kTurnsAlone ? 1 : 0;
    return turns_ == kTurnsAlone && held_off_ == 0 && bytes <= kBytesMax;
  }

  /// A sync on the core loop has taken so long.
  void took(Duration time) { held_off_ = time > kSlow ? kTurnsAfterSlow : held_off_; }

 private:
  ConnectionId speaker_;
  bool spoken_ = false;    ///< In this turn.
  uint32_t turns_ = 0;     ///< In which only speaker_ spoke, up to kTurnsAlone.
  uint32_t held_off_ = 0;  ///< Turns to come without inline syncs.
};

}  // namespace quorate::app
