// From properties to a client's TLS context.
#include "server/cli/client_tls.h"

#include <chrono>
#include <fstream>
#include <optional>
#include <sstream>

#include "server/cli/shell_words.h"
#include "server/config/properties.h"

namespace quorate::cli {
namespace {

std::string property(const ClientProperties& properties, std::string_view name) {
  const auto found = properties.find(name);
  return found == properties.end() ? std::string() : found->second;
}

bool is_true(std::string_view text) { return text == "true" || text == "TRUE" || text == "True"; }

Result<net::StoreOptions> store(const ClientProperties& properties, const std::string& name) {
  const std::string prefix = "zookeeper.ssl." + name + ".";
  net::StoreOptions options;
  options.path = property(properties, prefix + "location");
  options.password = property(properties, prefix + "password");
  options.password_path = property(properties, prefix + "passwordPath");
  const std::string type = property(properties, prefix + "type");
  if (!net::parse_store_type(type, options.type)) {
    return Error{ErrorKind::kInvalidInput,
                 prefix + "type: '" + type + "' is none of JKS, PEM, PKCS12"};
  }
  return options;
}

std::vector<std::string> comma_list(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream in(text);
  std::string item;
  while (std::getline(in, item, ',')) {
    if (!item.empty()) {
      items.push_back(item);
    }
  }
  return items;
}

}  // namespace

void add_jvm_flags(std::string_view flags, ClientProperties& to) {
  for (const std::string& word : split_words(flags)) {
    const size_t equals = word.find('=');
    if (word.starts_with("-D") && equals != std::string::npos) {
      to[word.substr(2, equals - 2)] = word.substr(equals + 1);
    }
  }
}

Status add_properties_file(const std::string& file, ClientProperties& to) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) {
    return Error{ErrorKind::kNotFound, "cannot read client configuration " + file};
  }
  const config::PropertiesText parsed = config::parse_properties(text.str(), file);
  if (!parsed.errors.empty()) {
    return Error{ErrorKind::kInvalidInput, to_text(parsed.errors.front())};
  }
  for (const config::Property& one : parsed.properties) {
    to[one.key] = one.value;
  }
  return {};
}

Result<std::optional<net::TlsOptions>> tls_options(const ClientProperties& properties) {
  if (!is_true(property(properties, "zookeeper.client.secure"))) {
    return std::optional<net::TlsOptions>();
  }
  net::TlsOptions options;
  options.side = net::TlsSide::kClient;
  auto keys = store(properties, "keyStore");
  if (!keys) {
    return keys.error();
  }
  options.key_store = std::move(*keys);
  auto trust = store(properties, "trustStore");
  if (!trust) {
    return trust.error();
  }
  options.trust_store = std::move(*trust);
  const std::string verify = property(properties, "zookeeper.ssl.hostnameVerification");
  options.verify_host_name = verify.empty() || is_true(verify);
  options.protocols = comma_list(property(properties, "zookeeper.ssl.enabledProtocols"));
  options.cipher_suites = comma_list(property(properties, "zookeeper.ssl.ciphersuites"));
  return std::optional<net::TlsOptions>(std::move(options));
}

Result<std::shared_ptr<net::TlsContext>> tls_context(net::TlsOptions options) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const WallMillis wall{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
  return net::TlsContext::create(std::move(options), wall);
}

}  // namespace quorate::cli
