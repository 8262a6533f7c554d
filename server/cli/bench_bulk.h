// Creating and deleting many nodes by multis, pipelined over all sessions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "server/cli/bench_engine.h"
#include "server/wire/jute.h"
#include "server/wire/opcode.h"

namespace quorate::cli {

/// Appends one create or delete as it stands inside a multi.
void append_bulk_op(wire::Writer& writer, wire::OpCode op, std::string_view path,
                    std::string_view value);
/// How many such operations fit into one request of at most 1 MB.
[[nodiscard]] uint32_t bulk_batch(uint32_t wanted, size_t path_bytes, size_t value_bytes);

/// Sends `op` (create or delete) for every index of [from, to), `batch` of them in one multi.
/// PathOf: std::string(uint64_t index).
template <typename PathOf>
class BulkSource final : public BenchSource {
 public:
  BulkSource(wire::OpCode op, uint64_t from, uint64_t to, uint32_t batch, std::string_view value,
             PathOf path_of)
      : op_(op), next_(from), to_(to), batch_(batch), value_(value), path_of_(std::move(path_of)) {}

  bool next(BenchConnection& connection, int64_t intended_ns) override {
    if (next_ == to_) {
      return false;
    }
    scratch_.clear();
    wire::Writer writer(scratch_);
    writer.put_int(static_cast<int32_t>(wire::OpCode::kMulti));
    const uint64_t end = std::min(to_, next_ + batch_);
    for (; next_ < end; ++next_) {
      append_bulk_op(writer, op_, path_of_(next_), value_);
    }
    writer.put_int(-1);
    writer.put_bool(true);
    writer.put_int(-1);
    char* at = connection.begin(BenchOp::kMulti, 8 + scratch_.size(), intended_ns);
    std::memcpy(at + 8, scratch_.data(), scratch_.size());
    return true;
  }
  [[nodiscard]] bool exhausted() const override { return next_ == to_; }

 private:
  wire::OpCode op_;
  uint64_t next_;
  uint64_t to_;
  uint32_t batch_;
  std::string_view value_;
  PathOf path_of_;
  std::string scratch_;
};

}  // namespace quorate::cli
