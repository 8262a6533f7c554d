// Jute primitives: big-endian integers, length-prefixed buffers and strings (-1 is null), vectors.
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "server/base/bytes.h"

namespace quorate::wire {

/// A buffer that may be null, which is not the same as empty. Borrows its bytes.
using NullableBytes = std::optional<std::string_view>;

/// Appends jute primitives to a string that the caller owns.
class Writer {
 public:
  explicit Writer(std::string& to) : to_(to) {}

  void put_bool(bool value) { to_.push_back(value ? '\1' : '\0'); }
  void put_int(int32_t value) { append_big_endian(to_, value); }
  void put_long(int64_t value) { append_big_endian(to_, value); }
  void put_string(std::string_view value) {
    put_int(static_cast<int32_t>(value.size()));
    to_.append(value);
  }
  void put_buffer(NullableBytes value) {
    if (!value) {
      put_int(-1);
      return;
    }
    put_string(*value);
  }
  void put_raw(std::string_view bytes) { to_.append(bytes); }
  /// Makes room for `size` bytes, which the caller fills in before the next call.
  [[nodiscard]] char* extend(size_t size) {
    const size_t start = to_.size();
    to_.resize(start + size);
    return to_.data() + start;
  }
  /// Opens a buffer whose size is not known yet; hand the result to end_buffer().
  [[nodiscard]] size_t begin_buffer() {
    put_int(0);
    return to_.size();
  }
  /// Fills in the size of the buffer that begin_buffer() opened at `start`.
  void end_buffer(size_t start) {
    store_big_endian(to_.data() + start - 4, static_cast<int32_t>(to_.size() - start));
  }
  [[nodiscard]] size_t size() const { return to_.size(); }

 private:
  std::string& to_;
};

/// Fills memory of a size computed before, as Writer::extend() hands it out. One call grows the
/// string for a whole record, where a Writer would for each field.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}

  template <std::integral T>
  void put(T value) {
    store_big_endian(at_, value);
    at_ += sizeof value;
  }
  void put_bool(bool value) { *at_++ = value ? '\1' : '\0'; }
  void put_raw(std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }
  void put_string(std::string_view value) {
    put(static_cast<int32_t>(value.size()));
    put_raw(value);
  }
  void put_buffer(NullableBytes value) {
    if (!value) {
      put(int32_t{-1});
      return;
    }
    put_string(*value);
  }
  [[nodiscard]] const char* position() const { return at_; }

 private:
  char* at_;
};

/// Bytes that a string or buffer takes on the wire.
[[nodiscard]] inline size_t encoded_size(NullableBytes value) {
  return 4 + (value ? value->size() : 0);
}

/// Reads jute primitives from borrowed bytes. The first impossible length or missing byte makes the
/// reader fail for good: every later read returns zero or empty, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view from) : from_(from) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return position_ == from_.size(); }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return from_.size() - position_; }
  /// The bytes not yet read.
  [[nodiscard]] std::string_view rest() const { return from_.substr(position_); }
  void fail() { ok_ = false; }

  bool get_bool() {
    const char* at = take(1);
    return at != nullptr && *at != 0;
  }
  int32_t get_int() {
    const char* at = take(4);
    return at == nullptr ? 0 : load_big_endian<int32_t>(at);
  }
  int64_t get_long() {
    const char* at = take(8);
    return at == nullptr ? 0 : load_big_endian<int64_t>(at);
  }
  /// A buffer; nullopt is null on the wire (or a failure: check ok()).
  NullableBytes get_buffer() {
    const int32_t size = get_int();
    if (size == -1) {
      return std::nullopt;
    }
    if (size < 0) {
      ok_ = false;
      return std::nullopt;
    }
    const char* at = take(static_cast<size_t>(size));
    if (at == nullptr) {
      return std::nullopt;
    }
    return std::string_view(at, static_cast<size_t>(size));
  }
  /// A string; null reads as empty, as most callers want. Never points to nothing, so that its
  /// bytes can be copied without a look at their number.
  std::string_view get_string() { return get_buffer().value_or(std::string_view("", 0)); }
  /// Count of a vector whose elements take at least `element_bytes_min` bytes each: null reads as
  /// 0, a count that the remaining bytes cannot hold fails.
  int32_t get_count(size_t element_bytes_min) {
    const int32_t count = get_int();
    if (count == -1) {
      return 0;
    }
    if (count < 0 || static_cast<size_t>(count) > remaining() / element_bytes_min) {
      ok_ = false;
      return 0;
    }
    return count;
  }
  std::string_view get_raw(size_t size) {
    const char* at = take(size);
    return at == nullptr ? std::string_view() : std::string_view(at, size);
  }

 private:
  const char* take(size_t size) {
    if (!ok_ || size > from_.size() - position_) {
      ok_ = false;
      return nullptr;
    }
    const char* at = from_.data() + position_;
    position_ += size;
    return at;
  }

  std::string_view from_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace quorate::wire
