// Hex text and the files of vectors.
#include "tests/server/wire/vectors.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace quorate::wire {

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (size_t at = 0; at + 1 < digits.size(); at += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(at, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const char byte : bytes) {
    digits.push_back(kDigits[static_cast<unsigned char>(byte) >> 4]);
    digits.push_back(kDigits[static_cast<unsigned char>(byte) & 15]);
  }
  return digits;
}

std::vector<std::pair<std::string, std::string>> read_vectors(std::string_view file) {
  const std::string path =
      std::string(QUORATE_SOURCE_DIR "/tests/server/wire/testdata/").append(file);
  std::ifstream from(path);
  std::vector<std::pair<std::string, std::string>> vectors;
  for (std::string line; std::getline(from, line);) {
    const size_t space = line.find(' ');
    vectors.emplace_back(line.substr(0, space), from_hex(line.substr(space + 1)));
  }
  if (vectors.empty()) {
    throw std::runtime_error("no vectors in " + path);
  }
  return vectors;
}

const std::map<std::string, std::string>& apache_records() {
  static const auto* records = [] {
    const auto vectors = read_vectors("jute.txt");
    return new std::map<std::string, std::string>(vectors.begin(), vectors.end());
  }();
  return *records;
}

const std::string& quorum_vector(const std::string& name) {
  static const auto* vectors = [] {
    const auto read = read_vectors("quorum.txt");
    return new std::map<std::string, std::string>(read.begin(), read.end());
  }();
  return vectors->at(name);
}

}  // namespace quorate::wire
