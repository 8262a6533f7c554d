// A running server with its fake source.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "server/admin/admin_server.h"
#include "tests/server/admin/fake_source.h"
#include "tests/server/admin/raw_client.h"

namespace quorate::admin::test {

class AdminFixture : public ::testing::Test {
 protected:
  static constexpr const char* kToken = "Authorization: Bearer open-sesame\r\n";
  static constexpr const char* kRoot = "Authorization: digest root:secret\r\n";

  AdminFixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "quorate-admin-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    write_token("open-sesame\n");
    options_.commands = HttpListenOptions{.address = "127.0.0.1"};
    options_.metrics = HttpListenOptions{.address = "127.0.0.1"};
    options_.token_file = token_path();
    options_.spool_directory = directory_;
  }
  ~AdminFixture() override {
    server_ = nullptr;
    std::filesystem::remove_all(directory_);
  }

  void start() {
    auto server = AdminServer::start(options_, source_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = *std::move(server);
  }
  void write_token(const std::string& text) { std::ofstream(token_path()) << text; }
  [[nodiscard]] std::string token_path() const { return directory_ + "/token"; }
  [[nodiscard]] uint16_t port() const { return server_->command_address()->port; }
  [[nodiscard]] uint16_t metrics_port() const { return server_->metrics_address()->port; }
  RawResponse get(std::string_view target, std::string_view headers = "") {
    return fetch(port(), "GET", target, headers);
  }
  RawResponse post(std::string_view target, std::string_view headers = "",
                   std::string_view body = "") {
    return fetch(port(), "POST", target, headers, body);
  }

  std::string directory_;
  FakeSource source_;
  AdminOptions options_;
  std::unique_ptr<AdminServer> server_;
};

}  // namespace quorate::admin::test
