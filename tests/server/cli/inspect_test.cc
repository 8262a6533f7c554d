// Inspection of logs and snapshots, digests, and the help of the command line.
#include "server/cli/inspect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "server/cli/command_line.h"
#include "server/cli/digest.h"
#include "server/cli/txn_text.h"
#include "server/storage/log_format.h"
#include "server/tree/snapshot.h"
#include "tests/server/cli/capture.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;
using test::capture;
using test::Captured;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

wire::TxnRecord record(int64_t zxid, wire::OpCode type, wire::Txn txn) {
  wire::TxnRecord made;
  made.header = {SessionId{0x100005838fa0000}, 2, Zxid{zxid}, WallMillis{1795256477000}, type};
  made.txn = std::move(txn);
  return made;
}

wire::CreateTxn create_txn(std::string_view path, std::string_view data) {
  wire::CreateTxn txn;
  txn.path = path;
  txn.data = data;
  txn.acls = wire::open_acl();
  txn.parent_cversion = 1;
  return txn;
}

TEST(TxnText, LinesAreThoseOfZkTxnLogToolkit) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const std::string head = "11/21/26, 10:21:17 AM UTC session 0x100005838fa0000 cxid 0x2 zxid 0x7 ";
  const auto line = [&](wire::OpCode type, wire::Txn txn) {
    return txn_line(record(7, type, std::move(txn)));
  };
  EXPECT_EQ(line(wire::OpCode::kCreateSession, wire::CreateSessionTxn{30000}),
            head + "createSession 30000");
  EXPECT_EQ(line(wire::OpCode::kCreate, create_txn("/a", "hello")),
            head + "create /a,hello,[31,s{'world,'anyone}],false,1");
  wire::CreateTxn ttl = create_txn("/t", "x");
  ttl.type = wire::OpCode::kCreateTtl;
  ttl.ttl_ms = 10000;
  EXPECT_EQ(line(wire::OpCode::kCreateTtl, ttl),
            head + "createTTL /t,x,[31,s{'world,'anyone}],1,10000");
  EXPECT_EQ(line(wire::OpCode::kSetData, wire::SetDataTxn{wire::OpCode::kSetData, "/a", "w\n", 1}),
            head + "setData /a,w\\x0a,1");
  EXPECT_EQ(line(wire::OpCode::kDelete, wire::DeleteTxn{wire::OpCode::kDelete, "/a/b"}),
            head + "delete '/a/b");
  EXPECT_EQ(line(wire::OpCode::kError, wire::ErrorTxn{wire::ErrorCode::kNoNode}),
            head + "error -101");
  const std::vector<std::string_view> paths{"/a/e", "/b"};
  EXPECT_EQ(line(wire::OpCode::kCloseSession, wire::CloseSessionTxn{paths}),
            head + "closeSession v{'/a/e,'/b}");
  const std::string acls = wire::encode_acls({{31, {"ip", "127.0.0.1"}}, {1, {"world", "anyone"}}});
  EXPECT_EQ(line(wire::OpCode::kSetAcl, wire::SetAclTxn{"/a", wire::AclList{acls}, 1}),
            head + "setACL '/a,v{s{31,s{'ip,'127.0.0.1}},s{1,s{'world,'anyone}}},1");
  wire::MultiTxn multi;
  multi.ops = {create_txn("/m", "1"), wire::CheckVersionTxn{"/c", 4},
               wire::ErrorTxn{wire::ErrorCode::kNoNode}};
  EXPECT_EQ(line(wire::OpCode::kMulti, multi),
            head + "multi create:/m,1,[31,s{'world,'anyone}],false,1;check:/c,4;error:-101");
}

TEST(TxnText, NoonAndMidnight) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  EXPECT_EQ(short_java_date(WallMillis{0}), "1/1/70, 12:00:00 AM UTC");
  EXPECT_EQ(short_java_date(WallMillis{43'200'000}), "1/1/70, 12:00:00 PM UTC");
}

