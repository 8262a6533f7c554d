// The hosts file: read, split into words, compared.
#include "server/peers/hosts_file.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace quorate::peers {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::optional<std::string> find_host(std::string_view text, std::string_view host) {
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address;
    std::string name;
    words >> address;
    while (words >> name) {
      if (same_name(name, host)) {
        return address;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> look_up_host(std::string_view host) {
  const char* path = std::getenv("QUORATE_HOSTS_FILE");
  if (path == nullptr || *path == '\0') {
    return std::nullopt;
  }
  const std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return find_host(text.view(), host);
}

}  // namespace quorate::peers
