// Snapshot and restore over HTTP.
#include <nlohmann/json.hpp>

#include "tests/server/admin/admin_fixture.h"

namespace quorate::admin::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Snapshots : public AdminFixture {
 protected:
  Snapshots() { options_.rate_limit_interval = Duration(0); }

  static std::string big(size_t size) {
    std::string bytes(size, '\0');
    for (size_t at = 0; at < size; ++at) {
      bytes[at] = static_cast<char>(at * 2654435761U >> 13);
    }
    return bytes;
  }
};

TEST_F(Snapshots, StreamsTheFile) {
  const std::string bytes = big(3'000'001);
  source_.set_snapshot(bytes);
  start();
  for (const char* target : {"/commands/snapshot", "/commands/snap?streaming=true"}) {
    const RawResponse response = get(target, kRoot);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.at("content-type"), "application/octet-stream");
    EXPECT_EQ(response.headers.at("last_zxid"), "0xf");
    EXPECT_EQ(response.headers.at("snapshot_size"), "3000001");
    EXPECT_TRUE(response.body == bytes);
  }
}

TEST_F(Snapshots, WithoutStreamingItSaysSo) {
  start();
  const RawResponse response = get("/commands/snapshot?streaming=false", kToken);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("last_zxid"), "0xf");
  EXPECT_EQ(json::parse(response.body)["command"], "snapshot");
  EXPECT_TRUE(json::parse(response.body)["error"].is_null());
}

TEST_F(Snapshots, AnEmptyFileIsSentAsSuch) {
  source_.set_snapshot("");
  start();
  const RawResponse response = get("/commands/snapshot", kToken);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(Snapshots, HeadSendsNoFile) {
  start();
  const RawResponse response = fetch(port(), "HEAD", "/commands/snapshot", kToken);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-length"), "4");
}

TEST_F(Snapshots, TheConnectionGoesOnAfterAFile) {
  start();
  RawClient client(port());
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(client.send("GET /commands/snapshot HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                            "\r\n"));
    const auto response = client.receive();
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->body, "ZKSN");
  }
}

TEST_F(Snapshots, NeedProof) {
  start();
  EXPECT_EQ(get("/commands/snapshot").status, 401);
  EXPECT_EQ(get("/commands/snapshot", "Authorization: xx\r\n").status, 401);
  EXPECT_EQ(get("/commands/snapshot", "Authorization: nosuch a:b\r\n").status, 401);
  const RawResponse wrong = get("/commands/snapshot", "Authorization: digest bad:bad\r\n");
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(json::parse(wrong.body)["error"], "Not authorized");
  EXPECT_EQ(post("/commands/restore", "", "x").status, 401);
  EXPECT_EQ(post("/commands/restore", "Authorization: digest bad:bad\r\n", "x").status, 403);
  EXPECT_FALSE(source_.effects().restored.has_value());
  EXPECT_THAT(source_.effects().administrators,
              ElementsAre("digest bad:bad 127.0.0.1", "digest bad:bad 127.0.0.1"));
}

TEST_F(Snapshots, FailureIsAnError) {
  source_.fail_snapshot("no space left");
  start();
  const RawResponse response = get("/commands/snapshot", kRoot);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(json::parse(response.body)["error"], "no space left");
  EXPECT_EQ(server_->facts().snapshot_errors, 1u);
}

TEST_F(Snapshots, SlownessIsAnError) {
  options_.snapshot_timeout = std::chrono::milliseconds(50);
  start();
  source_.hold();
  EXPECT_EQ(get("/commands/snapshot", kToken).status, 500);
  EXPECT_EQ(post("/commands/restore", kToken, "x").status, 500);
}

TEST_F(Snapshots, MayBeDisabled) {
  options_.snapshot_enabled = false;
  options_.restore_enabled = false;
  start();
  EXPECT_EQ(get("/commands/snapshot").status, 401) << "who may not know is not told";
  EXPECT_EQ(get("/commands/snapshot", kToken).status, 503);
  EXPECT_EQ(post("/commands/restore", kToken, "x").status, 503);
}

TEST_F(Snapshots, AreLimitedInRate) {
  options_.rate_limit_interval = std::chrono::hours(1);
  start();
  EXPECT_EQ(get("/commands/snapshot").status, 401);
  EXPECT_EQ(get("/commands/snapshot", kToken).status, 200) << "a refused one does not count";
  EXPECT_EQ(get("/commands/snapshot", kToken).status, 429);
  EXPECT_EQ(post("/commands/restore", kToken).status, 400) << "nor does one without a body";
  EXPECT_EQ(post("/commands/restore", kToken, "x").status, 200) << "each has its own limit";
  EXPECT_EQ(post("/commands/restore", kToken, "x").status, 429);
  EXPECT_EQ(server_->facts().snapshot_rate_limited, 1u);
  EXPECT_EQ(server_->facts().restore_rate_limited, 1u);
}

TEST_F(Snapshots, RestoreHandsTheBodyOver) {
  const std::string bytes = big(2'345'678);
  start();
  const RawResponse response = post("/commands/restore", kRoot, bytes);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body)["last_zxid"], 0x20);
  EXPECT_TRUE(source_.effects().restored == bytes);
  // The spool has no name, so nothing is left but the token.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_), {}), 1);
}

