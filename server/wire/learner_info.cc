// Encoding and decoding of LearnerInfo, LEADERINFO and ACKEPOCH; the layouts are in the header.
#include "server/wire/learner_info.h"

namespace quorate::wire {

std::optional<LearnerInfo> decode_learner_info(NullableBytes data) {
  Reader reader(data.value_or(""));
  LearnerInfo info;
  info.sid.value = reader.get_long();
  if (!reader.ok()) {
    return std::nullopt;
  }
  if (reader.remaining() >= 4) {
    info.protocol_version = reader.get_int();
  }
  if (reader.remaining() >= 8) {
    info.config_version.value = reader.get_long();
    info.extension = reader.rest();
  }
  return info;
}

void write(Writer& writer, const LearnerInfo& info) {
  writer.put_long(info.sid.value);
  writer.put_int(info.protocol_version);
  writer.put_long(info.config_version.value);
  writer.put_raw(info.extension);
}

std::optional<LeaderInfo> decode_leader_info(NullableBytes data) {
  Reader reader(data.value_or(""));
  LeaderInfo info;
  info.protocol_version = reader.get_int();
  if (!reader.ok()) {
    return std::nullopt;
  }
  info.extension = reader.rest();
  return info;
}

void write(Writer& writer, const LeaderInfo& info) {
  writer.put_int(info.protocol_version);
  writer.put_raw(info.extension);
}

std::optional<AckEpoch> decode_ack_epoch(NullableBytes data) {
  Reader reader(data.value_or(""));
  const int32_t epoch = reader.get_int();
  if (!reader.ok()) {
    return std::nullopt;
  }
  return epoch == -1 ? AckEpoch{} : AckEpoch{Epoch{epoch}};
}

void write(Writer& writer, const AckEpoch& ack) {
  writer.put_int(ack.current_epoch ? static_cast<int32_t>(ack.current_epoch->value) : -1);
}

}  // namespace quorate::wire
