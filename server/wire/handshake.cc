// Encoding and decoding of the handshake.
#include "server/wire/handshake.h"

#include "server/wire/jute.h"

namespace quorate::wire {

namespace {

constexpr char kZeroPassword[kPasswordBytes] = {};

// The boolean readOnly that old peers leave out.
template <typename Record>
void read_trailing_flag(Reader& reader, Record& record) {
  if (reader.ok() && !reader.at_end()) {
    record.read_only = reader.get_bool();
    record.has_read_only_field = true;
  }
}

}  // namespace

std::optional<ConnectRequest> decode_connect_request(std::string_view payload) {
  Reader reader(payload);
  ConnectRequest request;
  request.protocol_version = reader.get_int();
  request.last_zxid_seen.value = reader.get_long();
  request.timeout_ms = reader.get_int();
  request.session.value = reader.get_long();
  request.password = reader.get_string();
  read_trailing_flag(reader, request);
  if (!reader.ok()) {
    return std::nullopt;
  }
  return request;
}

std::optional<ConnectResponse> decode_connect_response(std::string_view payload) {
  Reader reader(payload);
  ConnectResponse response;
  reader.get_int();
  response.timeout_ms = reader.get_int();
  response.session.value = reader.get_long();
  response.password = reader.get_string();
  read_trailing_flag(reader, response);
  if (!reader.ok()) {
    return std::nullopt;
  }
  return response;
}

void encode(const ConnectRequest& request, std::string& to) {
  Writer writer(to);
  writer.put_int(request.protocol_version);
  writer.put_long(request.last_zxid_seen.value);
  writer.put_int(request.timeout_ms);
  writer.put_long(request.session.value);
  writer.put_string(request.password);
  if (request.has_read_only_field) {
    writer.put_bool(request.read_only);
  }
}

void encode(const ConnectResponse& response, std::string& to) {
  Writer writer(to);
  writer.put_int(0);
  writer.put_int(response.timeout_ms);
  writer.put_long(response.session.value);
  writer.put_string(response.password.empty() ? std::string_view(kZeroPassword, kPasswordBytes)
                                              : response.password);
  if (response.has_read_only_field) {
    writer.put_bool(response.read_only);
  }
}

}  // namespace quorate::wire
