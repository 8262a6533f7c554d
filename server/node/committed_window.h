// CommittedWindow: the newest committed txns, for followers that are a little behind.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "server/base/ring.h"

namespace quorate::node {

/// Encoded txns, oldest first, bounded by count and by bytes; the newest one may be larger than the
/// bound alone. Buffers that leave it are handed out again, so that a steady load does not
/// allocate.
class CommittedWindow {
 public:
  CommittedWindow(size_t count_max, size_t bytes_max)
      : count_max_(count_max), bytes_max_(bytes_max) {}

  void push(std::string txn) {
    bytes_ += txn.size();
    txns_.push(std::move(txn));
    while (txns_.size() > count_max_ || (bytes_ > bytes_max_ && txns_.size() > 1)) {
      drop_oldest();
    }
  }
  void clear() {
    txns_.clear();
    bytes_ = 0;
  }
  /// An empty buffer, with capacity if one has left the window.
  std::string take_buffer() {
    if (spares_.empty()) {
      return {};
    }
    std::string buffer = std::move(spares_.back());
    spares_.pop_back();
    return buffer;
  }

  [[nodiscard]] size_t size() const { return txns_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::string& operator[](size_t index) const { return txns_[index]; }

 private:
  /// A buffer that once held a large txn is not kept for the small ones after it.
  static constexpr size_t kSpareBytesMax = 4096;
  static constexpr size_t kSparesMax = 64;

  void drop_oldest() {
    std::string oldest = txns_.pop();
    bytes_ -= oldest.size();
    if (oldest.capacity() <= kSpareBytesMax && spares_.size() < kSparesMax) {
      oldest.clear();
      spares_.push_back(std::move(oldest));
    }
  }

  size_t count_max_;
  size_t bytes_max_;
  Ring<std::string> txns_;
  std::vector<std::string> spares_;
  size_t bytes_ = 0;
};

}  // namespace quorate::node
