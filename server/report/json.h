// JSON text in the style of ZooKeeper's AdminServer: two spaces, `"key" : value`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace quorate::report {

/// Objects keep the order in which keys were added.
using Json = nlohmann::ordered_json;

/// `value` pretty-printed as Jackson does: arrays of objects as "[ {", empty ones as "[ ]",
/// doubles as Java prints them, NaN and infinities as strings. Bytes that are not UTF-8 become
/// U+FFFD. `value` is of our own making: it is not nested deeper than a few levels.
[[nodiscard]] std::string json_text(const Json& value);

}  // namespace quorate::report
