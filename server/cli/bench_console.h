// A blocking session with one request at a time: what the load generator prepares and cleans with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/cli/bench_connection.h"
#include "server/wire/error_code.h"
#include "server/wire/opcode.h"

namespace quorate::cli {

/// Waits at most 30 s for each reply. Sends no pings: after a long pause it takes a new session.
class BenchConsole {
 public:
  BenchConsole() = default;
  ~BenchConsole();
  BenchConsole(const BenchConsole&) = delete;
  BenchConsole& operator=(const BenchConsole&) = delete;

  [[nodiscard]] Status open(const BenchServer& server, int32_t timeout_ms);
  /// Creates a persistent open node; one that is there already is no error.
  [[nodiscard]] Status create(std::string_view path, std::string_view data);
  /// Whether the node exists; its data in `data()` if so.
  [[nodiscard]] Result<bool> read(std::string_view path);
  [[nodiscard]] const std::string& data() const { return data_; }
  /// Names of the children; none if the node does not exist.
  [[nodiscard]] Result<std::vector<std::string>> children(std::string_view path);
  /// Deletes a node; one that is not there is no error.
  [[nodiscard]] Status remove(std::string_view path);

 private:
  struct Reply {
    wire::ErrorCode error = wire::ErrorCode::kOk;
    std::string body;
  };
  [[nodiscard]] Result<Reply> call(wire::OpCode op, std::string_view request);
  [[nodiscard]] Result<Reply> exchange(wire::OpCode op, std::string_view request);
  [[nodiscard]] Status send_all(std::string_view bytes);
  [[nodiscard]] Result<std::string> receive_frame();
  [[nodiscard]] Status receive(char* to, size_t size);

  [[nodiscard]] Status connect();
  void close();

  BenchServer server_;
  int32_t timeout_ms_ = 0;
  int64_t last_used_ns_ = 0;
  int fd_ = -1;
  int32_t xid_ = 0;
  std::string data_;
};

}  // namespace quorate::cli
