// Words of the scripted ZAB tests.
#include "tests/server/zab/zab_text.h"

#include <iterator>
#include <sstream>

#include "server/base/assert.h"
#include "server/wire/learner_info.h"
#include "server/wire/txn.h"

namespace quorate::zab::testing {

using wire::QuorumPacketType;

Words words_of(const std::string& line) {
  std::istringstream words(line);
  return Words(std::istream_iterator<std::string>(words), {});
}

bool take_flag(Words& words, const std::string& flag) { return std::erase(words, flag) > 0; }

std::string value_of(const Words& words, const std::string& name, const std::string& otherwise) {
  for (const std::string& word : words) {
    if (word.starts_with(name + "=")) {
      return word.substr(name.size() + 1);
    }
  }
  return otherwise;
}

Zxid zxid_of(const std::string& word) {
  const size_t dot = word.find('.');
  if (dot == std::string::npos) {
    return Zxid{std::stoll(word)};
  }
  return Zxid{(std::stoll(word.substr(0, dot)) << 32) + std::stoll(word.substr(dot + 1))};
}

std::string text_of(Zxid zxid) {
  if (zxid < Zxid{0}) {
    return std::to_string(zxid.value);
  }
  return std::to_string(zxid.epoch()) + "." + std::to_string(zxid.counter());
}

std::string make_txn(Zxid zxid, const std::optional<quorum::Configuration>& config) {
  const std::string path = "/" + text_of(zxid);
  const std::string text = config ? quorum::to_text(*config) : "data";
  wire::TxnHeader header;
  header.zxid = zxid;
  header.type = config ? wire::OpCode::kReconfig : wire::OpCode::kSetData;
  wire::SetDataTxn txn;
  txn.type = header.type;
  txn.path = path;
  txn.data = text;
  std::string bytes;
  wire::encode_txn(header, txn, std::nullopt, bytes);
  return bytes;
}

quorum::Configuration configuration_of(const std::string& word, ConfigVersion version) {
  quorum::Configuration configuration;
  configuration.version = version;
  quorum::ServerRole role = quorum::ServerRole::kParticipant;
  std::istringstream parts(word);
  std::string part;
  while (std::getline(parts, part, ',')) {
    if (part.starts_with("/")) {
      role = quorum::ServerRole::kObserver;
      part.erase(0, 1);
    }
    configuration.servers[ServerId{std::stoll(part)}] = {.addresses = {{"h" + part, 2888, 3888}},
                                                         .role = role,
                                                         .client = std::nullopt,
                                                         .secure_client = std::nullopt};
  }
  return configuration;
}

std::string text_of(const quorum::Configuration& configuration) {
  std::string text = "{";
  for (const auto& [id, spec] : configuration.servers) {
    text += text.size() > 1 ? " " : "";
    text += std::to_string(id.value);
    text += spec.role == quorum::ServerRole::kObserver ? "o" : "";
  }
  return text + "}@" + text_of(Zxid{configuration.version.value});
}

namespace {

std::string data_text(const wire::QuorumPacket& packet) {
  switch (packet.type) {
    case QuorumPacketType::kNewLeader:
      return " " + text_of(quorum::parse_configuration(packet.data.value_or("")).configuration);
    case QuorumPacketType::kProposal:
    case QuorumPacketType::kInform: {
      const auto record = wire::decode_txn(packet.data.value_or(""));
      const bool is_right = record && record->header.zxid == packet.zxid;
      return is_right ? "" : " WRONG TXN";
    }
    case QuorumPacketType::kCommitAndActivate:
    case QuorumPacketType::kInformAndActivate: {
      const auto activation = wire::decode_activation(packet.data);
      return activation ? " leader=" + std::to_string(activation->designated_leader.value) : "?";
    }
    case QuorumPacketType::kAckEpoch: {
      const auto ack = wire::decode_ack_epoch(packet.data);
      QR_ASSERT(ack);
      return ack->current_epoch ? " current=" + std::to_string(ack->current_epoch->value)
                                : " current=-1";
    }
    case QuorumPacketType::kFollowerInfo:
    case QuorumPacketType::kObserverInfo: {
      const auto info = wire::decode_learner_info(packet.data);
      QR_ASSERT(info);
      return " sid=" + std::to_string(info->sid.value);
    }
    default:
      break;
  }
  return packet.data ? " " + std::to_string(packet.data->size()) + " bytes" : "";
}

}  // namespace

std::string text_of(const wire::QuorumPacket& packet) {
  constexpr const char* kNames[] = {
      "?",         "REQUEST",      "PROPOSAL",   "ACK",      "COMMIT",
      "PING",      "REVALIDATE",   "SYNC",       "INFORM",   "COMMITANDACTIVATE",
      "NEWLEADER", "FOLLOWERINFO", "UPTODATE",   "DIFF",     "TRUNC",
      "SNAP",      "OBSERVERINFO", "LEADERINFO", "ACKEPOCH", "INFORMANDACTIVATE"};
  return std::string(kNames[static_cast<size_t>(packet.type)]) + " " + text_of(packet.zxid) +
         data_text(packet);
}

std::string packets_text(std::string_view bytes, const std::string& prefix) {
  std::string text;
  while (!bytes.empty()) {
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, size_t{64} << 20);
    QR_ASSERT(read.outcome == wire::ReadOutcome::kWhole);
    text += prefix + text_of(read.packet) + "\n";
    bytes.remove_prefix(read.size);
  }
  return text;
}

void fill(History& history, const Words& zxids) {
  for (const std::string& word : zxids) {
    const size_t dash = word.find('-');
    const Zxid first = zxid_of(word.substr(0, dash));
    const Zxid last = dash == std::string::npos ? first : zxid_of(word.substr(dash + 1));
    for (Zxid zxid = first; zxid <= last; zxid = zxid.next()) {
      history.append(zxid, make_txn(zxid));
    }
  }
}

}  // namespace quorate::zab::testing
