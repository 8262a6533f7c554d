// Transactions as a log or a leader holds them.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/views.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

constexpr size_t kAllocationFactor = 24;

void check_record(const wire::TxnRecord& record, std::string_view bytes) {
  std::visit(
      [bytes](const auto& txn) {
        each_view_of(txn, [bytes](std::string_view view) { FUZZ_CHECK(lies_inside(view, bytes)); });
      },
      record.txn);

  std::string encoded;
  wire::encode_txn(record.header, record.txn, record.digest, encoded);
  // Creates of old servers, whose bodies take 13 bytes, grow by the four bytes that they lack.
  FUZZ_CHECK(encoded.size() <= bytes.size() + bytes.size() / 3);
  const auto again = wire::decode_txn(encoded);
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(*again == record);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs;
  for (const auto& [name, bytes] : wire::apache_records()) {
    if (name.starts_with("txn_")) {
      inputs.push_back(bytes);
    }
  }
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  const std::string_view bytes = fuzz::as_view(data, size);
  std::optional<wire::TxnRecord> record;
  {
    const fuzz::AllocationLimit limit(1024 + fuzz::kAllocationFactor * size);
    record = wire::decode_txn(bytes);
  }
  if (record) {
    fuzz::check_record(*record, bytes);
  }
  return 0;
}
