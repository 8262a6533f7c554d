// HttpServer: a small HTTP(S) server on loopback whose answers a test writes, byte by byte if it
// likes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/server/net/test_certificates.h"

namespace quorate::transport::testing {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::string body;
  std::map<std::string, std::string> headers;  ///< Names in lower case.
  int connection = 0;                          ///< Counts from 1.
  std::string client_name;                     ///< Common name of the client's certificate.
};

/// One request that waits for its answer, on a thread of its own.
class Exchange {
 public:
  virtual ~Exchange() = default;
  [[nodiscard]] virtual const ReceivedRequest& request() const = 0;
  /// Writes bytes as they are. False: the client is gone.
  virtual bool write(const std::string& bytes) = 0;
  /// Closes the connection at once.
  virtual void close() = 0;
  /// Waits until the client closes.
  virtual void wait_for_end() = 0;

  void respond(int code, const std::string& body, const std::string& headers = {});
  void start_chunks(int code = 200);
  bool chunk(const std::string& bytes);
  void end_chunks();
};

using Handler = std::function<void(Exchange&)>;

struct ServerOptions {
  /// With it the server speaks TLS.
  const net::test::Issued* identity = nullptr;
  /// With it clients have to show a certificate of this authority.
  std::string client_authority_pem;
  bool is_ipv6 = false;
};

class HttpServer {
 public:
  explicit HttpServer(Handler handler, ServerOptions options = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] int port() const;
  [[nodiscard]] std::vector<ReceivedRequest> received() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::transport::testing
