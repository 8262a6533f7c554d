// Encoding and decoding of the packets of the quorum port, from a stream without frames:
//   int type, long zxid, int size (-1 null), data, int count (-1 null), Id...
// where Id is string scheme, string id.
#include "server/wire/quorum_packet.h"

namespace quorate::wire {
namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kForwardedRequestBytes = 16;
constexpr size_t kIdBytesMin = 8;

bool is_known(int32_t type) {
  return type >= static_cast<int32_t>(QuorumPacketType::kRequest) &&
         type <= static_cast<int32_t>(QuorumPacketType::kInformAndActivate);
}

/// Walks over length fields without reading what they span. Stops at the first that is impossible,
/// that would pass the limit, or that has not arrived.
/// invariant: position_ <= bytes_max_, whatever the lengths say.
class Scanner {
 public:
  Scanner(std::string_view stream, size_t bytes_max) : stream_(stream), bytes_max_(bytes_max) {}

  [[nodiscard]] ReadOutcome outcome() const { return outcome_; }
  [[nodiscard]] size_t position() const { return position_; }

  /// Passes over `size` bytes.
  void skip(size_t size) {
    if (outcome_ != ReadOutcome::kWhole) {
      return;
    }
    if (size > bytes_max_ - position_) {
      outcome_ = ReadOutcome::kMalformed;
      return;
    }
    position_ += size;
    if (position_ > stream_.size()) {
      outcome_ = ReadOutcome::kNeedsMore;
    }
  }
  /// Reads a length or count: -1 for null, or for a scan that has stopped.
  int32_t length() {
    const size_t at = position_;
    skip(4);
    if (outcome_ != ReadOutcome::kWhole) {
      return -1;
    }
    const auto length = load_big_endian<int32_t>(stream_.data() + at);
    if (length < -1) {
      outcome_ = ReadOutcome::kMalformed;
      return -1;
    }
    return length;
  }
  /// Passes over a buffer or string; nothing when it is null or the scan has stopped.
  NullableBytes buffer() {
    const int32_t size = length();
    const size_t begin = position_;
    if (size >= 0) {
      skip(static_cast<size_t>(size));
    }
    if (size < 0 || outcome_ != ReadOutcome::kWhole) {
      return std::nullopt;
    }
    return stream_.substr(begin, static_cast<size_t>(size));
  }
  void fail() { outcome_ = ReadOutcome::kMalformed; }
  [[nodiscard]] size_t room() const { return bytes_max_ - position_; }

 private:
  std::string_view stream_;
  size_t bytes_max_;
  size_t position_ = 0;
  ReadOutcome outcome_ = ReadOutcome::kWhole;
};

IdList scan_ids(Scanner& scanner, std::string_view stream) {
  const size_t begin = scanner.position();
  const int32_t count = scanner.length();
  if (count < 0) {
    return {};
  }
  if (static_cast<size_t>(count) > scanner.room() / kIdBytesMin) {
    scanner.fail();
    return {};
  }
  for (int32_t index = 0; index < count && scanner.outcome() == ReadOutcome::kWhole; ++index) {
    scanner.buffer();
    scanner.buffer();
  }
  if (scanner.outcome() != ReadOutcome::kWhole) {
    return {};
  }
  return {stream.substr(begin, scanner.position() - begin)};
}

SessionTouch read_touch(Reader& reader) {
  SessionTouch touch;
  touch.session.value = reader.get_long();
  touch.timeout_ms = reader.get_int();
  return touch;
}

}  // namespace

std::vector<Id> decode_ids(IdList list) {
  Reader reader(list.encoded);
  std::vector<Id> ids;
  const int32_t count = list.encoded.empty() ? 0 : reader.get_count(kIdBytesMin);
  ids.reserve(static_cast<size_t>(count));
  for (int32_t index = 0; index < count; ++index) {
    const std::string_view scheme = reader.get_string();
    ids.push_back({std::string(scheme), std::string(reader.get_string())});
  }
  return ids;
}

std::string encode_ids(const std::vector<Id>& ids) {
  std::string encoded;
  Writer writer(encoded);
  writer.put_int(static_cast<int32_t>(ids.size()));
  for (const Id& id : ids) {
    writer.put_string(id.scheme);
    writer.put_string(id.id);
  }
  return encoded;
}

