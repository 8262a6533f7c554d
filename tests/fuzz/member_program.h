// The language of the member's fuzz target: what its clients, its disk and its clock do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/wire/opcode.h"

namespace quorate::fuzz {

/// Steps, one byte each; all but the last four are followed by the number of a connection, one
/// byte. What follows then stands behind the arrow, in jute's encoding.
enum class StepKind : uint8_t {
  kOpen,       ///< -> nothing. Opens the connection if it is closed.
  kHandshake,  ///< -> byte other: 0 a new session, else the session of connection other - 1.
  kRequest,    ///< -> int opcode, buffer body. The xid is the next one, or the one of the opcode.
  kRaw,        ///< -> buffer. A frame as it is.
  kDrop,       ///< -> nothing. The connection is gone, as the member wished or not.
  kSync,       ///< -> byte share: so many 256ths of what is not yet durable become it.
  kTime,       ///< -> byte: quarters of a second pass.
  kSnapshot,   ///< -> byte: asks for a snapshot (0), or takes slices.
  kSpace,      ///< -> byte: level of free space.
};
inline constexpr uint8_t kStepKinds = 9;
inline constexpr uint8_t kConnections = 4;

/// Builds programs.
class Program {
 public:
  Program& open(uint8_t connection) { return add(StepKind::kOpen, connection); }
  Program& handshake(uint8_t connection, uint8_t other = 0);
  Program& request(uint8_t connection, wire::OpCode op, std::string_view body);
  Program& raw(uint8_t connection, std::string_view payload);
  Program& drop(uint8_t connection) { return add(StepKind::kDrop, connection); }
  Program& sync(uint8_t share = 255) { return add(StepKind::kSync, share); }
  Program& time(uint8_t quarters) { return add(StepKind::kTime, quarters); }
  Program& snapshot(uint8_t slices) { return add(StepKind::kSnapshot, slices); }
  Program& space(uint8_t level) { return add(StepKind::kSpace, level); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  Program& add(StepKind kind, uint8_t argument);

  std::string bytes_;
};

/// Runs a program against a member and checks all that must hold whatever clients do:
///  - the member's own invariants, after every step;
///  - every frame that it sends is whole, and ordinary replies come in the order of the requests;
///  - its log decodes, its zxids rise without gaps;
///  - each snapshot that it makes holds what a replay of its log up to there gives.
void run_member_program(std::string_view program);

}  // namespace quorate::fuzz
