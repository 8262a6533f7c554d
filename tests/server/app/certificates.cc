// The certificates of net's tests, compiled into this binary too.
#include "tests/server/net/test_certificates.cc"  // NOLINT: one copy of the source, two binaries.
