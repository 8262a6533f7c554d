// The syntax of Java properties files, which is that of zoo.cfg: text -> keys, values and lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/problem.h"

namespace quorate::config {

/// One `key=value`, unescaped; the place is the line on which it begins.
struct Property {
  std::string key;
  std::string value;
  Place place;
};

/// In the order in which they were written; a key may repeat.
using Properties = std::vector<Property>;

/// What a text holds. Lines in `errors` are not in `properties`.
struct PropertiesText {
  Properties properties;
  std::vector<Problem> errors;
};

/// Parses `text` as java.util.Properties.load does: lines end in \n, \r or \r\n; `#` or `!` first
/// on a line starts a comment; an odd number of backslashes at the end of a line joins the next,
/// without its leading blanks; the key ends at the first unescaped `=`, `:` or blank; \t \n \r \f
/// and \uXXXX stand for those characters and any other escaped character for itself.
///
/// Three differences, all on purpose: a text that ends in a line of nothing but a backslash has no
/// empty property there, bytes above 0x7f are kept as they are, so that UTF-8 file
/// names work (Java reads the file as Latin-1), and a wrong \uXXXX loses one property, not the
/// file. An escaped surrogate pair becomes one UTF-8 character, an unpaired one U+FFFD.
///
/// `source` is the file's name in the places. Memory is bounded by a small multiple of the text.
[[nodiscard]] PropertiesText parse_properties(std::string_view text, std::string_view source);

}  // namespace quorate::config
