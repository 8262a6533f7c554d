// A growable first-in-first-out queue in one block: no allocation while it stays below its peak.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "server/base/assert.h"

namespace quorate {

/// Elements must be default-constructible; a popped slot is reset to T{}. Empty rings own no memory
/// until the first push, so that thousands of idle ones stay small.
template <typename T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] size_t size() const { return count_; }
  T& front() {
    QR_ASSERT(count_ > 0);
    return slots_[head_];
  }
  const T& front() const {
    QR_ASSERT(count_ > 0);
    return slots_[head_];
  }
  T& back() { return (*this)[count_ - 1]; }
  T& operator[](size_t index) {
    QR_ASSERT(index < count_);
    return slots_[(head_ + index) & (slots_.size() - 1)];
  }
  const T& operator[](size_t index) const {
    QR_ASSERT(index < count_);
    return slots_[(head_ + index) & (slots_.size() - 1)];
  }
  T& push(T value) {
    if (count_ == slots_.size()) {
      grow();
    }
    T& slot = slots_[(head_ + count_) & (slots_.size() - 1)];
    slot = std::move(value);
    ++count_;
    return slot;
  }
  T pop() {
    QR_ASSERT(count_ > 0);
    T value = std::exchange(slots_[head_], T{});
    head_ = (head_ + 1) & (slots_.size() - 1);
    --count_;
    return value;
  }
  void pop_back() {
    QR_ASSERT(count_ > 0);
    back() = T{};
    --count_;
  }
  void clear() {
    slots_.clear();
    slots_.shrink_to_fit();
    head_ = 0;
    count_ = 0;
  }

 private:
  void grow() {
    std::vector<T> bigger(slots_.empty() ? 4 : slots_.size() * 2);
    for (size_t index = 0; index < count_; ++index) {
      bigger[index] = std::move((*this)[index]);
    }
    slots_ = std::move(bigger);
    head_ = 0;
  }

  std::vector<T> slots_;
  size_t head_ = 0;
  size_t count_ = 0;
};

}  // namespace quorate
