// The commands of the learner's scripts.
#include "tests/server/zab/learner_script.h"

#include <memory>
#include <sstream>

#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/zab/learner.h"
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
  bool stream_command(const std::string& name, const Words& words);
  void create(Words words);
  void packet(QuorumPacketType type, Zxid zxid, wire::NullableBytes data = {});
  void activation(QuorumPacketType type, const Words& words);
  void step(const LearnerEvent& event);
  void print();

  TimePoint now_{};
  std::unique_ptr<History> history_;
  std::unique_ptr<Learner> learner_;
  LearnerActions actions_;
  std::string output_;
};

std::string Runner::run(const std::string& input) {
  for_each_command(input, [this](const std::string& name, Words& words, const std::string& line) {
    output_ += "> " + line + "\n";
    command(name, words);
    print();
  });
  return output_;
}

void Runner::create(Words words) {
  const bool is_observer = take_flag(words, "observer");
  const bool is_unreachable = take_flag(words, "unreachable");
  history_ = std::make_unique<History>(zxid_of(value_of(words, "base", "0.0")), 500, 1 << 20);
  if (const std::string log = value_of(words, "log", ""); !log.empty()) {
    fill(*history_, {log});
  }
  history_->commit(zxid_of(value_of(words, "committed", text_of(history_->last()))));
  LearnerOptions options;
  options.self = ServerId{std::stoll(value_of(words, "self", "1"))};
  options.leader = ServerId{std::stoll(value_of(words, "leader", "3"))};
  options.is_observer = is_observer;
  options.ensemble_id = value_of(words, "ensemble", "");
  options.timing.silence_max =
      std::chrono::milliseconds(std::stoll(value_of(words, "silence", "0")));
  LearnerStart start;
  start.accepted = Epoch{std::stoll(value_of(words, "accepted", "1"))};
  start.current = Epoch{std::stoll(value_of(words, "current", "1"))};
  learner_ = std::make_unique<Learner>(options, start, *history_, now_);
  if (!is_unreachable) {
    step(LeaderConnected{});
  }
}

void Runner::step(const LearnerEvent& event) { learner_->step(event, now_, actions_); }

void Runner::packet(QuorumPacketType type, Zxid zxid, wire::NullableBytes data) {
  step(LeaderPacket{{.type = type, .zxid = zxid, .data = data}});
}

void Runner::activation(QuorumPacketType type, const Words& words) {
  const Zxid zxid = zxid_of(words.at(0));
  const std::string members = value_of(words, "members", "1,2,3");
  const std::string txn = make_txn(zxid, configuration_of(members, ConfigVersion{zxid.value}));
  wire::Activation activation;
  activation.designated_leader = ServerId{std::stoll(value_of(words, "leader", "3"))};
  if (type == QuorumPacketType::kInformAndActivate) {
    activation.txn = txn;
  }
  std::string data;
  wire::Writer writer(data);
  write(writer, activation);
  packet(type, zxid, data);
}

bool Runner::stream_command(const std::string& name, const Words& words) {
  if (name == "proposal") {
    const std::string members = value_of(words, "members", "");
    for (const std::string& word : words) {
      if (word.find('=') != std::string::npos) {
        continue;
      }
      const Zxid zxid = zxid_of(word);
      packet(QuorumPacketType::kProposal, zxid,
             members.empty()
                 ? make_txn(zxid)
                 : make_txn(zxid, configuration_of(members, ConfigVersion{zxid.value})));
    }
  } else if (name == "commit") {
    for (const std::string& word : words) {
      packet(QuorumPacketType::kCommit, zxid_of(word));
    }
  } else if (name == "inform") {
    for (const std::string& word : words) {
      packet(QuorumPacketType::kInform, zxid_of(word), make_txn(zxid_of(word)));
    }
  } else if (name == "activate") {
    activation(QuorumPacketType::kCommitAndActivate, words);
  } else if (name == "inform-activate") {
    activation(QuorumPacketType::kInformAndActivate, words);
  } else {
    return false;
  }
  return true;
}

