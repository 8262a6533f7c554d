// The known key that a mistyped one was probably meant to be.
#include "server/config/suggest.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "server/base/text.h"
#include "server/config/key.h"

namespace quorate::config {
namespace {

constexpr size_t kNameBytesMax = 128;
constexpr std::string_view kLongPrefix = "zookeeper.";

/// The best candidate so far; the first of equals stays.
struct Best {
  std::string name = {};
  size_t distance = SIZE_MAX;

  void offer(std::string_view wanted, std::string_view candidate, std::string_view suffix) {
    const size_t allowed = std::max<size_t>(1, wanted.size() / 3);
    const size_t found = edit_distance(wanted, candidate);
    if (found <= allowed && found < distance) {
      distance = found;
      name = std::string(candidate) + std::string(suffix);
    }
  }
};

}  // namespace

size_t edit_distance(std::string_view a_text, std::string_view b_text) {
  const std::string a = to_lower(a_text);
  const std::string b = to_lower(b_text);
  // Rows of the table of distances between prefixes: two back, one back, this one.
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> above(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_swap) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

std::string closest_key(std::string_view name) {
  if (name.size() > kNameBytesMax) {
    return {};
  }
  if (name.starts_with(kLongPrefix)) {
    name.remove_prefix(kLongPrefix.size());
  }
  Best best;
  const size_t dot = name.rfind('.');
  const size_t prefix_size = dot == std::string_view::npos ? 0 : dot + 1;
  for (const Key& key : all_keys()) {
    if (key.name.ends_with('.')) {
      if (prefix_size > 0 && prefix_size < name.size()) {
        best.offer(name.substr(0, prefix_size), key.name, name.substr(prefix_size));
      }
    } else if (is_supported(key)) {
      best.offer(name, key.name, {});
      for (const std::string& alias : key.aliases) {
        best.offer(name, alias, {});
      }
    }
  }
  return best.name;
}

}  // namespace quorate::config
