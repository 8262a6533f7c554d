// Lists of addresses to listen on, as clientPortAddress holds them.
#include "server/config/host_list.h"

#include <algorithm>
#include <utility>

#include "server/base/text.h"

namespace quorate::config {
namespace {

constexpr size_t kHostBytesMax = 253;

bool is_host_char(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit || c == '-' || c == '_' || c == '.' || (c & 0x80) != 0;
}

/// IPv6 text is only recognised here; the resolver judges it. A zone (`%eth0`) may follow.
bool looks_like_ipv6(std::string_view text) {
  const std::string_view address = text.substr(0, text.find('%'));
  const auto is_part = [](char c) {
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return is_hex || c == ':' || c == '.';
  };
  return std::ranges::count(address, ':') >= 2 && std::ranges::all_of(address, is_part);
}

Error wrong(std::string_view text, std::string_view what) {
  return Error{.kind = ErrorKind::kInvalidInput,
               .message = "is " + quoted(text) + ", must be " + std::string(what)};
}

}  // namespace

Result<std::string> parse_host(std::string_view text) {
  text = trim(text);
  std::string_view host = text;
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) {
      return wrong(text, "an IPv6 address in brackets when it starts with '['");
    }
    host = text.substr(1, text.size() - 2);
    if (!looks_like_ipv6(host)) {
      return wrong(text, "an IPv6 address between the brackets");
    }
  }
  const bool is_name = !host.empty() && std::ranges::all_of(host, is_host_char);
  if (host.size() > kHostBytesMax || (!is_name && !looks_like_ipv6(host))) {
    return wrong(text, "a host name or an address, without a port");
  }
  return std::string(host);
}

Result<std::vector<std::string>> parse_hosts(std::string_view text) {
  std::vector<std::string> hosts;
  for (const std::string& part : split_list(text)) {
    Result<std::string> host = parse_host(part);
    if (!host) {
      return host.error();
    }
    if (std::ranges::find(hosts, *host) == hosts.end()) {
      hosts.push_back(std::move(*host));
    }
  }
  if (hosts.empty()) {
    return wrong(text, "host names or addresses joined by commas");
  }
  return hosts;
}

std::string hosts_text(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    text += text.empty() ? "" : ",";
    text += is_ipv6 ? "[" + host + "]" : host;
  }
  return text;
}

}  // namespace quorate::config
