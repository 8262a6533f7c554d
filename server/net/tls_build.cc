// An SSL_CTX step by step: protocol rules, ciphers, keys, trust, verification.
#include "server/net/tls_build.h"

#include <openssl/err.h>

#include <algorithm>
#include <limits>

#include "server/net/certificate.h"
#include "server/net/cipher_suites.h"
#include "server/net/key_store.h"
#include "server/net/tls_context.h"

namespace quorate::net {
namespace {

// OpenSSL's default list, less what has no place in a new installation.
constexpr const char* kDefaultCiphers = "DEFAULT:!aNULL:!eNULL:!3DES:!RC4:!MD5:!PSK:!SRP:!DSS";

Status set_protocols(SSL_CTX* context, const TlsOptions& options) {
  bool tls12 = options.protocols.empty();
  bool tls13 = options.protocols.empty();
  for (const std::string& name : options.protocols) {
    if (name == "TLSv1.2") {
      tls12 = true;
    } else if (name == "TLSv1.3") {
      tls13 = true;
    } else {
      return Error{ErrorKind::kInvalidInput,
                   "unsupported TLS protocol \"" + name + "\": TLSv1.2 and TLSv1.3 are"};
    }
  }
  SSL_CTX_set_min_proto_version(context, tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return {};
}

Status set_ciphers(SSL_CTX* context, const TlsOptions& options) {
  if (options.cipher_suites.empty()) {
    if (SSL_CTX_set_cipher_list(context, kDefaultCiphers) != 1) {
      return Error{ErrorKind::kInvalidInput, take_tls_errors("no cipher suite is available")};
    }
    return {};
  }
  const Result<CipherLists> lists = translate_cipher_suites(options.cipher_suites);
  if (!lists) {
    return lists.error();
  }
  // As Java: a version for which no suite is listed is not spoken.
  if (lists->tls13.empty()) {
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  } else if (SSL_CTX_set_ciphersuites(context, lists->tls13.c_str()) != 1) {
    return Error{ErrorKind::kInvalidInput, take_tls_errors("no usable TLSv1.3 cipher suite")};
  }
  if (lists->tls12.empty()) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  } else if (SSL_CTX_set_cipher_list(context, lists->tls12.c_str()) != 1) {
    return Error{ErrorKind::kInvalidInput, take_tls_errors("no usable TLSv1.2 cipher suite")};
  }
  if (SSL_CTX_get_min_proto_version(context) > SSL_CTX_get_max_proto_version(context)) {
    return Error{ErrorKind::kInvalidInput,
                 "no cipher suite is listed for the enabled TLS protocols"};
  }
  return {};
}

void set_rules(SSL_CTX* context, TlsSide side) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
  // No resumption: a session that skips the handshake would also skip the check of a certificate
  // that has expired or was revoked since.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (side == TlsSide::kServer) {
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_dh_auto(context, 1);
  }
  // Idle connections give their buffers back; output may move between attempts to send it.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
}

Status use_keys(SSL_CTX* context, const StoreOptions& store, const KeyMaterial& keys) {
  bool usable = SSL_CTX_use_certificate(context, keys.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context, keys.key.get()) == 1;
  for (const CertificateHandle& link : keys.chain) {
    usable = usable && SSL_CTX_add1_chain_cert(context, link.get()) == 1;
  }
  if (!usable) {
    return Error{ErrorKind::kInvalidInput,
                 store.path + ": cannot be used: " + take_tls_errors("unknown reason")};
  }
  return {};
}

