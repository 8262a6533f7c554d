// Encoding and decoding of the election port's hello, frames and notifications; layouts in the
// header.
#include "server/wire/election_message.h"

#include <charconv>

#include "server/base/assert.h"

namespace quorate::wire {
namespace {

constexpr int64_t kOneAddress = -65536;
constexpr int64_t kSeveralAddresses = -65535;
constexpr size_t kHelloHeaderBytes = 20;
constexpr size_t kNotificationBytes28 = 28;
constexpr size_t kNotificationBytes40 = 40;

ElectionHelloRead hello_needs(size_t size) {
  return {.outcome = ReadOutcome::kNeedsMore, .size = size, .hello = {}};
}

/// `host:port` or `[v6]:port`.
std::optional<ElectionAddress> parse_address(std::string_view text) {
  ElectionAddress address;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find("]:");
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      return std::nullopt;
    }
    address.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto [end, code] =
      std::from_chars(port.data(), port.data() + port.size(), address.port, 10);
  const bool is_whole = code == std::errc() && end == port.data() + port.size();
  return is_whole && !address.host.empty() ? std::optional(std::move(address)) : std::nullopt;
}

/// 0.0.0.0, ::, and every other way to write the latter.
bool is_wildcard(std::string_view host) {
  return host == "0.0.0.0" || (host.find(':') != std::string_view::npos &&
                               host.find_first_not_of(":0") == std::string_view::npos);
}

/// The addresses between bars, without wildcards; nothing if one is malformed.
std::optional<std::vector<ElectionAddress>> parse_addresses(std::string_view text) {
  std::vector<ElectionAddress> addresses;
  while (!text.empty()) {
    const size_t bar = text.find('|');
    std::optional<ElectionAddress> address = parse_address(text.substr(0, bar));
    if (!address) {
      return std::nullopt;
    }
    if (!is_wildcard(address->host)) {
      addresses.push_back(std::move(*address));
    }
    text.remove_prefix(bar == std::string_view::npos ? text.size() : bar + 1);
  }
  return addresses;
}

bool is_state(int32_t state) {
  return state >= static_cast<int32_t>(PeerState::kLooking) &&
         state <= static_cast<int32_t>(PeerState::kObserving);
}

}  // namespace

ElectionHelloRead read_election_hello(std::string_view stream) {
  ElectionHelloRead read;
  if (stream.size() < 8) {
    return hello_needs(8);
  }
  const auto version = load_big_endian<int64_t>(stream.data());
  if (version >= 0) {
    return {.outcome = ReadOutcome::kWhole, .size = 8, .hello = {ServerId{version}, {}}};
  }
  if (version != kOneAddress && version != kSeveralAddresses) {
    return read;
  }
  if (stream.size() < kHelloHeaderBytes) {
    return hello_needs(kHelloHeaderBytes);
  }
  const auto size = load_big_endian<int32_t>(stream.data() + 16);
  if (size <= 0 || static_cast<size_t>(size) > kHelloAddressBytesMax) {
    return read;
  }
  const size_t whole = kHelloHeaderBytes + static_cast<size_t>(size);
  if (stream.size() < whole) {
    return hello_needs(whole);
  }
  auto addresses = parse_addresses(stream.substr(kHelloHeaderBytes, static_cast<size_t>(size)));
  if (!addresses) {
    return read;
  }
  read.outcome = ReadOutcome::kWhole;
  read.size = whole;
  read.hello.sid.value = load_big_endian<int64_t>(stream.data() + 8);
  read.hello.addresses = std::move(*addresses);
  return read;
}

void encode(const ElectionHello& hello, std::string& to) {
  QR_ASSERT(!hello.addresses.empty());
  std::string text;
  for (const ElectionAddress& address : hello.addresses) {
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    text += text.empty() ? "" : "|";
    text += is_ipv6 ? "[" + address.host + "]" : address.host;
    text += ":" + std::to_string(address.port);
  }
  QR_ASSERT(text.size() <= kHelloAddressBytesMax);
  Writer writer(to);
  writer.put_long(hello.addresses.size() == 1 ? kOneAddress : kSeveralAddresses);
  writer.put_long(hello.sid.value);
  writer.put_string(text);
}

ElectionFrameRead read_election_frame(std::string_view stream) {
  ElectionFrameRead read;
  if (stream.size() < 4) {
    return {.outcome = ReadOutcome::kNeedsMore, .size = 4, .payload = {}};
  }
  const auto size = load_big_endian<int32_t>(stream.data());
  if (size <= 0 || static_cast<size_t>(size) > kElectionFrameBytesMax) {
    return read;
  }
  read.size = 4 + static_cast<size_t>(size);
  if (stream.size() < read.size) {
    read.outcome = ReadOutcome::kNeedsMore;
    return read;
  }
  read.outcome = ReadOutcome::kWhole;
  read.payload = stream.substr(4, static_cast<size_t>(size));
  return read;
}

std::optional<Notification> decode_notification(std::string_view payload) {
  Reader reader(payload);
  Notification notification;
  const int32_t state = reader.get_int();
  notification.vote.leader.value = reader.get_long();
  notification.vote.zxid.value = reader.get_long();
  notification.round.value = reader.get_long();
  if (!reader.ok() || !is_state(state)) {
    return std::nullopt;
  }
  notification.state = static_cast<PeerState>(state);
  if (payload.size() == kNotificationBytes28) {
    notification.vote.epoch.value = notification.vote.zxid.epoch();
    return notification;
  }
  notification.vote.epoch.value = reader.get_long();
  const int32_t version = reader.get_int();
  if (!reader.ok()) {
    return std::nullopt;
  }
  if (payload.size() == kNotificationBytes40) {
    return notification;
  }
  notification.version = version;
  if (version < kNotificationVersion) {
    return notification;
  }
  const int32_t config_size = reader.get_int();
  if (config_size < 0) {
    return std::nullopt;
  }
  notification.config = reader.get_raw(static_cast<size_t>(config_size));
  if (!reader.ok()) {
    return std::nullopt;
  }
  notification.extension = reader.rest();
  return notification;
}

void encode_frame(const Notification& notification, std::string& to) {
  Writer writer(to);
  const size_t start = writer.begin_buffer();
  writer.put_int(static_cast<int32_t>(notification.state));
  writer.put_long(notification.vote.leader.value);
  writer.put_long(notification.vote.zxid.value);
  writer.put_long(notification.round.value);
  writer.put_long(notification.vote.epoch.value);
  writer.put_int(notification.version);
  if (notification.version >= kNotificationVersion) {
    writer.put_string(notification.config.value_or(""));
    writer.put_raw(notification.extension);
  }
  writer.end_buffer(start);
}

}  // namespace quorate::wire
