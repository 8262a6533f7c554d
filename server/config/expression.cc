// Compiles an expression to see that it can be.
#include "server/config/expression.h"

#include <regex>
#include <string>

namespace quorate::config {

Result<size_t> count_groups(std::string_view text) try {
  if (text.size() > kExpressionBytesMax) {
    return Error{ErrorKind::kInvalidInput, "it has " + std::to_string(text.size()) + " bytes"};
  }
  return std::regex(text.begin(), text.end()).mark_count();
} catch (const std::regex_error& error) {
  return Error{ErrorKind::kInvalidInput, error.what()};
}

}  // namespace quorate::config
