// Reading of a container's log: its last lines, then what is appended.
#pragma once

#include <cstdint>
#include <string>

#include "operator/local/api.h"

namespace quorate::local {

class LogReader {
 public:
  LogReader(std::string path, const LogRequest& wanted);

  /// What is new since the last call; at most some hundred KiB.
  [[nodiscard]] std::string take();
  [[nodiscard]] bool follows() const { return wanted_.follow; }
  /// The limit of bytes is reached.
  [[nodiscard]] bool is_finished() const;

 private:
  std::string path_;
  LogRequest wanted_;
  int64_t position_ = 0;
  int64_t taken_bytes_ = 0;
};

}  // namespace quorate::local
