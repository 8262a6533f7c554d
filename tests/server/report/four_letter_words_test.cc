// Four-letter words: the allow-list and the exact text of each, after Apache ZooKeeper 3.9.3.
#include "server/report/four_letter_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "server/base/bytes.h"
#include "tests/server/report/sample.h"

namespace quorate::report {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class FourLetterWords : public ::testing::Test {
 protected:
  std::string ask(Word word) { return answer(word, "", inputs_).text; }

  config::Config config_ = sample_config();
  Inputs inputs_ = sample_inputs(config_);
};

constexpr std::string_view kServerBody =
    "Latency min/avg/max: 0/10.7333/30\n"
    "Received: 25\n"
    "Sent: 26\n"
    "Connections: 3\n"
    "Outstanding: 0\n"
    "Zxid: 0xf\n"
    "Mode: standalone\n"
    "Node count: 8\n";

TEST_F(FourLetterWords, Srvr) {
  EXPECT_EQ(ask(Word::kSrvr), "Zookeeper version: 3.9.3-quorate-0.1.0, built on 2026-11-01\n" +
                                  std::string(kServerBody));
}

TEST_F(FourLetterWords, Stat) {
  EXPECT_EQ(ask(Word::kStat),
            "Zookeeper version: 3.9.3-quorate-0.1.0, built on 2026-11-01\n"
            "Clients:\n"
            " /127.0.0.1:39206[1](queued=0,recved=3,sent=4)\n"
            " /127.0.0.1:39216[1](queued=0,recved=3,sent=4)\n"
            " /[::1]:39248[0](queued=0,recved=3,sent=4)\n"
            "\n" +
                std::string(kServerBody));
}

TEST_F(FourLetterWords, Cons) {
  EXPECT_EQ(ask(Word::kCons),
            " /127.0.0.1:39206[1](queued=0,recved=3,sent=4,sid=0x100002aa6b30000,lop=GETD,"
            "est=1795253524741,to=10000,lcxid=0x2,lzxid=0xf,lresp=1795253525000,llat=1,minlat=0,"
            "avglat=4,maxlat=30)\n"
            " /127.0.0.1:39216[1](queued=0,recved=3,sent=4,sid=0x100002aa6b30001,lop=GETD,"
            "est=1795253524741,to=10000,lcxid=0x2,lzxid=0xf,lresp=1795253525000,llat=1,minlat=0,"
            "avglat=4,maxlat=30)\n"
            " /[::1]:39248[0](queued=0,recved=3,sent=4)\n"
            "\n");
}

TEST_F(FourLetterWords, ConsLeavesOutAnXidThatIsNone) {
  inputs_.status.connections.resize(1);
  inputs_.status.connections[0].last_xid = -2;
  inputs_.status.connections[0].last_zxid = Zxid{-1};
  const std::string text = ask(Word::kCons);
  EXPECT_THAT(text, HasSubstr(",to=10000,lzxid=0xffffffffffffffff,"));
}

TEST_F(FourLetterWords, Conf) {
  EXPECT_EQ(ask(Word::kConf),
            "clientPort=21899\n"
            "secureClientPort=-1\n"
            "dataDir=/data/version-2\n"
            "dataDirSize=67109358\n"
            "dataLogDir=/log/version-2\n"
            "dataLogSize=134219610\n"
            "tickTime=2000\n"
            "maxClientCnxns=60\n"
            "minSessionTimeout=4000\n"
            "maxSessionTimeout=40000\n"
            "clientPortListenBacklog=-1\n"
            "serverId=0\n");
}

TEST_F(FourLetterWords, Dump) {
  EXPECT_EQ(ask(Word::kDump),
            "SessionTracker dump:\n"
            "Session Sets (1)/(2):\n"
            "2 expire at Sat Nov 21 09:32:14 UTC 2026:\n"
            "\t0x100002aa6b30000\n"
            "\t0x100002aa6b30001\n"
            "ephemeral nodes dump:\n"
            "Sessions with Ephemerals (1):\n"
            "0x100002aa6b30000:\n"
            "\t/a/e\n"
            "\t/f\n"
            "Connections dump:\n"
            "Connections Sets (2)/(3):\n"
            "1 expire at Sat Nov 21 09:32:04 UTC 2026:\n"
            "\tip: /[::1]:39248 sessionId: 0x0\n"
            "2 expire at Sat Nov 21 09:32:14 UTC 2026:\n"
            "\tip: /127.0.0.1:39206 sessionId: 0x100002aa6b30000\n"
            "\tip: /127.0.0.1:39216 sessionId: 0x100002aa6b30001\n");
}

TEST_F(FourLetterWords, Watches) {
  EXPECT_EQ(ask(Word::kWchs), "2 connections watching 2 paths\nTotal watches:4\n");
  EXPECT_EQ(ask(Word::kWchc), "0x100002aa6b30000\n\t/a\n\t/nope\n0x100002aa6b30001\n\t/a\n\n");
  EXPECT_EQ(ask(Word::kWchp),
            "/a\n\t0x100002aa6b30000\n\t0x100002aa6b30001\n/nope\n\t0x100002aa6b30000\n\n");
}

TEST_F(FourLetterWords, ShortOnes) {
  EXPECT_EQ(ask(Word::kRuok), "imok");
  EXPECT_EQ(ask(Word::kIsro), "rw");
  EXPECT_EQ(ask(Word::kGtmk), "306");
  EXPECT_EQ(ask(Word::kDirs), "datadir_size: 67109358\nlogdir_size: 134219610\n");
  EXPECT_EQ(ask(Word::kHash), "80: abcdef\n");
  EXPECT_THAT(ask(Word::kEnvi), StartsWith("Environment:\nzookeeper.version=3.9.3-quorate-0.1.0"));
}

TEST_F(FourLetterWords, IsroOfAReadOnlyServer) {
  inputs_.status.role = node::Role::kReadOnly;
  inputs_.status.serving = false;
  EXPECT_EQ(ask(Word::kIsro), "ro");
  EXPECT_THAT(ask(Word::kSrvr), HasSubstr("Mode: read-only\n"));
  EXPECT_THAT(ask(Word::kSrvr), HasSubstr("\nREAD-ONLY mode; serving only read-only clients\n"));
  inputs_.status.role = node::Role::kLooking;
  EXPECT_EQ(ask(Word::kIsro), "null");
}

TEST_F(FourLetterWords, ResetsSayWhatTheyReset) {
  const WordAnswer server = answer(Word::kSrst, "", inputs_);
  EXPECT_EQ(server.text, "Server stats reset.\n");
  EXPECT_EQ(server.effect, Effect::kResetServerStats);
  const WordAnswer connections = answer(Word::kCrst, "", inputs_);
  EXPECT_EQ(connections.text, "Connection stats reset.\n");
  EXPECT_EQ(connections.effect, Effect::kResetConnectionStats);
}

TEST_F(FourLetterWords, StmkTakesEightBytes) {
  EXPECT_EQ(argument_bytes(Word::kStmk), 8u);
  std::string mask;
  append_big_endian<int64_t>(mask, 1234);
  const WordAnswer set = answer(Word::kStmk, mask, inputs_);
  EXPECT_EQ(set.text, "1234");
  EXPECT_EQ(set.effect, Effect::kSetTraceMask);
  EXPECT_EQ(set.trace_mask, 1234);
  const WordAnswer cut = answer(Word::kStmk, mask.substr(1), inputs_);
  EXPECT_EQ(cut.text, "");
  EXPECT_EQ(cut.effect, Effect::kNone);
}

TEST_F(FourLetterWords, WithoutServiceMostSaySo) {
  inputs_.status.serving = false;
  const std::string sentence = "This ZooKeeper instance is not currently serving requests\n";
  for (const Word word :
       {Word::kConf, Word::kCons, Word::kCrst, Word::kDirs, Word::kDump, Word::kHash, Word::kMntr,
        Word::kSrst, Word::kSrvr, Word::kStat, Word::kWchc, Word::kWchp, Word::kWchs}) {
    const WordAnswer reply = answer(word, "", inputs_);
    EXPECT_EQ(reply.text, sentence) << text_of(word);
    EXPECT_EQ(reply.effect, Effect::kNone) << "nothing is reset by a refused word";
  }
  EXPECT_EQ(ask(Word::kRuok), "imok");
  EXPECT_EQ(ask(Word::kIsro), "null");
  EXPECT_EQ(ask(Word::kGtmk), "306");
  EXPECT_THAT(ask(Word::kEnvi), StartsWith("Environment:\n"));
}

TEST(WordOf, KnowsTheWords) {
  size_t known = 0;
  for (const char* text :
       {"conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "hash", "isro", "mntr", "ruok",
        "srst", "srvr", "stat", "stmk", "wchc", "wchp", "wchs"}) {
    const auto word = word_of(text);
    ASSERT_TRUE(word.has_value()) << text;
    EXPECT_EQ(text_of(*word), text);
    ++known;
  }
  EXPECT_EQ(known, 18u);
  for (const char* text : {"", "kill", "reqs", "lead", "zzzz", "RUOK", "ruo", "ruok "}) {
    EXPECT_FALSE(word_of(text).has_value()) << text;
  }
}

TEST(WordAllowed, FollowsTheList) {
  config::Config config;
  EXPECT_TRUE(is_allowed(Word::kSrvr, config)) << "the default";
  EXPECT_FALSE(is_allowed(Word::kRuok, config));
  EXPECT_FALSE(is_allowed(Word::kIsro, config));
  config.read_only_mode_enabled = true;
  EXPECT_TRUE(is_allowed(Word::kIsro, config));
  EXPECT_FALSE(is_allowed(Word::kMntr, config));
  config.four_letter_words_allowed = {"mntr", "ruok"};
  EXPECT_TRUE(is_allowed(Word::kMntr, config));
  EXPECT_FALSE(is_allowed(Word::kSrvr, config));
  config.four_letter_words_allowed = {};
  EXPECT_FALSE(is_allowed(Word::kSrvr, config));
  EXPECT_EQ(refusal(Word::kMntr), "mntr is not executed because it is not in the whitelist.\n");
}

TEST(WordDetail, AsksForNoMoreThanIsShown) {
  const auto detail = [](Word word) {
    const node::StatusDetail wanted = detail_of(word);
    return wanted.connections * 4 + wanted.sessions * 2 + wanted.watches;
  };
  EXPECT_EQ(detail(Word::kSrvr), 0);
  EXPECT_EQ(detail(Word::kMntr), 0);
  EXPECT_EQ(detail(Word::kWchs), 0) << "polled by monitoring, so it must be cheap";
  EXPECT_EQ(detail(Word::kCons), 4);
  EXPECT_EQ(detail(Word::kStat), 4);
  EXPECT_EQ(detail(Word::kDump), 6);
  EXPECT_EQ(detail(Word::kWchc), 1);
  EXPECT_EQ(detail(Word::kWchp), 1);
}

TEST_F(FourLetterWords, MntrHasTheNamesOfZooKeeper) {
  std::ifstream file(QUORATE_SOURCE_DIR "/tests/server/report/testdata/zookeeper_mntr.txt");
  ASSERT_TRUE(file.good());
  std::set<std::string> names;
  std::istringstream text(ask(Word::kMntr));
  for (std::string line; std::getline(text, line);) {
    ASSERT_EQ(std::count(line.begin(), line.end(), '\t'), 1) << line;
    EXPECT_TRUE(names.insert(line.substr(0, line.find('\t'))).second) << line;
  }
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) {
      EXPECT_TRUE(names.contains(line)) << line;
    }
  }
}

