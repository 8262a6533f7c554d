// Which code an input reached, where the build says so: g++ -fsanitize-coverage=trace-pc.
#pragma once

namespace quorate::fuzz {

/// Forgets what the last input reached.
void reset_coverage();

/// True if code was reached since reset_coverage() that no input before had reached, or had not
/// reached so often. Always false in builds that do not trace.
[[nodiscard]] bool found_new_coverage();

}  // namespace quorate::fuzz
