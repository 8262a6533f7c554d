// Capture: what a piece of code writes to standard output and error.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace quorate::cli::test {

struct Captured {
  int code = 0;
  std::string out;
  std::string err;
};

/// Runs `action`, which returns an exit code, with both streams captured.
template <typename F>
Captured capture(F action) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Captured captured;
  captured.code = action();
  captured.out = testing::internal::GetCapturedStdout();
  captured.err = testing::internal::GetCapturedStderr();
  return captured;
}

}  // namespace quorate::cli::test
