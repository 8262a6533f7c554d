// The first frame of either side; the first byte of the input says which.
#include "server/wire/handshake.h"

#include "tests/fuzz/fuzz.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

// What decodes must encode to a prefix of what it was read from.
template <typename Record, typename Decode>
void check_handshake(std::string_view payload, Decode decode) {
  const std::optional<Record> record = decode(payload);
  if (!record) {
    return;
  }
  FUZZ_CHECK(lies_inside(record->password, payload));
  std::string encoded;
  encode(*record, encoded);
  const std::optional<Record> again = decode(encoded);
  FUZZ_CHECK(again.has_value());
  if (!record->password.empty()) {
    FUZZ_CHECK(*again == *record);
    FUZZ_CHECK(encoded.size() <= payload.size());
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const auto& records = wire::apache_records();
  return {"0" + records.at("connect_request"), "1" + records.at("connect_response")};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const std::string_view payload = fuzz::as_view(data + 1, size - 1);
  const fuzz::AllocationLimit limit(4096 + 8 * size);
  if (data[0] % 2 == 0) {
    fuzz::check_handshake<wire::ConnectRequest>(payload, wire::decode_connect_request);
  } else {
    fuzz::check_handshake<wire::ConnectResponse>(payload, wire::decode_connect_response);
  }
  return 0;
}
