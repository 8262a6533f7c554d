// The commands of the scripted election tests.
#include "tests/server/election/world_script.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <sstream>
#include <vector>

#include "server/base/assert.h"
#include "tests/server/election/world.h"

namespace quorate::election::testing {
namespace {

using wire::PeerState;
using Words = std::vector<std::string>;

ServerId id_of(const std::string& word) { return ServerId{std::stoll(word)}; }

/// Takes `flag` out of `words`.
bool take_flag(Words& words, const std::string& flag) { return std::erase(words, flag) > 0; }

/// `name=value`, or nothing.
std::optional<std::string> value_of(const Words& words, const std::string& name) {
  for (const std::string& word : words) {
    if (word.starts_with(name + "=")) {
      return word.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

PeerState state_of(const std::string& name) {
  for (const PeerState state :
       {PeerState::kLooking, PeerState::kFollowing, PeerState::kLeading, PeerState::kObserving}) {
    if (state_name(state) == name) {
      return state;
    }
  }
  QR_ASSERT(false);
}

wire::Vote vote_of(const std::string& text) {
  if (text == "nobody") {
    return wire::kNoVote;
  }
  std::istringstream parts(text);
  std::string epoch;
  std::string zxid;
  std::string leader;
  std::getline(parts, epoch, '/');
  std::getline(parts, zxid, '/');
  std::getline(parts, leader, '/');
  return {Epoch{std::stoll(epoch)}, Zxid{static_cast<int64_t>(std::stoull(zxid, nullptr, 16))},
          id_of(leader)};
}

class Runner {
 public:
  std::string run(const std::string& input);

 private:
  void command(const std::string& name, Words words);
  bool fault(const std::string& name, Words words);
  void ensemble(const Words& words);
  void set_disk(Words words);
  void say(const Words& words);
  void status();
  void leader();

  std::unique_ptr<World> world_;
  std::vector<ServerId> ids_;
  std::string output_;
};

std::string Runner::run(const std::string& input) {
  std::istringstream lines(input);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name) || name.starts_with("#")) {
      continue;
    }
    command(name, Words(std::istream_iterator<std::string>(words), {}));
    output_ += world_->take_trace();
  }
  for (const std::string& violation : world_->checker().violations()) {
    output_ += "VIOLATION " + violation + "\n";
  }
  return output_;
}

void Runner::command(const std::string& name, Words words) {
  if (name == "ensemble") {
    ensemble(words);
  } else if (name == "disk") {
    set_disk(words);
  } else if (name == "run") {
    world_->run_for(std::chrono::milliseconds(std::stoll(words.at(0))));
  } else if (name == "messages") {
    world_->trace_messages(words.at(0) == "on");
  } else if (name == "say") {
    say(words);
  } else if (name == "commit") {
    world_->commit();
  } else if (name == "status") {
    status();
  } else if (name == "leader") {
    leader();
  } else if (!fault(name, words)) {
    output_ += "unknown command " + name + "\n";
  }
}

bool Runner::fault(const std::string& name, Words words) {
  const bool is_quiet = take_flag(words, "quiet");
  if (name == "boot" || name == "crash" || name == "wipe") {
    for (const std::string& word : words) {
      if (name == "boot") {
        world_->boot(id_of(word));
      } else if (name == "crash") {
        world_->crash(id_of(word), is_quiet);
      } else {
        world_->wipe(id_of(word));
      }
    }
    return true;
  }
  if (name == "cut") {
    world_->cut(id_of(words.at(0)), id_of(words.at(1)), is_quiet);
    return true;
  }
  if (name == "mute") {
    world_->cut_one_way(id_of(words.at(0)), id_of(words.at(1)));
    return true;
  }
  if (name == "heal") {
    if (words.empty()) {
      world_->heal_all();
    } else {
      world_->heal(id_of(words.at(0)), id_of(words.at(1)));
    }
    return true;
  }
  return false;
}

void Runner::ensemble(const Words& words) {
  std::vector<ServerId> voters;
  std::vector<ServerId> observers;
  std::vector<ServerId>* target = &voters;
  for (const std::string& word : words) {
    if (word == "observers") {
      target = &observers;
      continue;
    }
    target->push_back(id_of(word));
    ids_.push_back(id_of(word));
  }
  world_ = std::make_unique<World>(make_configuration(voters, observers), 1);
}

void Runner::set_disk(Words words) {
  const bool is_unfit = take_flag(words, "unfit");
  Disk disk;
  disk.zxid = Zxid{std::stoll(value_of(words, "zxid").value_or("0"), nullptr, 16)};
  disk.current_epoch = Epoch{disk.zxid.epoch()};
  if (const auto current = value_of(words, "current")) {
    disk.current_epoch = Epoch{std::stoll(*current)};
  }
  disk.accepted_epoch = disk.current_epoch;
  if (const auto accepted = value_of(words, "accepted")) {
    disk.accepted_epoch = Epoch{std::stoll(*accepted)};
  }
  disk.is_fit = !is_unfit;
  world_->set_disk(id_of(words.at(0)), disk);
}

void Runner::say(const Words& words) {
  wire::Notification notification;
  notification.state = state_of(words.at(2));
  notification.vote = vote_of(words.at(3));
  notification.round = wire::Round{std::stoll(words.at(4))};
  notification.version = std::stoi(value_of(words, "version").value_or("2"));
  if (notification.version >= wire::kNotificationVersion) {
    notification.config = "version=0";
  }
  world_->say(id_of(words.at(0)), id_of(words.at(1)), notification);
}

void Runner::status() {
  for (const ServerId id : ids_) {
    output_ += std::to_string(id.value);
    if (!world_->is_running(id) || !world_->is_ours(id)) {
      output_ += world_->is_running(id) ? " is played by the test\n" : " is down\n";
      continue;
    }
    const Election& election = world_->election(id);
    output_ += " " + state_name(election.state()) + " " + vote_text(election.vote()) + " round " +
               std::to_string(election.round().value);
    output_ += election.is_established() ? " established\n" : "\n";
  }
}

void Runner::leader() {
  const std::optional<ServerId> leading = world_->leader();
  output_ += leading ? "leader " + std::to_string(leading->value) : std::string("no leader");
  output_ += world_->has_converged() ? ", followed by all\n" : "\n";
}

}  // namespace

std::string run_world_script(const std::string& input) { return Runner().run(input); }

}  // namespace quorate::election::testing
