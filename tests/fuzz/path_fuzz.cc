// The path rule against a second one, written from its description: decode to code points as Java
// does, malformed bytes to U+FFFD, then look at characters and components.
#include "server/wire/path.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// A well-formed sequence at `at`, or U+FFFD and one byte: how many replacements Java would make of
// a malformed stretch does not matter, one is enough to refuse it.
char32_t next_point(std::string_view bytes, size_t& at) {
  const auto lead = static_cast<unsigned char>(bytes[at++]);
  if (lead < 0x80) {
    return lead;
  }
  int more = 0;
  char32_t point = 0;
  char32_t least = 0;
  if ((lead & 0xE0) == 0xC0) {
    more = 1, point = lead & 0x1F, least = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    more = 2, point = lead & 0x0F, least = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    more = 3, point = lead & 0x07, least = 0x10000;
  } else {
    return kReplacement;
  }
  for (; more > 0; --more) {
    if (at == bytes.size() || (static_cast<unsigned char>(bytes[at]) & 0xC0) != 0x80) {
      return kReplacement;
    }
    point = point << 6 | (static_cast<unsigned char>(bytes[at++]) & 0x3F);
  }
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < least || point > 0x10FFFF || surrogate ? kReplacement : point;
}

bool is_forbidden(char32_t point) {
  return point <= 0x1F || (point >= 0x7F && point <= 0x9F) ||
         (point >= 0xD800 && point <= 0xF8FF) || (point >= 0xFFF0 && point <= 0xFFFF) ||
         point >= 0x10000;  // Two surrogates in UTF-16.
}

bool reference_is_valid(std::string_view path) {
  if (path == "/") {
    return true;
  }
  if (path.empty() || path.front() != '/' || path.back() == '/') {
    return false;
  }
  for (size_t at = 0; at < path.size();) {
    if (is_forbidden(next_point(path, at))) {
      return false;
    }
  }
  const std::string closed = std::string(path) + "/";
  return std::ranges::none_of(
      std::vector<std::string_view>{"//", "/./", "/../"},
      [&closed](std::string_view bad) { return closed.find(bad) != std::string::npos; });
}

void check_parts(std::string_view path) {
  const std::string_view parent = wire::parent_of(path);
  const std::string_view name = wire::name_of_path(path);
  FUZZ_CHECK(lies_inside(parent, path) && lies_inside(name, path));
  if (wire::is_valid_path(path) && path != "/") {
    const std::string joined = std::string(parent) + (parent == "/" ? "" : "/") + std::string(name);
    FUZZ_CHECK(joined == path);
    FUZZ_CHECK(wire::is_valid_path(parent));
    FUZZ_CHECK(wire::is_within(path, parent) && !wire::is_within(parent, path));
    FUZZ_CHECK(wire::is_within(path, "/") && wire::is_within(path, path));
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs;
  for (const auto& [verdict, path] : wire::read_vectors("paths.txt")) {
    inputs.push_back(path);
  }
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  const std::string_view path = fuzz::as_view(data, size);
  FUZZ_CHECK(wire::is_valid_path(path) == fuzz::reference_is_valid(path));
  fuzz::check_parts(path);
  return 0;
}
