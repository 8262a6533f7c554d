// The election machine: what it says, to whom, and how often.
#include <algorithm>

#include "server/election/election.h"
#include "server/wire/peer_extension.h"

namespace quorate::election {
namespace {

using wire::PeerState;

/// The same answer to the same question is not repeated within this time, unless the connection is
/// new. Bounds what two members that do not agree on who votes can do to each other.
constexpr Duration kRepeat = std::chrono::milliseconds(100);

/// Strangers that are remembered.
constexpr size_t kStrangersMax = 64;

/// A stranger that has asked within this time is told of a decision.
constexpr Duration kWaiting = std::chrono::seconds(10);

}  // namespace

/// What this member says at present. One that may not vote asks in round 0: Apache answers a looker
/// whose round is behind, and does not count a vote that names no voter.
Election::Statement Election::statement() const {
  const bool is_asking = state_ == PeerState::kLooking && !is_voting_;
  return {.state = state_,
          .vote = is_asking ? wire::kNoVote : vote_,
          .round = is_asking ? wire::Round{0} : round_,
          .version = wire::kNotificationVersion};
}

wire::Notification Election::notification() const {
  const Statement said = statement();
  return {.state = said.state,
          .vote = said.vote,
          .round = said.round,
          .version = said.version,
          .config = config_text_,
          .extension = extension_};
}

/// The option's, and what it knows of disks and of a reconfiguration in flight.
void Election::set_extension() {
  extension_ = options_.extension;
  const auto extension = wire::decode_peer_extension(options_.extension);
  if (!extension) {
    return;
  }
  wire::PeerExtension extended = *extension;
  std::string next;
  if (last_seen_.version > committed_.version) {
    next = quorum::to_text(last_seen_);
  }
  if (next.size() <= wire::kNextConfigurationBytesMax) {
    extended.next_configuration = next;
  }
  std::string witness;
  wire::encode(witness_.disks(), witness);
  extended.witness = witness;
  if (has_started_) {
    extended.last_logged = candidacy_.zxid;
    extended.accepted_epoch = accepted_;
  }
  extension_.clear();
  wire::Writer writer(extension_);
  write(writer, extended);
}

void Election::broadcast(Actions& actions) const {
  for (const ServerId voter : wanted_) {
    actions.send(voter, notification());
  }
}

void Election::resend_soon(TimePoint now) {
  resend_at_ = now + options_.resend_min;
  resend_interval_ = std::min(options_.resend_min * 2, options_.resend_max);
}

void Election::answer(ServerId to, Exchange& exchange, const Statement& question, TimePoint now,
                      Actions& actions) const {
  const Statement said = statement();
  if (said.vote == wire::kNoVote) {
    return;
  }
  const bool is_repeat = exchange.question == question && exchange.answer == said;
  if (is_repeat && now - exchange.at < kRepeat) {
    return;
  }
  exchange = {.question = question, .answer = said, .at = now};
  actions.send(to, notification());
}

void Election::answer_stranger(ServerId from, const Statement& question, TimePoint now,
                               Actions& actions) {
  if (!has_started_) {
    return;
  }
  auto known = std::ranges::find(strangers_, from, &Stranger::id);
  if (known == strangers_.end()) {
    if (strangers_.size() < kStrangersMax) {
      strangers_.emplace_back();
      known = strangers_.end() - 1;
    } else {
      known = strangers_.begin() + static_cast<ptrdiff_t>(next_stranger_);
      next_stranger_ = (next_stranger_ + 1) % kStrangersMax;
    }
    *known = Stranger{.id = from, .exchange = {}};
  }
  answer(from, known->exchange, question, now, actions);
}

void Election::tell_strangers(TimePoint now, Actions& actions) {
  for (Stranger& stranger : strangers_) {
    Exchange& exchange = stranger.exchange;
    if (exchange.question && now - exchange.at < kWaiting) {
      answer(stranger.id, exchange, Statement(*exchange.question), now, actions);
      exchange.question.reset();
    }
  }
}

}  // namespace quorate::election
