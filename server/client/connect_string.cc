// Parsing of connect strings.
#include "server/client/connect_string.h"

#include <algorithm>
#include <charconv>

#include "server/wire/path.h"

namespace quorate::client {
namespace {

Error bad(std::string_view what, std::string_view why) {
  return Error{ErrorKind::kInvalidInput,
               "connect string: '" + std::string(what) + "' " + std::string(why)};
}

Result<uint16_t> parse_port(std::string_view endpoint, std::string_view digits) {
  uint16_t port = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc() || at != end || port == 0) {
    return bad(endpoint, "has no port from 1 to 65535");
  }
  return port;
}

/// "[::1]:2181" or "[::1]".
Result<Endpoint> parse_bracketed(std::string_view text) {
  const size_t close = text.find(']');
  if (close == text.npos || close == 1) {
    return bad(text, "is not an IPv6 address in brackets");
  }
  Endpoint endpoint{std::string(text.substr(1, close - 1)), kDefaultPort};
  const std::string_view rest = text.substr(close + 1);
  if (rest.empty()) {
    return endpoint;
  }
  if (rest.front() != ':') {
    return bad(text, "has something other than a port behind the address");
  }
  const auto port = parse_port(text, rest.substr(1));
  if (!port) {
    return port.error();
  }
  endpoint.port = *port;
  return endpoint;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (text.starts_with('[')) {
    return parse_bracketed(text);
  }
  const size_t colon = text.find(':');
  // An IPv6 address without brackets leaves no room for a port.
  const bool bare_ipv6 = colon != text.npos && text.find(':', colon + 1) != text.npos;
  if (colon == text.npos || bare_ipv6) {
    if (text.empty()) {
      return bad(text, "is not a host");
    }
    return Endpoint{std::string(text), kDefaultPort};
  }
  if (colon == 0) {
    return bad(text, "has no host");
  }
  const auto port = parse_port(text, text.substr(colon + 1));
  if (!port) {
    return port.error();
  }
  return Endpoint{std::string(text.substr(0, colon)), *port};
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string to_text(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + endpoint.host + "]" : endpoint.host;
  return host + ":" + std::to_string(endpoint.port);
}

Result<ConnectString> parse_connect_string(std::string_view text) {
  ConnectString result;
  const size_t slash = text.find('/');
  if (slash != text.npos) {
    const std::string_view chroot = text.substr(slash);
    if (!wire::is_valid_path(chroot)) {
      return bad(chroot, "is not a valid path");
    }
    if (chroot != "/") {
      result.chroot = chroot;
    }
    text = text.substr(0, slash);
  }
  while (true) {
    const size_t comma = text.find(',');
    auto endpoint = parse_endpoint(trim(text.substr(0, comma)));
    if (!endpoint) {
      return endpoint.error();
    }
    result.servers.push_back(std::move(*endpoint));
    if (comma == text.npos) {
      return result;
    }
    text.remove_prefix(comma + 1);
  }
}

}  // namespace quorate::client
