// Credentials: who we are to the API server, as it may change while we run.
#pragma once

#include <memory>
#include <string>

#include "server/base/result.h"
#include "server/base/secret.h"

namespace quorate::transport {

/// A client certificate with its chain, and its key, in PEM. Both empty: none.
struct ClientIdentity {
  std::string certificate_pem;
  Secret key_pem;
};

/// What the transport asks before each request, from one thread at a time. It may block, for as
/// long as a plugin takes.
class Credentials {
 public:
  virtual ~Credentials() = default;

  /// The value of the Authorization header; empty: none. Errors name the file and the field.
  [[nodiscard]] virtual Result<Secret> authorization() = 0;
  /// For connections made from now on.
  [[nodiscard]] virtual Result<ClientIdentity> identity() = 0;
  /// The server refused what authorization() gave (401): read it anew.
  virtual void rejected() = 0;
};

/// Whom we trust to be the server.
struct ServerTrust {
  std::string ca_pem;   ///< Given in place.
  std::string ca_file;  ///< Read anew now and then. With neither: the system's authorities.
  /// Accepts any certificate.
  bool is_insecure = false;
  /// The name that the certificate has to bear when it is not the URL's; also sent as Host.
  std::string server_name;
};

/// Where the API is and how to get in.
struct Cluster {
  std::string url;  ///< `https://host:port/prefix`.
  ServerTrust trust;
  std::shared_ptr<Credentials> credentials;
  std::string space;   ///< Namespace by default; empty: none named.
  std::string source;  ///< Where this was found, for people.
};

}  // namespace quorate::transport
