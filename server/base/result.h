// Result<T> and Status: operating errors as values, with a message that names what, where and why.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "server/base/assert.h"

namespace quorate {

/// What kind of operating error it is; decides the exit code and whether a retry can help.
enum class ErrorKind {
  kInvalidInput,  ///< A value from outside is wrong: configuration, argument, file content.
  kNotFound,      ///< A file, path or name does not exist.
  kIo,            ///< The operating system refused a read, write, sync or socket call.
  kNoSpace,       ///< The disk is full or a quota of the file system is reached.
  kCorrupt,       ///< Bytes on disk contradict their checksum or each other.
  kConflict,      ///< Somebody else holds it: a lock, a port.
  kUnavailable,   ///< The other side does not answer, or not in time.
  kDenied,        ///< Credentials are missing, wrong or expired.
};

/// An operating error. `message` is one line: what failed, on what, why, and what to do.
struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::kInvalidInput;
  std::string message;
};

/// A value or an Error. Test it before use; reading the wrong side is a programmer error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT implicit

  explicit operator bool() const { return state_.index() == 0; }
  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  T& value() & {
    QR_ASSERT(ok());
    return std::get<0>(state_);
  }
  const T& value() const& {
    QR_ASSERT(ok());
    return std::get<0>(state_);
  }
  T&& value() && {
    QR_ASSERT(ok());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] const Error& error() const {
    QR_ASSERT(!ok());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}  // NOLINT implicit

  explicit operator bool() const { return !error_.has_value(); }
  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  [[nodiscard]] const Error& error() const {
    QR_ASSERT(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace quorate
