// The text of a log line: escaping is done here and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "server/log/logger.h"

namespace quorate::log {

/// One line without its end, with the time of the call.
[[nodiscard]] std::string format_line(Format format, Level level, std::string_view event,
                                      Fields fields);
/// `text` with control characters, DEL, quotes and backslashes escaped as in JSON, and bytes that
/// are no UTF-8 as \ufffd.
[[nodiscard]] std::string escape(std::string_view text);

}  // namespace quorate::log
