// Field: one key and value of a log line, built without allocation so that a line that is not
// written costs next to nothing.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "server/base/ids.h"
#include "server/base/secret.h"

namespace quorate::log {

/// The wrapper of what must not be logged; it prints as `***`.
using quorate::Secret;

/// A number that is written as 0x and hexadecimal digits, as ZooKeeper writes zxids and sessions.
struct Hex {
  uint64_t value = 0;
};

/// The value of a field. Texts are views: they must live until the call that logs them returns,
/// which every argument of that call does.
class Value {
 public:
  using Variant = std::variant<bool, int64_t, uint64_t, double, Hex, std::string_view>;

  Value(bool value) : variant_(value) {}  // NOLINT implicit
  template <std::signed_integral T>
  Value(T value) : variant_(static_cast<int64_t>(value)) {}  // NOLINT implicit
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) Value(T value)
      : variant_(static_cast<uint64_t>(value)) {}                         // NOLINT implicit
  Value(double value) : variant_(value) {}                                // NOLINT implicit
  Value(Hex value) : variant_(value) {}                                   // NOLINT implicit
  Value(std::string_view value) : variant_(value) {}                      // NOLINT implicit
  Value(const std::string& value) : variant_(std::string_view(value)) {}  // NOLINT implicit
  Value(const char* value) : variant_(std::string_view(value)) {}         // NOLINT implicit
  Value(const Secret&) : variant_(Secret::kRedacted) {}                   // NOLINT implicit
  Value(Zxid zxid) : variant_(Hex{static_cast<uint64_t>(zxid.value)}) {}  // NOLINT implicit
  Value(SessionId session) : variant_(Hex{static_cast<uint64_t>(session.value)}) {}  // NOLINT
  Value(ServerId server) : variant_(server.value) {}              // NOLINT implicit
  Value(ConnectionId connection) : variant_(connection.value) {}  // NOLINT implicit

  [[nodiscard]] const Variant& variant() const { return variant_; }

 private:
  Variant variant_;
};

/// A key, lower case with underscores and its unit last (`duration_ms`), and its value. The keys
/// `time`, `level` and `event` are taken.
struct Field {
  std::string_view key;
  Value value;
};

}  // namespace quorate::log
