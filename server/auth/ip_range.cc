// Parsing and matching of IP ranges without the operating system's resolver.
#include "server/auth/ip_range.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace quorate::auth {

namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr int kMappedBits = 96;
constexpr size_t kDigitsMax = 9;

// Decimal digits only; no sign, no blank. Leading zeros are allowed.
std::optional<int> parse_decimal(std::string_view text) {
  if (text.empty() || text.size() > kDigitsMax) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<std::array<uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<uint8_t, 4> bytes{};
  for (size_t part = 0; part < 4; ++part) {
    const size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (part == 3)) {
      return std::nullopt;
    }
    const auto value = parse_decimal(text.substr(0, dot));
    if (!value || *value > 255) {
      return std::nullopt;
    }
    bytes[part] = static_cast<uint8_t>(*value);
    text.remove_prefix(part == 3 ? text.size() : dot + 1);
  }
  return bytes;
}

std::optional<uint16_t> parse_hex_group(std::string_view text) {
  if (text.empty() || text.size() > 4) {
    return std::nullopt;
  }
  unsigned value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<unsigned>(c - 'a') + 10;
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<unsigned>(c - 'A') + 10;
    } else {
      return std::nullopt;
    }
    value = value * 16 + digit;
  }
  return static_cast<uint16_t>(value);
}

// Groups of one side of "::", as bytes; the last may be a dotted IPv4 address if `v4_allowed`.
std::optional<std::vector<uint8_t>> parse_groups(std::string_view text, bool v4_allowed) {
  std::vector<uint8_t> bytes;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && v4_allowed && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4) {
        return std::nullopt;
      }
      bytes.insert(bytes.end(), v4->begin(), v4->end());
    } else {
      const auto value = parse_hex_group(group);
      if (!value) {
        return std::nullopt;
      }
      bytes.push_back(static_cast<uint8_t>(*value >> 8));
      bytes.push_back(static_cast<uint8_t>(*value & 0xFF));
    }
    if (bytes.size() > 16) {
      return std::nullopt;
    }
    if (!last && colon + 1 == text.size()) {
      return std::nullopt;
    }
    text.remove_prefix(last ? text.size() : colon + 1);
  }
  return bytes;
}

std::optional<std::array<uint8_t, 16>> parse_v6(std::string_view text) {
  std::array<uint8_t, 16> result{};
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    const auto bytes = parse_groups(text, true);
    if (!bytes || bytes->size() != 16) {
      return std::nullopt;
    }
    std::copy(bytes->begin(), bytes->end(), result.begin());
    return result;
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  // The gap stands for at least one group.
  if (!head || !tail || head->size() + tail->size() > 14) {
    return std::nullopt;
  }
  std::copy(head->begin(), head->end(), result.begin());
  std::copy(tail->begin(), tail->end(), result.end() - static_cast<ptrdiff_t>(tail->size()));
  return result;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  IpAddress address;
  if (text.find(':') == std::string_view::npos) {
    const auto v4 = parse_v4(text);
    if (!v4) {
      return std::nullopt;
    }
    address.v4 = true;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
    std::copy(v4->begin(), v4->end(), address.bytes.begin() + kMappedPrefix.size());
    return address;
  }
  const auto v6 = parse_v6(text.substr(0, text.find('%')));
  if (!v6) {
    return std::nullopt;
  }
  address.bytes = *v6;
  address.v4 = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), v6->begin());
  return address;
}

bool IpRange::contains(const IpAddress& candidate) const {
  if (address.v4 != candidate.v4) {
    return false;
  }
  const auto whole = static_cast<size_t>(bits / 8);
  for (size_t at = 0; at < whole; ++at) {
    if (address.bytes[at] != candidate.bytes[at]) {
      return false;
    }
  }
  const int rest = bits % 8;
  if (rest == 0) {
    return true;
  }
  const int difference = address.bytes[whole] ^ candidate.bytes[whole];
  return (difference >> (8 - rest)) == 0;
}

std::optional<IpRange> parse_ip_range(std::string_view text) {
  if (text.find('%') != std::string_view::npos) {
    return std::nullopt;
  }
  const size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) {
    return std::nullopt;
  }
  IpRange range{.address = *address};
  if (slash == std::string_view::npos) {
    return range;
  }
  const auto bits = parse_decimal(text.substr(slash + 1));
  if (!bits) {
    return std::nullopt;
  }
  const bool dotted = text.find(':') == std::string_view::npos;
  const int bits_total = dotted ? *bits + kMappedBits : *bits;
  if (bits_total > 128 || (address->v4 && bits_total < kMappedBits)) {
    return std::nullopt;
  }
  range.bits = bits_total;
  return range;
}

}  // namespace quorate::auth