class Inspect : public testing::Test {
 protected:
  Inspect() {
    std::string name = (fs::temp_directory_path() / "quorate-inspect-XXXXXX").string();
    QR_ASSERT(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~Inspect() override { fs::remove_all(directory); }

  /// A log of `count` creates with zxids from 1; offsets of its entries in `offsets`.
  std::string write_log(int64_t count) {
    std::string bytes;
    storage::append_log_header(bytes);
    offsets.clear();
    for (int64_t zxid = 1; zxid <= count; ++zxid) {
      const std::string path = "/n" + std::to_string(zxid);
      std::string entry;
      const auto made = record(zxid, wire::OpCode::kCreate, create_txn(path, "data"));
      wire::encode_txn(made.header, made.txn, std::nullopt, entry);
      offsets.push_back(bytes.size());
      storage::append_log_entry(bytes, entry);
    }
    offsets.push_back(bytes.size());
    bytes.append(4096, '\0');
    return write("log.1", bytes);
  }
  std::string write(const std::string& name, const std::string& bytes) {
    std::ofstream(directory / name, std::ios::binary) << bytes;
    return (directory / name).string();
  }
  /// Changes one byte of a file.
  static void damage(const std::string& path, size_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get() ^ 0x55);
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(byte);
  }
  Captured log(InspectOptions options) {
    return capture([&] { return inspect_log(options); });
  }
  static InspectOptions of(const std::string& file) {
    InspectOptions options;
    options.file = file;
    return options;
  }

  fs::path directory;
  std::vector<size_t> offsets;
};

TEST_F(Inspect, PrintsALog) {
  const Captured captured = log(of(write_log(3)));
  EXPECT_EQ(captured.code, 0) << captured.err;
  EXPECT_THAT(captured.out,
              StartsWith("ZooKeeper Transactional Log File with dbid 0 txnlog format version 2\n"));
  EXPECT_THAT(captured.out, HasSubstr("zxid 0x3 create /n3,data,"));
  EXPECT_THAT(captured.out, EndsWith("EOF reached after 3 txns.\n"));
}

TEST_F(Inspect, PrintsARangeOfALog) {
  InspectOptions options = of(write_log(9));
  options.from = "0x4";
  options.to = "5";
  const Captured captured = log(options);
  EXPECT_THAT(captured.out, testing::Not(HasSubstr("zxid 0x3 ")));
  EXPECT_THAT(captured.out, HasSubstr("zxid 0x4 "));
  EXPECT_THAT(captured.out, HasSubstr("zxid 0x5 "));
  EXPECT_THAT(captured.out, testing::Not(HasSubstr("zxid 0x6 ")));
  options.from = "x";
  EXPECT_EQ(log(options).code, 2);
}

TEST_F(Inspect, ALogAsJsonIsOneObjectALine) {
  InspectOptions options = of(write_log(2));
  options.json = true;
  std::istringstream lines(log(options).out);
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1]["path"], "/n2");
  EXPECT_EQ(objects[1]["zxid"], "0x2");
  EXPECT_EQ(objects[1]["offset"], offsets[1]);
  EXPECT_EQ(objects[2]["end"], "proper");
  EXPECT_EQ(objects[2]["lastZxid"], "0x2");
}

TEST_F(Inspect, VerifyGivesTheVerdict) {
  InspectOptions options = of(write_log(2));
  options.verify = true;
  const Captured captured = log(options);
  EXPECT_EQ(captured.code, 0);
  EXPECT_THAT(captured.out, EndsWith("EOF reached after 2 txns.\nwhole, last zxid 0x2\n"));
}

TEST_F(Inspect, ADamagedEntryIsShownAndWhatFollowsToo) {
  const std::string path = write_log(3);
  damage(path, offsets[1] + 20);
  const Captured captured = log(of(path));
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.out, HasSubstr("CRC ERROR - "));
  EXPECT_THAT(captured.out, HasSubstr("zxid 0x3 create /n3"));
  EXPECT_THAT(captured.err, HasSubstr("1 damaged entries"));
  EXPECT_THAT(captured.err, HasSubstr("quorate inspect log --recover"));
}

TEST_F(Inspect, RecoverWritesACopyThatIsWhole) {
  const std::string path = write_log(3);
  damage(path, offsets[1] + 8 + 4 + 60);
  InspectOptions options = of(path);
  options.recover = true;
  EXPECT_EQ(log(options).code, 0);
  Captured fixed = log(of(path + ".fixed"));
  EXPECT_EQ(fixed.code, 0) << fixed.err;
  EXPECT_THAT(fixed.out, EndsWith("EOF reached after 1 txns.\n"));
  options.believe = true;
  EXPECT_EQ(log(options).code, 0);
  fixed = log(of(path + ".fixed"));
  EXPECT_THAT(fixed.out, EndsWith("EOF reached after 3 txns.\n"));
}

TEST_F(Inspect, WhatIsNoLogIsRefused) {
  EXPECT_THAT(log(of(write("log.1", "something else entirely"))).err,
              HasSubstr("not a transaction log"));
  EXPECT_EQ(log(of((directory / "log.missing").string())).code, 1);
}

class InspectSnapshot : public Inspect {
 protected:
  std::string write_snapshot() {
    tree::Database database{tree::TreeOptions{}};
    database.put_session(SessionId{0x77}, 4000);
    tree::Applied applied;
    EXPECT_TRUE(
        database.apply(record(1, wire::OpCode::kCreate, create_txn("/b", "hello")), applied));
    wire::CreateTxn child = create_txn("/b/c", "");
    EXPECT_TRUE(database.apply(record(2, wire::OpCode::kCreate, child), applied));
    tree::SnapshotWriter writer(database);
    std::string bytes;
    while (writer.next(bytes, 1 << 20)) {
    }
    return write("snapshot.2", bytes);
  }
  static Captured snapshot(const InspectOptions& options) {
    return capture([&] { return inspect_snapshot(options); });
  }
};

