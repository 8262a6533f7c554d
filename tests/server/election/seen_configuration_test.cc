// A notification that brings a newer configuration decides nothing: other voters count from then
// on.
#include <string>

#include <gtest/gtest.h>

#include "server/election/election.h"
#include "server/wire/peer_extension.h"

namespace quorate::election {
namespace {

quorum::Configuration configuration_of(std::initializer_list<int64_t> voters, int64_t version) {
  quorum::Configuration configuration;
  for (const int64_t id : voters) {
    configuration.servers[ServerId{id}].addresses = {
        {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
  }
  configuration.version = ConfigVersion{version};
  return configuration;
}

NotificationReceived said(int64_t from, wire::PeerState state, const std::string& config) {
  return {ServerId{from},
          {.state = state,
           .vote = {Epoch{5}, Zxid{0x500000007}, ServerId{2}},
           .round = wire::Round{4},
           .version = wire::kNotificationVersion,
           .config = wire::NullableBytes(config)}};
}

/// The leader of the old configuration was removed, and says that it leads for the last time.
TEST(SeenConfiguration, NoLeaderIsFoundAmongTheVotersOfBefore) {
  const quorum::Configuration before = configuration_of({1, 2, 3}, 0x400000000);
  const quorum::Configuration behind = configuration_of({1, 3}, 0x500000007);
  const std::string text = quorum::to_text(behind);
  Election election(Options{.self = ServerId{1}, .adopts_configurations = true}, before, before);
  Actions actions;
  election.step(StartLooking{.last_logged = Zxid{0x400000001}, .current_epoch = Epoch{4}},
                TimePoint(), actions);
  election.step(said(3, wire::PeerState::kFollowing, quorum::to_text(before)), TimePoint(),
                actions);
  actions = Actions();
  election.step(said(2, wire::PeerState::kLeading, text), TimePoint(), actions);
  ASSERT_TRUE(actions.configuration_seen.has_value());
  EXPECT_EQ(actions.configuration_seen->configuration, behind);
  EXPECT_FALSE(actions.decision.has_value());
  EXPECT_EQ(election.state(), wire::PeerState::kLooking);

  actions = Actions();
  election.step(MembershipChanged{behind, behind}, TimePoint(), actions);
  EXPECT_EQ(election.vote().leader, ServerId{1});
  EXPECT_FALSE(actions.decision.has_value());
}

std::string extension_of() {
  std::string bytes;
  wire::Writer writer(bytes);
  write(writer, wire::PeerExtension{.ensemble_id = "ab"});
  return bytes;
}

/// The only voter has logged that 2 is to become the second one, and was started again before 2
/// had heard of it: neither can decide on it without the other.
TEST(SeenConfiguration, WhoIsToBecomeAVoterHearsOfItByTheOneThatLooks) {
  quorum::Configuration before = configuration_of({1, 2}, 0x500000000);
  before.servers[ServerId{2}].role = quorum::ServerRole::kObserver;
  const quorum::Configuration next = configuration_of({1, 2}, 0x500000007);
  const Options options{.adopts_configurations = true, .extension = extension_of()};
  Options first = options;
  first.self = ServerId{1};
  Options second = options;
  second.self = ServerId{2};
  Election voter(first, before, next);
  Election observer(second, before, before);
  Actions asked;
  voter.step(StartLooking{.last_logged = Zxid{0x500000007}, .current_epoch = Epoch{5}}, TimePoint(),
             asked);
  ASSERT_EQ(asked.sends.size(), 1U);

  Actions heard;
  observer.step(StartLooking{.last_logged = Zxid{0x500000006}, .current_epoch = Epoch{5}},
                TimePoint(), heard);
  heard = Actions();
  observer.step(NotificationReceived{ServerId{1}, asked.sends.front().notification}, TimePoint(),
                heard);
  ASSERT_TRUE(heard.configuration_seen);
  EXPECT_TRUE(heard.configuration_seen->is_in_flight);
  EXPECT_EQ(heard.configuration_seen->configuration, next);

  // Both vote from now on, and agree within two rounds.
  heard = Actions();
  observer.step(MembershipChanged{before, next}, TimePoint(), heard);
  for (int turn = 0; turn < 4 && !heard.sends.empty(); ++turn) {
    asked = Actions();
    voter.step(NotificationReceived{ServerId{2}, heard.sends.back().notification}, TimePoint(),
               asked);
    if (asked.sends.empty()) {
      break;
    }
    heard = Actions();
    observer.step(NotificationReceived{ServerId{1}, asked.sends.back().notification}, TimePoint(),
                  heard);
  }
  EXPECT_EQ(observer.vote().leader, ServerId{1});
  EXPECT_EQ(voter.state(), wire::PeerState::kLeading);
}

/// Three voters of which the first two have logged that 4 is to become one, which has a vote as
/// good as theirs and the highest id.
class CandidateToBe : public ::testing::Test {
 protected:
  static constexpr Zxid kLast{0x500000007};

  CandidateToBe() { before_.servers[ServerId{4}].role = quorum::ServerRole::kObserver; }

  /// What 3, with a history up to `last`, makes of the vote for `leader` that 1 tells it of.
  Actions heard_by_third(Zxid last, ServerId leader, Epoch epoch = Epoch{5}) {
    const Options options{.adopts_configurations = true, .extension = extension_of()};
    Options first = options;
    first.self = ServerId{1};
    Options third = options;
    third.self = ServerId{3};
    Election informed(first, before_, next_);
    Election uninformed(third, before_, before_);
    Actions asked;
    informed.step(StartLooking{.last_logged = kLast, .current_epoch = Epoch{5}}, TimePoint(),
                  asked);
    wire::Notification notification = asked.sends.front().notification;
    notification.vote = {epoch, kLast, leader};
    Actions heard;
    uninformed.step(StartLooking{.last_logged = last, .current_epoch = epoch}, TimePoint(), heard);
    heard = Actions();
    uninformed.step(NotificationReceived{ServerId{1}, notification}, TimePoint(), heard);
    return heard;
  }

  quorum::Configuration before_ = configuration_of({1, 2, 3, 4}, 0x500000000);
  quorum::Configuration next_ = configuration_of({1, 2, 3, 4}, 0x500000007);
};

/// Those who know of it would vote for it for ever, and the others for ever for somebody else: no
/// quorum of the old voters.
TEST_F(CandidateToBe, IsKnownToWhoeverHearsOfABetterVoteForIt) {
  const Actions heard = heard_by_third(Zxid{0x500000006}, ServerId{4});
  ASSERT_TRUE(heard.configuration_seen);
  EXPECT_TRUE(heard.configuration_seen->is_in_flight);
  EXPECT_EQ(heard.configuration_seen->configuration, next_);
}

/// The voters that it adds may be gone for good; the old ones may do without it.
TEST_F(CandidateToBe, IsNoMatterOfOthersWhenNobodyVotesForIt) {
  EXPECT_FALSE(heard_by_third(Zxid{0x500000006}, ServerId{2}).configuration_seen);
}

/// The vote is as good as that, but not by the log of the one that has not heard.
TEST_F(CandidateToBe, IsNoneWhereALaterLeaderHasGivenItUp) {
  EXPECT_FALSE(heard_by_third(Zxid{0x500000006}, ServerId{4}, Epoch{6}).configuration_seen);
}

TEST_F(CandidateToBe, IsNoMatterOfOneWithABetterVote) {
  EXPECT_FALSE(heard_by_third(Zxid{0x500000008}, ServerId{4}).configuration_seen);
}

}  // namespace
}  // namespace quorate::election