bool Runner::packet_command(const std::string& name, const Words& words) {
  std::string data;
  wire::Writer writer(data);
  if (name == "leaderinfo") {
    std::string extension;
    if (const std::string ensemble = value_of(words, "ensemble", ""); !ensemble.empty()) {
      wire::Writer to(extension);
      write(to, wire::PeerExtension{.ensemble_id = ensemble});
    }
    write(writer, wire::LeaderInfo{.extension = extension});
    packet(QuorumPacketType::kLeaderInfo, Zxid{std::stoll(words.at(0)) << 32}, data);
  } else if (name == "diff") {
    packet(QuorumPacketType::kDiff, zxid_of(words.at(0)));
  } else if (name == "trunc") {
    packet(QuorumPacketType::kTrunc, zxid_of(words.at(0)));
  } else if (name == "snap") {
    packet(QuorumPacketType::kSnap, zxid_of(words.at(0)));
  } else if (name == "newleader") {
    const Zxid zxid{std::stoll(words.at(0)) << 32};
    const std::string text = quorum::to_text(
        configuration_of(value_of(words, "members", "1,2,3"), ConfigVersion{zxid.value}));
    packet(QuorumPacketType::kNewLeader, zxid, text);
  } else if (name == "uptodate") {
    packet(QuorumPacketType::kUpToDate, Zxid{-1});
  } else if (name == "ping") {
    if (!words.empty()) {
      writer.put_long(std::stoll(words.at(0)));
      packet(QuorumPacketType::kPing, Zxid{0}, data);
    } else {
      packet(QuorumPacketType::kPing, Zxid{0});
    }
  } else if (name == "sync") {
    packet(QuorumPacketType::kSync, Zxid{0});
  } else if (name == "revalidated") {
    write(writer, wire::RevalidateResponse{SessionId{std::stoll(words.at(0))}, true});
    packet(QuorumPacketType::kRevalidate, Zxid{-1}, data);
  } else if (name == "raw") {
    packet(static_cast<QuorumPacketType>(std::stoi(words.at(0))), zxid_of(words.at(1)), "x");
  } else {
    return stream_command(name, words);
  }
  return true;
}

void Runner::command(const std::string& name, Words words) {
  if (name == "learner") {
    create(words);
  } else if (name == "saved") {
    step(EpochsSaved{Epoch{std::stoll(words.at(0))}, Epoch{std::stoll(words.at(1))}});
  } else if (name == "synced") {
    step(LogSynced{zxid_of(words.at(0))});
  } else if (name == "truncated") {
    step(LogTruncated{zxid_of(words.at(0))});
  } else if (name == "installed" || name == "failed") {
    step(SnapshotInstalled{zxid_of(words.at(0)), name == "installed"});
  } else if (name == "touch") {
    step(SessionTouched{{SessionId{std::stoll(words.at(0))}, 4000}});
  } else if (name == "forward") {
    step(Forward{{SessionId{7}, 1, wire::OpCode::kSetData, "body"}, {}});
  } else if (name == "lost") {
    step(LeaderLost{});
  } else if (name == "wait") {
    now_ += std::chrono::milliseconds(std::stoll(words.at(0)));
    step(LearnerDeadline{});
  } else if (name == "status") {
    output_ +=
        "last " + text_of(history_->last()) + " committed " + text_of(history_->committed()) + "\n";
  } else if (!packet_command(name, words)) {
    output_ += "unknown command\n";
  }
}

void Runner::print() {
  output_ += packets_text(actions_.bytes, "sends ");
  if (actions_.save_epochs) {
    output_ += "saves accepted=" + std::to_string(actions_.save_epochs->accepted.value) +
               " current=" + std::to_string(actions_.save_epochs->current.value) + "\n";
  }
  if (actions_.truncate) {
    output_ += "truncates to " + text_of(*actions_.truncate) + "\n";
  }
  if (actions_.receive_snapshot) {
    output_ += "receives a snapshot of " + text_of(*actions_.receive_snapshot) + "\n";
  }
  if (actions_.last_seen) {
    output_ += "last seen " + text_of(*actions_.last_seen) + "\n";
  }
  for (const Zxid zxid : actions_.appends) {
    output_ += "logs " + text_of(zxid) + "\n";
  }
  if (actions_.committed) {
    output_ += "commits " + text_of(*actions_.committed) + "\n";
  }
  if (actions_.activated) {
    output_ += "activates " + text_of(actions_.activated->configuration) + " leader " +
               std::to_string(actions_.activated->designated_leader.value) + "\n";
  }
  if (actions_.up_to_date) {
    output_ += "up to date in epoch " + std::to_string(actions_.up_to_date->value) + "\n";
  }
  for (const wire::RevalidateResponse& each : actions_.revalidated) {
    output_ += "revalidated " + std::to_string(each.session.value) + "\n";
  }
  if (actions_.syncs_done > 0) {
    output_ += "syncs done: " + std::to_string(actions_.syncs_done) + "\n";
  }
  if (actions_.successor) {
    output_ += "successor " + std::to_string(actions_.successor->value) + "\n";
  }
  if (actions_.gave_up) {
    output_ += std::string("gives up: ") + name_of(*actions_.gave_up) + "\n";
  }
  actions_.clear();
}

}  // namespace

std::string run_learner_script(const std::string& input) { return Runner().run(input); }

}  // namespace quorate::zab::testing