TEST_F(Snapshots, RestoreTakesChunks) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                          "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  ASSERT_TRUE(client.send("4\r\ndefg\r\n0\r\n\r\n"));
  const auto response = client.receive();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(source_.effects().restored, "abcdefg");
  ASSERT_TRUE(client.send("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(client.expect().status, 200) << "the connection goes on";
}

TEST_F(Snapshots, RestoreSendsContinueOnlyToThoseWhoMay) {
  start();
  const std::string head =
      "POST /commands/restore HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n";
  RawClient refused(port());
  ASSERT_TRUE(refused.send(head + "\r\n"));
  EXPECT_EQ(refused.expect().status, 401);
  EXPECT_TRUE(refused.closes()) << "its body would be read as a request";
  RawClient client(port());
  ASSERT_TRUE(client.send(head + kToken + "\r\n"));
  EXPECT_EQ(client.expect().status, 100);
  ASSERT_TRUE(client.send("abc"));
  EXPECT_EQ(client.expect().status, 200);
  EXPECT_EQ(source_.effects().restored, "abc");
}

TEST_F(Snapshots, RestoreNeedsABody) {
  start();
  EXPECT_EQ(post("/commands/restore", kToken).status, 400);
  RawClient chunked(port());
  ASSERT_TRUE(chunked.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(chunked.expect().status, 400);
  EXPECT_FALSE(source_.effects().restored.has_value());
}

TEST_F(Snapshots, RestoreIsBounded) {
  options_.restore_bytes_max = 100'000;
  start();
  EXPECT_EQ(post("/commands/restore", kToken, big(100'000)).status, 200);
  // Announced too large: refused at the header, before the body is sent.
  RawClient announced(port());
  ASSERT_TRUE(announced.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" +
                             std::string(kToken) + "Content-Length: 100001\r\n\r\n"));
  EXPECT_EQ(announced.expect().status, 413);
  RawClient chunked(port());
  ASSERT_TRUE(chunked.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                           "Transfer-Encoding: chunked\r\n\r\n186a1\r\n" + big(100'001) + "\r\n"));
  const auto response = chunked.receive();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);
}

TEST_F(Snapshots, RestoreFailuresAreErrors) {
  source_.fail_restore("the checksum is wrong");
  start();
  const RawResponse response = post("/commands/restore", kToken, "garbage");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(json::parse(response.body)["error"], "the checksum is wrong");
  EXPECT_EQ(server_->facts().restore_errors, 1u);
}

TEST_F(Snapshots, AnUnwritableSpoolIsAnError) {
  options_.spool_directory = directory_ + "/none";
  start();
  const RawResponse response = post("/commands/restore", kToken, "x");
  EXPECT_EQ(response.status, 500);
  EXPECT_THAT(response.body, HasSubstr("cannot make a temporary file"));
}

TEST_F(Snapshots, AnInterruptedUploadIsForgotten) {
  start();
  {
    RawClient client(port());
    ASSERT_TRUE(client.send("POST /commands/restore HTTP/1.1\r\nHost: x\r\n" + std::string(kToken) +
                            "Content-Length: 10\r\n\r\nabc"));
  }
  EXPECT_EQ(post("/commands/restore", kToken, "whole").status, 200);
  EXPECT_EQ(source_.effects().restored, "whole");
}

}  // namespace
}  // namespace quorate::admin::test
