// The commands of the leader's scripts.
#include "tests/server/zab/leader_script.h"

#include <memory>
#include <sstream>

#include "server/base/text.h"
#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/zab/leader.h"
#include "tests/server/zab/zab_text.h"

namespace quorate::zab::testing {
namespace {

using wire::QuorumPacketType;

class Runner {
 public:
  std::string run(const std::string& input);

 private:
  void command(const std::string& name, Words words);
  bool packet_command(const std::string& name, const Words& words);
  void create(const Words& words);
  void info(const Words& words);
  void propose(const Words& words);
  void packet(const Words& words, QuorumPacketType type, Zxid zxid, wire::NullableBytes data = {});
  void step(const LeaderEvent& event);
  void print();
  void print_own();
  void status();

  TimePoint now_{};
  std::unique_ptr<History> history_;
  std::unique_ptr<Leader> leader_;
  LeaderActions actions_;
  std::string output_;
};

LinkId link_of(const Words& words) { return LinkId{std::stoull(words.at(0))}; }

std::string link_text(LinkId link) { return std::to_string(link.value); }

std::string Runner::run(const std::string& input) {
  for_each_command(input, [this](const std::string& name, Words& words, const std::string& line) {
    output_ += "> " + line + "\n";
    command(name, words);
    print();
  });
  return output_;
}

void Runner::create(const Words& words) {
  const Zxid base = zxid_of(value_of(words, "base", "0.0"));
  history_ = std::make_unique<History>(base, std::stoul(value_of(words, "window", "500")), 1 << 20);
  if (const std::string log = value_of(words, "log", ""); !log.empty()) {
    fill(*history_, {log});
  }
  const std::string committed = value_of(words, "committed", "");
  history_->commit(committed.empty() ? history_->last() : zxid_of(committed));
  history_->trim();
  const ConfigVersion version{zxid_of(value_of(words, "version", "1.0")).value};
  LeaderStart start;
  start.accepted = Epoch{std::stoll(value_of(words, "accepted", "1"))};
  start.current = Epoch{std::stoll(value_of(words, "current", "1"))};
  start.committed = configuration_of(value_of(words, "members", "1,2,3"), version);
  start.last_seen = start.committed;
  if (const std::string witnessed = value_of(words, "witnessed", ""); !witnessed.empty()) {
    // SERVER:ACCEPTED:ZXID
    const auto fields = split(witnessed, ':');
    start.witness.note({.server = ServerId{std::stoll(std::string(fields.at(0)))},
                        .accepted = Epoch{std::stoll(std::string(fields.at(1)))},
                        .durable = zxid_of(std::string(fields.at(2)))});
  }
  LeaderOptions options;
  options.self = ServerId{std::stoll(value_of(words, "self", "3"))};
  options.sync.log_bytes_max = std::stoll(value_of(words, "log_bytes", "-1"));
  options.link_bytes_max = std::stoul(value_of(words, "link_bytes", "1000000"));
  options.ensemble_id = value_of(words, "ensemble", "");
  options.timing.heartbeat =
      std::chrono::milliseconds(std::stoll(value_of(words, "heartbeat", "0")));
  options.timing.silence_max =
      std::chrono::milliseconds(std::stoll(value_of(words, "silence", "0")));
  leader_ = std::make_unique<Leader>(options, start, *history_, now_);
  leader_->begin(now_, actions_);
}

void Runner::step(const LeaderEvent& event) { leader_->step(event, now_, actions_); }

void Runner::packet(const Words& words, QuorumPacketType type, Zxid zxid,
                    wire::NullableBytes data) {
  step(LearnerPacket{link_of(words), {.type = type, .zxid = zxid, .data = data}});
}

void Runner::info(const Words& words) {
  Words rest = words;
  const bool is_observer = take_flag(rest, "observer");
  wire::LearnerInfo info;
  info.sid = ServerId{std::stoll(value_of(words, "sid", words.at(0)))};
  info.protocol_version = std::stoi(value_of(words, "protocol", "65536"));
  info.config_version = ConfigVersion{zxid_of(value_of(words, "config", "1.0")).value};
  const std::string ensemble = value_of(words, "ensemble", "");
  std::string extension;
  if (!ensemble.empty()) {
    wire::Writer writer(extension);
    write(writer, wire::PeerExtension{.ensemble_id = ensemble});
  }
  info.extension = extension;
  std::string data;
  wire::Writer writer(data);
  write(writer, info);
  packet(words, is_observer ? QuorumPacketType::kObserverInfo : QuorumPacketType::kFollowerInfo,
         Zxid{std::stoll(value_of(words, "accepted", "1")) << 32}, data);
}

void Runner::propose(const Words& words) {
  const Zxid zxid = leader_->next_zxid();
  const std::string members = value_of(words, "members", "");
  if (members.empty()) {
    step(Proposed{zxid, make_txn(zxid), std::nullopt});
    return;
  }
  const quorum::Configuration next = configuration_of(members, ConfigVersion{zxid.value});
  step(Proposed{zxid, make_txn(zxid, next), next});
}

bool Runner::packet_command(const std::string& name, const Words& words) {
  std::string data;
  wire::Writer writer(data);
  if (name == "info") {
    info(words);
  } else if (name == "ackepoch") {
    wire::AckEpoch ack;
    if (const int64_t current = std::stoll(value_of(words, "current", "1")); current >= 0) {
      ack.current_epoch = Epoch{current};
    }
    write(writer, ack);
    packet(words, QuorumPacketType::kAckEpoch, zxid_of(words.at(1)), data);
  } else if (name == "ack") {
    packet(words, QuorumPacketType::kAck, zxid_of(words.at(1)));
  } else if (name == "pong") {
    for (size_t index = 1; index < words.size(); ++index) {
      write(writer, wire::SessionTouch{SessionId{std::stoll(words[index])}, 4000});
    }
    packet(words, QuorumPacketType::kPing, Zxid{0}, data);
  } else if (name == "request") {
    write(writer, wire::ForwardedRequest{SessionId{7}, 1, wire::OpCode::kSetData, "body"});
    packet(words, QuorumPacketType::kRequest, Zxid{-1}, data);
  } else if (name == "revalidate") {
    write(writer, wire::SessionTouch{SessionId{std::stoll(words.at(1))}, 4000});
    packet(words, QuorumPacketType::kRevalidate, Zxid{-1}, data);
  } else if (name == "garbage") {
    packet(words, static_cast<QuorumPacketType>(std::stoi(words.at(1))), Zxid{-5}, "x");
  } else {
    return false;
  }
  return true;
}

void Runner::command(const std::string& name, Words words) {
  if (name == "leader") {
    create(words);
  } else if (name == "open") {
    for (const std::string& word : words) {
      step(LinkOpened{LinkId{std::stoull(word)}});
    }
  } else if (name == "close") {
    step(LinkClosed{link_of(words)});
  } else if (name == "flush") {
    const auto statuses = leader_->learner_statuses();
    for (const LearnerStatus& status : statuses) {
      if (status.link == link_of(words)) {
        step(LinkFlushed{status.link, status.unflushed_bytes});
      }
    }
  } else if (name == "saved") {
    step(EpochsSaved{Epoch{std::stoll(words.at(0))}, Epoch{std::stoll(words.at(1))}});
  } else if (name == "synced") {
    step(OwnLogSynced{zxid_of(words.at(0))});
  } else if (name == "propose") {
    propose(words);
  } else if (name == "probed") {
    LogProbe probe{.is_contiguous = true, .bytes = 100};
    probe.floor = zxid_of(value_of(words, "floor", "0.0"));
    probe.next = zxid_of(value_of(words, "next", "0.0"));
    step(LogProbed{link_of(words), probe});
  } else if (name == "read") {
    LogRead read{.link = link_of(words)};
    for (size_t index = 1; index < words.size(); ++index) {
      const Zxid zxid = zxid_of(words[index]);
      read.txns.push_back({zxid, make_txn(zxid)});
    }
    step(read);
  } else if (name == "snapshot-sent") {
    step(SnapshotSent{link_of(words)});
  } else if (name == "snapshot-progress") {
    step(SnapshotProgress{link_of(words)});
  } else if (name == "revalidated") {
    step(SessionRevalidated{link_of(words), SessionId{std::stoll(words.at(1))}, true});
  } else if (name == "sync") {
    step(SyncRequested{link_of(words)});
  } else if (name == "successor") {
    step(SuccessorNamed{ServerId{std::stoll(words.at(0))}});
  } else if (name == "wait") {
    now_ += std::chrono::milliseconds(std::stoll(words.at(0)));
    step(LeaderDeadline{});
  } else if (name == "status") {
    status();
  } else if (!packet_command(name, words)) {
    output_ += "unknown command\n";
  }
}

void Runner::print_own() {
  if (actions_.save_epochs) {
    output_ += "save accepted=" + std::to_string(actions_.save_epochs->accepted.value) +
               " current=" + std::to_string(actions_.save_epochs->current.value) + "\n";
  }
  if (actions_.last_seen) {
    output_ += "last seen " + text_of(*actions_.last_seen) + "\n";
  }
  if (actions_.established) {
    output_ += "established in epoch " + std::to_string(actions_.established->value) + "\n";
  }
  for (const wire::WitnessedDisk& disk : actions_.witnessed) {
    output_ += "disk of " + std::to_string(disk.server.value) + " has accepted " +
               std::to_string(disk.accepted.value) + ", durable " + text_of(disk.durable) + "\n";
  }
  if (actions_.committed) {
    output_ += "committed " + text_of(*actions_.committed) + "\n";
  }
  if (actions_.activated) {
    output_ += "activated " + text_of(actions_.activated->configuration) + " leader " +
               std::to_string(actions_.activated->designated_leader.value) + "\n";
  }
}

void Runner::print() {
  print_own();
  for (const LeaderActions::Send& send : actions_.sends) {
    const std::string_view bytes(actions_.bytes);
    output_ +=
        packets_text(bytes.substr(send.begin, send.end - send.begin), link_text(send.link) + " < ");
    if (send.snapshot_follows) {
      output_ += link_text(send.link) + " < snapshot of " + text_of(send.snapshot_zxid) + "\n";
    }
  }
  for (const LeaderActions::ProbeLog& probe : actions_.probes) {
    output_ += link_text(probe.link) + " probes the log at " + text_of(probe.wanted.zxid) +
               " until " + text_of(probe.wanted.until) + "\n";
  }
  for (const LeaderActions::ReadLog& read : actions_.reads) {
    output_ += link_text(read.link) + " reads the log behind " + text_of(read.after) + " until " +
               text_of(read.until) + "\n";
  }
  for (const LeaderActions::Request& request : actions_.requests) {
    output_ += "request of " + std::to_string(request.from.value) + "\n";
  }
  for (const wire::SessionTouch& touch : actions_.touches) {
    output_ += "touched " + std::to_string(touch.session.value) + "\n";
  }
  for (const LeaderActions::Revalidate& each : actions_.revalidations) {
    output_ += "revalidate " + std::to_string(each.session.session.value) + "\n";
  }
  for (const LeaderActions::Close& close : actions_.closes) {
    output_ += link_text(close.link) + " closed: " + name_of(close.reason) + "\n";
  }
  if (actions_.stepped_down) {
    output_ += std::string("stepped down: ") + name_of(*actions_.stepped_down) + "\n";
  }
  actions_.clear();
  if (history_) {
    history_->trim();
  }
}

void Runner::status() {
  for (const LearnerStatus& status : leader_->learner_statuses()) {
    output_ += link_text(status.link) + " server " + std::to_string(status.server.value) +
               (status.is_voter ? " voter" : "") + (status.is_synced ? " synced" : "") + " acked " +
               text_of(status.acked) + " sent " + text_of(status.sent) + "\n";
  }
}

}  // namespace

std::string run_leader_script(const std::string& input) { return Runner().run(input); }

}  // namespace quorate::zab::testing
