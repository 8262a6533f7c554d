// Certificates made on the spot, as the tests of server/net make them.
#include "tests/server/net/test_certificates.cc"  // NOLINT: one copy of the source, two binaries.