TEST_F(FourLetterWords, MntrShowsTheValues) {
  const std::string text = ask(Word::kMntr);
  EXPECT_THAT(text, StartsWith("zk_version\t3.9.3-quorate-0.1.0, built on 2026-11-01\n"
                               "zk_server_state\tstandalone\n"));
  for (const char* line : {"zk_avg_latency\t10.7333\n",
                           "zk_max_latency\t30\n",
                           "zk_min_latency\t0\n",
                           "zk_packets_received\t25\n",
                           "zk_packets_sent\t26\n",
                           "zk_num_alive_connections\t3\n",
                           "zk_outstanding_requests\t0\n",
                           "zk_znode_count\t8\n",
                           "zk_watch_count\t4\n",
                           "zk_ephemerals_count\t2\n",
                           "zk_approximate_data_size\t58\n",
                           "zk_uptime\t37751\n",
                           "zk_open_file_descriptor_count\t64\n",
                           "zk_connection_drop_probability\t0.0\n",
                           "zk_cnt_updatelatency\t3\n",
                           "zk_sum_updatelatency\t32\n",
                           "zk_p50_updatelatency\t2\n",
                           "zk_avg_fsynctime\t1.5\n",
                           "zk_max_sync_processor_batch_size\t3\n",
                           "zk_sum_startup_txns_loaded\t7\n",
                           "zk_avg_election_time\t0.0\n",
                           "zk_bytes_received_count\t704\n",
                           "zk_last_client_response_size\t90\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

}  // namespace
}  // namespace quorate::report
