// A voter whose disk has less than others know it to have had does not count.
#include <string>

#include <gtest/gtest.h>

#include "server/election/election.h"
#include "server/wire/peer_extension.h"

namespace quorate::election {
namespace {

constexpr Zxid kOld{0x500000004};
constexpr Zxid kNew{0x500000007};

quorum::Configuration three() {
  quorum::Configuration configuration;
  for (const int64_t id : {1, 2, 3}) {
    configuration.servers[ServerId{id}].addresses = {
        {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
  }
  return configuration;
}

std::string extension() {
  std::string bytes;
  wire::Writer writer(bytes);
  write(writer, wire::PeerExtension{.ensemble_id = "ab"});
  return bytes;
}

class Member {
 public:
  Member(int64_t id, Zxid last, const quorum::Witness& witness = {})
      : election_(Options{.self = ServerId{id}, .extension = extension()}, three(), three()) {
    election_.step({StartLooking{.last_logged = last,
                                 .current_epoch = Epoch{5},
                                 .accepted_epoch = Epoch{5},
                                 .witness = witness}},
                   TimePoint(), actions_);
  }

  /// What it hears from `other`, whose newest notification it is.
  void hear(int64_t from, const Member& other) {
    ASSERT_FALSE(other.actions_.sends.empty());
    const wire::Notification said = other.actions_.sends.back().notification;
    actions_.clear();
    election_.step(NotificationReceived{ServerId{from}, said}, TimePoint(), actions_);
  }

  [[nodiscard]] const Election& election() const { return election_; }
  [[nodiscard]] const Actions& actions() const { return actions_; }

 private:
  Election election_;
  Actions actions_;
};

quorum::Witness witness_of(int64_t server, Zxid durable) {
  quorum::Witness witness;
  witness.note({.server = ServerId{server}, .accepted = Epoch{5}, .durable = durable});
  return witness;
}

TEST(WitnessedElection, AVoteFromAnOlderDiskDoesNotCount) {
  Member rolled_back(1, kOld);
  Member behind(2, kOld, witness_of(1, kNew));
  behind.hear(1, rolled_back);
  EXPECT_EQ(behind.election().state(), wire::PeerState::kLooking);
  const auto statuses = behind.election().voter_statuses();
  EXPECT_FALSE(statuses[0].has_reported);
}

TEST(WitnessedElection, AVoteFromADiskThatHasEverythingDoes) {
  Member whole(1, kNew);
  Member behind(2, kOld, witness_of(1, kNew));
  behind.hear(1, whole);
  EXPECT_TRUE(behind.election().voter_statuses()[0].has_reported);
  EXPECT_EQ(behind.election().vote().leader, ServerId{1});
}

TEST(WitnessedElection, WhoWasRolledBackHearsOfIt) {
  Member rolled_back(1, kOld);
  const Member behind(2, kOld, witness_of(1, kNew));
  rolled_back.hear(2, behind);
  ASSERT_EQ(rolled_back.actions().witnessed.size(), 1U);
  EXPECT_EQ(rolled_back.actions().witnessed.front().server, ServerId{1});
  EXPECT_EQ(rolled_back.actions().witnessed.front().durable, kNew);
}

}  // namespace
}  // namespace quorate::election
