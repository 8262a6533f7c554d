// The mix of operations that `quorate bench run` sends, encoded by copying prepared frames.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_engine.h"

namespace quorate::cli {

/// How often each operation is sent, relative to the sum.
struct MixWeights {
  std::array<uint32_t, kBenchOpCount> weight{};
  friend bool operator==(const MixWeights&, const MixWeights&) = default;
};

/// Parses "get=80,set=20". Operations: get set create delete exists list multi.
[[nodiscard]] Result<MixWeights> parse_mix(std::string_view text);

/// What the operations work on.
struct MixShape {
  std::string prefix;       ///< Parent of every node, without a trailing slash.
  uint32_t keys = 10000;    ///< Nodes that get, set, exists and multi touch.
  uint32_t multi_size = 5;  ///< setData operations in one multi.
  std::string value;        ///< Data of every create and set.
};

/// Names below the prefix: eight decimal digits, so that a prepared frame can be patched.
inline constexpr size_t kBenchDigits = 8;
void put_digits(char* at, uint32_t value);
[[nodiscard]] std::string key_path(std::string_view prefix, uint32_t key);
/// The `count`-th node that the connection with that index creates.
[[nodiscard]] std::string created_path(std::string_view prefix, uint32_t connection,
                                       uint32_t count);
[[nodiscard]] std::string list_path(std::string_view prefix);

/// Draws operations and keys from a seeded generator: same seed, same sequence for each engine.
/// `delete` removes the oldest node that its session created; where there is none it creates one.
class MixSource final : public BenchSource {
 public:
  MixSource(const MixWeights& weights, const MixShape& shape, uint64_t seed);
  bool next(BenchConnection& connection, int64_t intended_ns) override;
  [[nodiscard]] bool exhausted() const override { return false; }

 private:
  /// A frame whose eight-digit places are filled in for each request.
  struct Frame {
    std::string bytes;
    std::vector<uint32_t> places;  ///< Offsets of the digits.
  };
  uint32_t random() {
    state_ += 0x9E3779B97F4A7C15ULL;
    uint64_t mixed = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<uint32_t>(mixed >> 32);
  }
  uint32_t random_below(uint32_t limit) {
    return static_cast<uint32_t>((uint64_t{random()} * limit) >> 32);
  }
  [[nodiscard]] Frame& frame(BenchOp op) { return frames_[static_cast<size_t>(op)]; }
  [[nodiscard]] BenchOp draw();
  void prepare(const MixShape& shape);

  std::array<Frame, kBenchOpCount> frames_;
  std::array<uint32_t, kBenchOpCount> limits_{};  ///< Cumulated weights, scaled to 2^31.
  uint32_t keys_;
  uint64_t state_;
};

}  // namespace quorate::cli
