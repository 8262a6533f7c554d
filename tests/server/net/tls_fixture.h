// TlsFixture: a PortFixture with an authority, a server certificate and TLS clients.
#pragma once

#include <memory>
#include <string>

#include "server/net/tls_context.h"
#include "tests/server/net/port_fixture.h"
#include "tests/server/net/test_certificates.h"

namespace quorate::net::test {

class TlsFixture : public PortFixture {
 protected:
  /// Options of a server whose certificate is `server`, and which trusts `authority`.
  TlsOptions server_options(ClientAuthentication authentication) const {
    return {.key_store = {.path = directory.write("server.pem", server.both_pem())},
            .trust_store = {.path = directory.write("ca.pem", authority.pem())},
            .client_authentication = authentication};
  }

  std::shared_ptr<TlsContext> make_context(TlsOptions options) {
    Result<std::shared_ptr<TlsContext>> made = TlsContext::create(std::move(options), wall_now());
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made ? *made : nullptr;
  }

  uint16_t listen_tls(TlsOptions options, TlsMode mode = TlsMode::kOn) {
    context = make_context(std::move(options));
    return listen({.address = "127.0.0.1", .tls = mode, .tls_context = context});
  }
  uint16_t listen_tls(ClientAuthentication authentication, TlsMode mode = TlsMode::kOn) {
    return listen_tls(server_options(authentication), mode);
  }

  /// The one rejection so far; fails the test if there is none.
  [[nodiscard]] Rejection rejection() const {
    EXPECT_EQ(handler.rejected.size(), 1U);
    return handler.rejected.empty() ? Rejection{} : handler.rejected.front();
  }

  TemporaryDirectory directory;
  Authority authority{"Root"};
  Issued server = authority.issue(
      {.common_name = "server", .alternative_names = {"DNS:localhost", "IP:127.0.0.1"}});
  std::shared_ptr<TlsContext> context;
};

}  // namespace quorate::net::test
