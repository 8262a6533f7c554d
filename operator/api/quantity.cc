// Quantities: digits, a fraction, a suffix.
#include "operator/api/quantity.h"

#include <array>
#include <utility>

namespace quorate::api {

namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr int kDigitsMax = 24;
constexpr Wide kMilliMax = (Wide{1} << 63) * 1000;

struct Suffix {
  std::string_view text;
  Wide factor_milli;  ///< Of one unit, in thousandths.
};

constexpr Wide power(Wide base, int exponent) {
  Wide result = 1;
  for (int i = 0; i < exponent; ++i) {
    result *= base;
  }
  return result;
}

constexpr std::array<Suffix, 14> kSuffixes{{
    {"", 1000},
    {"m", 1},
    {"k", power(1000, 2)},
    {"M", power(1000, 3)},
    {"G", power(1000, 4)},
    {"T", power(1000, 5)},
    {"P", power(1000, 6)},
    {"E", power(1000, 7)},
    {"Ki", 1000 * power(1024, 1)},
    {"Mi", 1000 * power(1024, 2)},
    {"Gi", 1000 * power(1024, 3)},
    {"Ti", 1000 * power(1024, 4)},
    {"Pi", 1000 * power(1024, 5)},
    {"Ei", 1000 * power(1024, 6)},
}};

/// The factor of "e9", "E3" and the like; at most 18.
std::optional<Wide> exponent_factor(std::string_view text) {
  if (text.size() < 2 || text.size() > 4 || (text[0] != 'e' && text[0] != 'E')) {
    return std::nullopt;
  }
  text.remove_prefix(text[1] == '+' ? 2 : 1);
  int exponent = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    exponent = exponent * 10 + (c - '0');
  }
  if (text.empty() || exponent > 18) {
    return std::nullopt;
  }
  return 1000 * power(10, exponent);
}

std::optional<Wide> factor_of(std::string_view suffix) {
  for (const Suffix& each : kSuffixes) {
    if (each.text == suffix) {
      return each.factor_milli;
    }
  }
  return exponent_factor(suffix);
}

}  // namespace

std::optional<uint64_t> parse_quantity(std::string_view text) {
  Wide digits = 0;
  Wide divisor = 1;
  int count = 0;
  bool in_fraction = false;
  size_t i = text.starts_with('+') ? 1 : 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !in_fraction) {
      in_fraction = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') {
      break;
    }
    if (++count > kDigitsMax) {
      return std::nullopt;
    }
    digits = digits * 10 + static_cast<Wide>(text[i] - '0');
    divisor *= in_fraction ? 10 : 1;
  }
  const auto factor = factor_of(text.substr(i));
  if (count == 0 || !factor || digits > kMilliMax) {
    return std::nullopt;
  }
  // digits < 2^73 and factor < 2^70: whole and fractional parts are multiplied apart.
  const Wide whole = digits / divisor;
  if (whole > kMilliMax / *factor) {
    return std::nullopt;
  }
  // Fractions beyond nine digits of precision round up, as Kubernetes rounds below its unit.
  Wide rest = digits % divisor;
  Wide scale = divisor;
  while (scale > power(10, 12)) {
    rest /= 10;
    scale /= 10;
  }
  const Wide fraction = (rest * (*factor) + scale - 1) / scale;
  const Wide milli = whole * *factor + fraction;
  return milli < kMilliMax ? std::optional(static_cast<uint64_t>((milli + 999) / 1000))
                           : std::nullopt;
}

}  // namespace quorate::api