Status add_revocations(X509_STORE* store, const TlsOptions& options, const TlsFiles& files,
                       const TrustMaterial& trust) {
  for (const CrlHandle& list : trust.revocations) {
    X509_STORE_add_crl(store, list.get());
  }
  size_t count = trust.revocations.size();
  if (!options.crl_path.empty()) {
    const Result<std::string> bytes = files.content(options.crl_path);
    if (!bytes) {
      return bytes.error();
    }
    const Result<TrustMaterial> lists = read_pem_trust(*bytes);
    if (!lists) {
      return Error{lists.error().kind, options.crl_path + ": " + lists.error().message};
    }
    for (const CrlHandle& list : lists->revocations) {
      X509_STORE_add_crl(store, list.get());
    }
    count += lists->revocations.size();
  }
  if (count == 0) {
    const std::string& where =
        options.crl_path.empty() ? options.trust_store.path : options.crl_path;
    return Error{ErrorKind::kInvalidInput,
                 where + ": no revocation list inside, and ssl.crl is on"};
  }
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

Status use_trust(SSL_CTX* context, const TlsOptions& options, const TlsFiles& files,
                 const TrustMaterial& trust) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const CertificateHandle& certificate : trust.certificates) {
    X509_STORE_add_cert(store, certificate.get());
    if (options.side == TlsSide::kServer) {
      SSL_CTX_add_client_CA(context, certificate.get());
    }
  }
  // As Java: whatever lies in the trust store is an anchor, self-signed or not.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  if (options.check_revocation) {
    return add_revocations(store, options, files, trust);
  }
  return {};
}

int verify_mode(const TlsOptions& options) {
  if (options.side == TlsSide::kClient) {
    return SSL_VERIFY_PEER;
  }
  switch (options.client_authentication) {
    case ClientAuthentication::kNone:
      return SSL_VERIFY_NONE;
    case ClientAuthentication::kWant:
      return SSL_VERIFY_PEER;
    case ClientAuthentication::kNeed:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

Status check_presence(const TlsOptions& options) {
  if (options.side == TlsSide::kClient) {
    return {};
  }
  if (options.key_store.path.empty()) {
    return Error{ErrorKind::kInvalidInput,
                 "TLS needs a key store: ssl.keyStore.location is not set"};
  }
  if (options.trust_store.path.empty() &&
      options.client_authentication != ClientAuthentication::kNone) {
    return Error{ErrorKind::kInvalidInput,
                 "client certificates are asked for and nothing says which to trust: set "
                 "ssl.trustStore.location, or ssl.clientAuth=none"};
  }
  return {};
}

Status load_keys(SSL_CTX* context, const TlsOptions& options, const TlsFiles& files, WallMillis now,
                 BuiltContext& built) {
  const Result<KeyMaterial> keys = load_key_store(options.key_store, files, now);
  if (!keys) {
    return keys.error();
  }
  built.subject = subject_text(keys->certificate.get());
  built.not_after = not_after(keys->certificate.get());
  for (const CertificateHandle& link : keys->chain) {
    built.not_after = std::min(built.not_after, not_after(link.get()));
  }
  return use_keys(context, options.key_store, *keys);
}

Status load_trust(SSL_CTX* context, const TlsOptions& options, const TlsFiles& files,
                  WallMillis now, BuiltContext& built) {
  const Result<TrustMaterial> trust = load_trust_store(options.trust_store, files, now);
  if (!trust) {
    return trust.error();
  }
  if (options.key_store.path.empty()) {
    for (const CertificateHandle& anchor : trust->certificates) {
      built.not_after = std::min(built.not_after, not_after(anchor.get()));
    }
  }
  return use_trust(context, options, files, *trust);
}

}  // namespace

Result<BuiltContext> build_tls_context(const TlsOptions& options, const TlsFiles& files,
                                       WallMillis now) {
  BuiltContext built;
  built.not_after = WallMillis{std::numeric_limits<int64_t>::max()};
  const bool server = options.side == TlsSide::kServer;
  built.context.reset(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()),
                      [](SSL_CTX* context) { SSL_CTX_free(context); });
  SSL_CTX* context = built.context.get();
  if (context == nullptr) {
    return Error{ErrorKind::kIo, "OpenSSL: " + take_tls_errors("out of memory")};
  }
  set_rules(context, options.side);
  Status status = check_presence(options);
  if (status) {
    status = set_protocols(context, options);
  }
  if (status) {
    status = set_ciphers(context, options);
  }
  if (status && !options.key_store.path.empty()) {
    status = load_keys(context, options, files, now, built);
  }
  if (status && !options.trust_store.path.empty()) {
    status = load_trust(context, options, files, now, built);
  } else if (status && !server && SSL_CTX_set_default_verify_paths(context) != 1) {
    status = Error{ErrorKind::kIo, "the system's trusted authorities cannot be loaded"};
  }
  if (!status) {
    return status.error();
  }
  SSL_CTX_set_verify(context, verify_mode(options), nullptr);
  return built;
}

}  // namespace quorate::net
