// Encoding of the operations of a bulk multi.
#include "server/cli/bench_bulk.h"

namespace quorate::cli {

void append_bulk_op(wire::Writer& writer, wire::OpCode op, std::string_view path,
                    std::string_view value) {
  writer.put_int(static_cast<int32_t>(op));
  writer.put_bool(false);
  writer.put_int(-1);
  writer.put_string(path);
  if (op == wire::OpCode::kDelete) {
    writer.put_int(-1);
    return;
  }
  writer.put_string(value);
  writer.put_int(1);
  writer.put_int(31);
  writer.put_string("world");
  writer.put_string("anyone");
  writer.put_int(0);
}

uint32_t bulk_batch(uint32_t wanted, size_t path_bytes, size_t value_bytes) {
  constexpr size_t kRequestBytes = 900'000;
  constexpr size_t kOverheadBytes = 64;
  const size_t fits = kRequestBytes / (path_bytes + value_bytes + kOverheadBytes);
  return std::max<uint32_t>(1, static_cast<uint32_t>(std::min<size_t>(wanted, fits)));
}

}  // namespace quorate::cli
