// File: an open file as the HTTP server streams it out, or spools an upload into it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/base/result.h"

namespace quorate::admin {

/// Owns a descriptor. Reads and writes go on where the last one ended.
class File {
 public:
  File() = default;
  /// Takes the descriptor over.
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  /// A new file without a name in `directory`: it is gone with its descriptor, even after a crash.
  [[nodiscard]] static Result<File> unnamed(const std::string& directory);

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// Reads up to `size` bytes; 0 is the end of the file.
  [[nodiscard]] Result<size_t> read(char* to, size_t size);
  [[nodiscard]] Status write(std::string_view bytes);
  /// The next read or write is at the front.
  [[nodiscard]] Status rewind();

 private:
  int descriptor_ = -1;
};

}  // namespace quorate::admin
