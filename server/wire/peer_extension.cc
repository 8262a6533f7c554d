// Encoding and decoding of the trailing bytes between Quorate peers; the layout is in the header.
#include "server/wire/peer_extension.h"

#include "server/base/assert.h"

namespace quorate::wire {
namespace {

constexpr int32_t kMagic = 0x51724558;

enum Tag : uint8_t {
  kEnsembleId = 1,
  kCapabilities = 2,
  kLastLogged = 3,
  kAcceptedEpoch = 5,
  kNextConfiguration = 6,
  kWitness = 7,
};

bool has_right_size(uint8_t tag, size_t size) {
  switch (tag) {
    case kEnsembleId:
      return size >= 1 && size <= kEnsembleIdBytesMax;
    case kCapabilities:
    case kLastLogged:
    case kAcceptedEpoch:
      return size == 8;
    case kNextConfiguration:
      return size <= kNextConfigurationBytesMax;
    case kWitness:
      return size <= kWitnessBytesMax;
    default:
      return true;
  }
}

void set_field(PeerExtension& extension, uint8_t tag, std::string_view value) {
  switch (tag) {
    case kEnsembleId:
      extension.ensemble_id = value;
      return;
    case kCapabilities:
      extension.capabilities = load_big_endian<uint64_t>(value.data());
      return;
    case kLastLogged:
      extension.last_logged = Zxid{load_big_endian<int64_t>(value.data())};
      return;
    case kAcceptedEpoch:
      extension.accepted_epoch = Epoch{load_big_endian<int64_t>(value.data())};
      return;
    case kNextConfiguration:
      extension.next_configuration = value;
      return;
    case kWitness:
      extension.witness = value;
      return;
    default:
      return;
  }
}

void put_field(Writer& writer, Tag tag, std::string_view value) {
  Pen pen(writer.extend(3 + value.size()));
  pen.put(static_cast<uint8_t>(tag));
  pen.put(static_cast<int16_t>(value.size()));
  pen.put_raw(value);
}

void put_field(Writer& writer, Tag tag, int64_t value) {
  char raw[sizeof value];
  store_big_endian(raw, value);
  put_field(writer, tag, std::string_view(raw, sizeof raw));
}

}  // namespace

std::optional<PeerExtension> decode_peer_extension(std::string_view trailing) {
  Reader reader(trailing);
  if (reader.get_int() != kMagic || !reader.ok()) {
    return std::nullopt;
  }
  Reader fields(reader.get_string());
  PeerExtension extension;
  while (fields.ok() && !fields.at_end()) {
    const std::string_view head = fields.get_raw(3);
    if (!fields.ok()) {
      return std::nullopt;
    }
    const auto tag = static_cast<uint8_t>(head[0]);
    const std::string_view value = fields.get_raw(load_big_endian<uint16_t>(head.data() + 1));
    if (!fields.ok() || !has_right_size(tag, value.size())) {
      return std::nullopt;
    }
    set_field(extension, tag, value);
  }
  return reader.ok() ? std::optional(extension) : std::nullopt;
}

void write(Writer& writer, const PeerExtension& extension) {
  QR_ASSERT(extension.ensemble_id.size() <= kEnsembleIdBytesMax);
  QR_ASSERT(extension.witness.size() <= kWitnessBytesMax);
  QR_ASSERT(extension.next_configuration.size() <= kNextConfigurationBytesMax);
  writer.put_int(kMagic);
  const size_t start = writer.begin_buffer();
  if (!extension.ensemble_id.empty()) {
    put_field(writer, kEnsembleId, extension.ensemble_id);
  }
  if (extension.capabilities != 0) {
    put_field(writer, kCapabilities, static_cast<int64_t>(extension.capabilities));
  }
  if (extension.last_logged) {
    put_field(writer, kLastLogged, extension.last_logged->value);
  }
  if (extension.accepted_epoch) {
    put_field(writer, kAcceptedEpoch, extension.accepted_epoch->value);
  }
  if (!extension.next_configuration.empty()) {
    put_field(writer, kNextConfiguration, extension.next_configuration);
  }
  if (!extension.witness.empty()) {
    put_field(writer, kWitness, extension.witness);
  }
  writer.end_buffer(start);
}

}  // namespace quorate::wire
