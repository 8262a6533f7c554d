// What a simulated client asks for, and what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/wire/error_code.h"
#include "server/wire/opcode.h"

namespace quorate::sim {

enum class OpKind : uint8_t {
  kCreate,
  kDelete,
  kSet,
  kCheck,  ///< Within a multi only.
  kMulti,
  kGet,
  kExists,
  kChildren,
  kSync,
  kClose,
  kReconfig,
};
[[nodiscard]] inline bool is_write(OpKind kind) {
  return kind <= OpKind::kMulti || kind == OpKind::kClose || kind == OpKind::kReconfig;
}

/// The session is not where the request came in, or is no more.
[[nodiscard]] inline bool is_of_session(wire::ErrorCode error) {
  return error == wire::ErrorCode::kSessionMoved || error == wire::ErrorCode::kSessionExpired;
}

inline constexpr int32_t kEphemeralFlag = 1;
inline constexpr int32_t kSequentialFlag = 2;

/// One request, or one operation of a multi.
struct OpStep {
  OpKind kind = OpKind::kGet;
  std::string path;
  std::string data;      ///< Of every create and set another.
  int32_t version = -1;  ///< Of delete, set and check.
  int32_t flags = 0;     ///< Of create.
};

/// What a reconfig asks for, in the protocol's words. Empty: nothing is said.
struct Reconfig {
  std::string joining;
  std::string leaving;
  std::string members;
  int64_t version = -1;
  bool is_authorised = true;
  wire::ErrorCode wrong = wire::ErrorCode::kOk;  ///< What its arguments are to be refused with.
};

/// What the model says that a step of a write does.
struct StepResult {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string path;     ///< Of create: the whole name. Of reconfig: the configuration.
  int32_t version = 0;  ///< Of set: the new one.
};

struct Operation {
  enum class State : uint8_t {
    kOpen,      ///< No answer yet.
    kLost,      ///< The connection is gone: nobody knows.
    kRefused,   ///< Answered with an error that no transaction stands behind: it must never appear.
    kAnswered,  ///< Answered.
  };

  uint64_t id = 0;
  OpKind kind = OpKind::kGet;
  std::vector<OpStep> steps;  ///< One, or those of a multi.
  Reconfig reconfig;          ///< Of kReconfig.
  bool watches = false;
  SessionId session;
  uint64_t connection =
      0;  ///< Of the client's connections the how-manieth: later ones are greater.
  int32_t xid = 0;
  TimePoint invoked{};
  Zxid floor;  ///< The greatest that anybody had an answer with when it was invoked.
  State state = State::kOpen;
  std::optional<Zxid> committed;
  wire::ErrorCode error = wire::ErrorCode::kOk;  ///< Of its transaction.
  std::vector<StepResult> results;               ///< Valid once committed.

  [[nodiscard]] const OpStep& step() const { return steps.front(); }
};

}  // namespace quorate::sim
