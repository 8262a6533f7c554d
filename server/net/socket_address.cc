// Socket addresses: resolution through the system's resolver, text form, hashing.
#include "server/net/socket_address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string_view>

namespace quorate::net {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_mapped(const HostKey& host) {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), host.bytes.begin());
}

bool system_has_ipv6() {
  const int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) {
    return false;
  }
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_loopback;
  const bool usable = ::bind(probe, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
  ::close(probe);
  return usable;
}

RawAddress any_address(uint16_t port) {
  RawAddress raw;
  if (system_has_ipv6()) {
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&raw.storage);
    in6->sin6_family = AF_INET6;
    in6->sin6_addr = in6addr_any;
    in6->sin6_port = htons(port);
    raw.size = sizeof *in6;
  } else {
    auto* in4 = reinterpret_cast<sockaddr_in*>(&raw.storage);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    raw.size = sizeof *in4;
  }
  return raw;
}

uint64_t process_seed() {
  static const uint64_t seed = (uint64_t{std::random_device{}()} << 32) | std::random_device{}();
  return seed;
}

}  // namespace

SocketAddress SocketAddress::from(const sockaddr_storage& raw) {
  SocketAddress address;
  if (raw.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(raw);
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.host.bytes.begin());
    std::memcpy(address.host.bytes.data() + kMappedPrefix.size(), &in4.sin_addr, 4);
    address.port = ntohs(in4.sin_port);
  } else if (raw.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(raw);
    std::memcpy(address.host.bytes.data(), &in6.sin6_addr, 16);
    address.scope = in6.sin6_scope_id;
    address.port = ntohs(in6.sin6_port);
  }
  return address;
}

std::string SocketAddress::host_text() const {
  char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
  if (is_mapped(host)) {
    ::inet_ntop(AF_INET, host.bytes.data() + kMappedPrefix.size(), text, sizeof text);
    return text;
  }
  ::inet_ntop(AF_INET6, host.bytes.data(), text, sizeof text);
  std::string result = text;
  if (scope != 0) {
    char name[IF_NAMESIZE] = "";
    result += '%';
    result += ::if_indextoname(scope, name) != nullptr ? std::string(name) : std::to_string(scope);
  }
  return result;
}

Result<std::vector<RawAddress>> resolve_listen_addresses(const std::string& host, uint16_t port) {
  std::vector<RawAddress> addresses;
  if (host.empty() || host == "*") {
    addresses.push_back(any_address(port));
    return addresses;
  }
  std::string name = host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) {
    return Error{ErrorKind::kInvalidInput,
                 "cannot listen on \"" + host +
                     "\": " + (code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code))};
  }
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    RawAddress raw;
    std::memcpy(&raw.storage, at->ai_addr, at->ai_addrlen);
    raw.size = at->ai_addrlen;
    const bool known =
        std::any_of(addresses.begin(), addresses.end(), [&](const RawAddress& other) {
          return other.size == raw.size && std::memcmp(&other.storage, &raw.storage, raw.size) == 0;
        });
    if (!known) {
      addresses.push_back(raw);
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

void set_socket_option(int fd, int level, int option, int value) {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace quorate::net

size_t std::hash<quorate::net::HostKey>::operator()(
    const quorate::net::HostKey& key) const noexcept {
  // Seeded, so that clients cannot choose addresses that collide.
  uint64_t halves[2];
  std::memcpy(halves, key.bytes.data(), sizeof halves);
  uint64_t mixed = quorate::net::process_seed();
  for (const uint64_t half : halves) {
    mixed = (mixed ^ half) * 0x9E3779B97F4A7C15U;
    mixed ^= mixed >> 29;
  }
  return static_cast<size_t>(mixed);
}
