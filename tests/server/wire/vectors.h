// Shared by the tests: bytes as hex text, and the records that Apache's classes wrote.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quorate::wire {

[[nodiscard]] std::string from_hex(std::string_view digits);
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// The lines "name hex" of testdata/`file`, in their order, the hex decoded.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_vectors(std::string_view file);

/// testdata/jute.txt: one record a name, as Apache ZooKeeper 3.9.3 encodes it.
[[nodiscard]] const std::map<std::string, std::string>& apache_records();

/// The bytes of `name` in testdata/quorum.txt: what Apache sends on the quorum and election ports.
/// Throws std::out_of_range when there is none.
[[nodiscard]] const std::string& quorum_vector(const std::string& name);

/// A copy of `bytes` in a block of exactly that size, so that a sanitizer sees any read beyond it.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view bytes) : block_(new char[bytes.size()]), size_(bytes.size()) {
    bytes.copy(block_, size_);
  }
  ~ExactCopy() { delete[] block_; }
  ExactCopy(const ExactCopy&) = delete;
  ExactCopy& operator=(const ExactCopy&) = delete;
  [[nodiscard]] std::string_view view() const { return {block_, size_}; }

 private:
  char* block_;
  size_t size_;
};

}  // namespace quorate::wire
