// The clients of net's tests, compiled into this binary too.
#include "tests/server/net/test_clients.cc"  // NOLINT: one copy of the source, two binaries.
