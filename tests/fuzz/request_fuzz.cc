// Requests as a client sends them: header and body. What decodes must encode to bytes that decode
// to the same value, borrow only from the input, and take memory in proportion to it.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/views.h"
#include "tests/server/wire/samples.h"

namespace quorate::fuzz {
namespace {

using wire::DecodedRequest;
using wire::OpCode;

// Bytes of an element of a decoded list to the bytes that it takes at least on the wire, and half
// of it again for a list that grew.
constexpr size_t kAllocationFactor = 24;

// Requests that have nothing but a header have no encoder.
template <typename T>
constexpr bool kHasBody = requires(const T& request, std::string& to) {
  encode(request, to);
};

std::string encode_any(const wire::Request& request) {
  std::string to;
  const auto one = [&to](const auto& concrete) {
    if constexpr (kHasBody<std::decay_t<decltype(concrete)>>) {
      encode(concrete, to);
    }
  };
  std::visit([&one](const auto& kind) { std::visit(one, kind); }, request);
  return to;
}

void check_acls(wire::AclList list) {
  const auto acls = wire::decode_acls(list);
  FUZZ_CHECK(acls.size() == static_cast<size_t>(list.count()));
  FUZZ_CHECK(wire::decode_acls({wire::encode_acls(acls)}) == acls);
}

void check_request(OpCode op, const wire::Request& request, std::string_view body) {
  const auto check_record = [body](const auto& record) {
    each_view_of(record, [body](std::string_view view) { FUZZ_CHECK(lies_inside(view, body)); });
    if constexpr (requires { record.acls; }) {
      check_acls(record.acls);
    }
  };
  std::visit([&](const auto& kind) { std::visit(check_record, kind); }, request);

  const std::string encoded = encode_any(request);
  FUZZ_CHECK(encoded.size() <= body.size());
  const DecodedRequest again = wire::decode_request(op, encoded);
  FUZZ_CHECK(again.request.has_value());
  FUZZ_CHECK(*again.request == request);
  FUZZ_CHECK(wire::is_write(op) == std::holds_alternative<wire::WriteRequest>(request));
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs;
  for (const wire::RequestSample& sample : wire::request_samples()) {
    std::string input;
    encode(wire::RequestHeader{7, sample.op}, input);
    inputs.push_back(input + sample.encoded);
  }
  for (const OpCode op : {OpCode::kPing, OpCode::kCloseSession, OpCode::kWhoAmI}) {
    std::string input;
    encode(wire::RequestHeader{7, op}, input);
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  const std::string_view payload = fuzz::as_view(data, size);
  const auto header = wire::decode_request_header(payload);
  FUZZ_CHECK(header.has_value() == (size >= wire::kRequestHeaderBytes));
  if (!header) {
    return 0;
  }
  const std::string_view body = payload.substr(wire::kRequestHeaderBytes);
  wire::DecodedRequest decoded;
  {
    const fuzz::AllocationLimit limit(1024 + fuzz::kAllocationFactor * size);
    decoded = wire::decode_request(header->op, body);
  }
  FUZZ_CHECK(decoded.request.has_value() == (decoded.error == wire::ErrorCode::kOk));
  if (decoded.request) {
    fuzz::check_request(header->op, *decoded.request, body);
  }
  return 0;
}