TEST_F(InspectSnapshot, PrintsNodesAndSessions) {
  InspectOptions options = of(write_snapshot());
  Captured captured = snapshot(options);
  EXPECT_EQ(captured.code, 0) << captured.err;
  EXPECT_THAT(captured.out,
              StartsWith("ZNode Details (count=7):\n----\n/\n  cZxid = 0x0000000000"));
  EXPECT_THAT(captured.out, HasSubstr("\n----\n/b\n  cZxid = 0x00000000000001\n"));
  EXPECT_THAT(captured.out, HasSubstr("  dataLength = 5\n----\n/b/c\n"));
  EXPECT_THAT(captured.out, EndsWith("Session Details (sid, timeout, ephemeralCount):\n"
                                     "0x00000000000077, 4000, 0\n----\nLast zxid: 0x2\n"));
  options.data = true;
  EXPECT_THAT(snapshot(options).out, HasSubstr("  data = aGVsbG8=\n"));
  options.verify = true;
  EXPECT_EQ(snapshot(options).out, "whole, 7 nodes, 1 sessions, last zxid 0x2\n");
}

TEST_F(InspectSnapshot, AsJson) {
  InspectOptions options = of(write_snapshot());
  options.json = true;
  options.data = true;
  std::istringstream lines(snapshot(options).out);
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) {
    objects.push_back(nlohmann::json::parse(line));
  }
  ASSERT_EQ(objects.size(), 8U);
  EXPECT_EQ(objects[1]["path"], "/b");
  EXPECT_EQ(objects[1]["data"], "hello");
  EXPECT_EQ(objects[6]["session"], "0x77");
  EXPECT_EQ(objects[7]["nodes"], 7);
}

TEST_F(InspectSnapshot, DamageAndWrongNamesAreRefused) {
  const std::string path = write_snapshot();
  damage(path, 200);
  const Captured captured = snapshot(of(path));
  EXPECT_EQ(captured.code, 1);
  EXPECT_THAT(captured.err, HasSubstr(path));
  EXPECT_EQ(snapshot(of(write("other", "x"))).code, 2);
}

TEST(Digest, IsWhatAnAclHolds) {
  EXPECT_EQ(capture([] {
              return run_digest({"user:password", "SHA1"});
            }).out,
            "user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY=\n");
  EXPECT_EQ(capture([] { return run_digest({"no colon", "SHA1"}); }).code, 2);
  EXPECT_EQ(capture([] { return run_digest({"u:p", "MD2"}); }).code, 2);
}

Captured command_line(std::vector<std::string> words) {
  words.insert(words.begin(), "quorate");
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  return capture([&] { return run_command_line(static_cast<int>(argv.size()), argv.data()); });
}

TEST(CommandLine, HelpNamesEveryCommand) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--help"}, std::vector<std::string>{"help"}}) {
    const Captured captured = command_line(words);
    EXPECT_EQ(captured.code, 0);
    for (const char* name : {"shell", "server", "bench", "inspect", "digest", "completion"}) {
      EXPECT_THAT(captured.out, HasSubstr(name));
    }
  }
  EXPECT_THAT(command_line({"help", "bench", "fill"}).out, HasSubstr("--per-directory"));
  EXPECT_THAT(command_line({"help", "shell"}).out, HasSubstr("-waitforconnection"));
  EXPECT_THAT(command_line({"help", "server"}).out, HasSubstr("start-foreground"));
}

TEST(CommandLine, WrongUseIsExitCodeTwo) {
  EXPECT_EQ(command_line({}).code, 2);
  EXPECT_EQ(command_line({"nonsense"}).code, 2);
  EXPECT_EQ(command_line({"bench", "run", "--sessions", "none"}).code, 2);
  EXPECT_EQ(command_line({"inspect", "log"}).code, 2);
  EXPECT_EQ(command_line({"completion", "tcsh"}).code, 2);
}

TEST(CommandLine, TheBashCompletionCompletes) {
  const Captured script = command_line({"completion", "bash"});
  ASSERT_EQ(script.code, 0);
  const fs::path file =
      fs::temp_directory_path() / ("quorate-completion-" + std::to_string(::getpid()));
  std::ofstream(file) << script.out;
  const auto complete = [&](const std::string& words, int index) {
    const std::string run = ". " + file.string() + "; COMP_WORDS=(" + words +
                            "); COMP_CWORD=" + std::to_string(index) +
                            "; _quorate; echo ${COMPREPLY[@]}";
    return capture([&] { return std::system(("bash -c '" + run + "'").c_str()); }).out;
  };
  EXPECT_EQ(complete("quorate ben", 1), "bench\n");
  EXPECT_EQ(complete("quorate bench fi", 2), "fill\n");
  EXPECT_EQ(complete("quorate bench run --out", 3), "--outstanding\n");
  EXPECT_EQ(complete("quorate shell getAc", 2), "getAcl\n");
  EXPECT_EQ(complete("quorate inspect log --ver", 3), "--verify\n");
  EXPECT_THAT(command_line({"completion", "zsh"}).out, StartsWith("autoload"));
  EXPECT_THAT(command_line({"completion", "fish"}).out, HasSubstr("complete -c quorate"));
  fs::remove(file);
}

}  // namespace
}  // namespace quorate::cli
