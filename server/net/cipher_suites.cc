// Translation of cipher suite names through OpenSSL's own table.
#include "server/net/cipher_suites.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "server/net/tls_handles.h"

namespace quorate::net {
namespace {

using ContextHandle = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;

struct Suite {
  std::string java_name;
  std::string openssl_name;
  bool tls13 = false;
};

std::vector<Suite> known_suites() {
  std::vector<Suite> suites;
  const ContextHandle context(SSL_CTX_new(TLS_method()));
  if (context == nullptr) {
    return suites;
  }
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "ALL:!aNULL:!eNULL");
  SSL_CTX_set_ciphersuites(context.get(),
                           "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
                           "TLS_AES_128_GCM_SHA256:TLS_AES_128_CCM_SHA256:"
                           "TLS_AES_128_CCM_8_SHA256");
  STACK_OF(SSL_CIPHER)* all = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(all); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(all, i);
    const char* java_name = SSL_CIPHER_standard_name(cipher);
    suites.push_back({.java_name = java_name != nullptr ? java_name : "",
                      .openssl_name = SSL_CIPHER_get_name(cipher),
                      .tls13 = std::string_view(SSL_CIPHER_get_version(cipher)) == "TLSv1.3"});
  }
  return suites;
}

void append_name(std::string& list, const std::string& name) {
  list += (list.empty() ? "" : ":") + name;
}

}  // namespace

Result<CipherLists> translate_cipher_suites(const std::vector<std::string>& names) {
  const std::vector<Suite> suites = known_suites();
  CipherLists lists;
  for (const std::string& name : names) {
    const std::string iana = name.starts_with("SSL_") ? "TLS_" + name.substr(4) : name;
    const auto found = std::find_if(suites.begin(), suites.end(), [&](const Suite& suite) {
      return suite.java_name == iana || suite.openssl_name == name;
    });
    if (found == suites.end()) {
      return Error{ErrorKind::kInvalidInput,
                   "unknown or unsupported cipher suite \"" + name + "\""};
    }
    append_name(found->tls13 ? lists.tls13 : lists.tls12, found->openssl_name);
  }
  return lists;
}

}  // namespace quorate::net