QuorumPacketRead read_quorum_packet(std::string_view stream, size_t packet_bytes_max) {
  QuorumPacketRead read;
  if (stream.size() >= 4 && !is_known(load_big_endian<int32_t>(stream.data()))) {
    return read;
  }
  Scanner scanner(stream, packet_bytes_max);
  scanner.skip(kHeaderBytes);
  read.packet.data = scanner.buffer();
  read.packet.authors = scan_ids(scanner, stream);
  read.outcome = scanner.outcome();
  read.size = scanner.position();
  if (read.outcome == ReadOutcome::kWhole) {
    read.packet.type = static_cast<QuorumPacketType>(load_big_endian<int32_t>(stream.data()));
    read.packet.zxid = Zxid{load_big_endian<int64_t>(stream.data() + 4)};
  } else {
    read.packet = {};
  }
  return read;
}

void encode(const QuorumPacket& packet, std::string& to) {
  Writer writer(to);
  writer.put_int(static_cast<int32_t>(packet.type));
  writer.put_long(packet.zxid.value);
  writer.put_buffer(packet.data);
  if (packet.authors.encoded.empty()) {
    writer.put_int(-1);
  } else {
    writer.put_raw(packet.authors.encoded);
  }
}

size_t begin_quorum_packet(Writer& writer, QuorumPacketType type, Zxid zxid) {
  writer.put_int(static_cast<int32_t>(type));
  writer.put_long(zxid.value);
  return writer.begin_buffer();
}

void end_quorum_packet(Writer& writer, size_t start, IdList authors) {
  writer.end_buffer(start);
  if (authors.encoded.empty()) {
    writer.put_int(-1);
  } else {
    writer.put_raw(authors.encoded);
  }
}

std::optional<ForwardedRequest> decode_forwarded_request(NullableBytes data) {
  Reader reader(data.value_or(""));
  ForwardedRequest request;
  request.session.value = reader.get_long();
  request.cxid = reader.get_int();
  request.op = static_cast<OpCode>(reader.get_int());
  if (!reader.ok()) {
    return std::nullopt;
  }
  request.body = reader.rest();
  return request;
}

void write(Writer& writer, const ForwardedRequest& request) {
  Pen pen(writer.extend(kForwardedRequestBytes));
  pen.put(request.session.value);
  pen.put(request.cxid);
  pen.put(static_cast<int32_t>(request.op));
  writer.put_raw(request.body);
}

std::optional<SessionTouches> SessionTouches::decode(NullableBytes data) {
  if (!data || data->size() % kSessionTouchBytes != 0) {
    return std::nullopt;
  }
  return SessionTouches(*data);
}

SessionTouch SessionTouches::at(size_t index) const {
  Reader reader(encoded_.substr(index * kSessionTouchBytes, kSessionTouchBytes));
  return read_touch(reader);
}

void write(Writer& writer, const SessionTouch& touch) {
  Pen pen(writer.extend(kSessionTouchBytes));
  pen.put(touch.session.value);
  pen.put(touch.timeout_ms);
}

std::optional<SessionTouch> decode_revalidate_request(NullableBytes data) {
  Reader reader(data.value_or(""));
  const SessionTouch touch = read_touch(reader);
  return reader.ok() ? std::optional(touch) : std::nullopt;
}

std::optional<RevalidateResponse> decode_revalidate_response(NullableBytes data) {
  Reader reader(data.value_or(""));
  RevalidateResponse response;
  response.session.value = reader.get_long();
  response.valid = reader.get_bool();
  return reader.ok() ? std::optional(response) : std::nullopt;
}

void write(Writer& writer, const RevalidateResponse& response) {
  writer.put_long(response.session.value);
  writer.put_bool(response.valid);
}

std::optional<Activation> decode_activation(NullableBytes data) {
  Reader reader(data.value_or(""));
  Activation activation;
  activation.designated_leader.value = reader.get_long();
  if (!reader.ok()) {
    return std::nullopt;
  }
  activation.txn = reader.rest();
  return activation;
}

void write(Writer& writer, const Activation& activation) {
  writer.put_long(activation.designated_leader.value);
  writer.put_raw(activation.txn);
}

}  // namespace quorate::wire
