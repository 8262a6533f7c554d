// The commands of quorate-local.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace quorate::local {

struct UpOptions {
  std::string root = ".quorate-local";
  std::vector<std::string> zones;
  int64_t nodes_per_zone = 1;
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  std::map<std::string, std::string> images;
  int64_t backoff_ms_min = 10'000;
  size_t history_count_max = 20'000;
};

/// Runs until SIGTERM, SIGINT or `down`. Returns the exit code.
[[nodiscard]] int run_up(UpOptions options);
/// Ends a running control plane, or the processes that a killed one left behind.
[[nodiscard]] int run_down(const std::string& root);
[[nodiscard]] int run_status(const std::string& root);

/// Parts between commas, without empty ones.
[[nodiscard]] std::vector<std::string> split_words(const std::string& text);

}  // namespace quorate::local
