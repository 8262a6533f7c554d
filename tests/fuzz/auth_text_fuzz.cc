// Text in ACLs and credentials: addresses, distinguished names, UTF-8. The first byte of the input
// says which.
#include "server/auth/ip_range.h"
#include "server/auth/utf8.h"
#include "server/auth/x500_name.h"
#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {
namespace {

void check_address(std::string_view text) {
  const auto address = auth::parse_ip(text);
  const auto range = auth::parse_ip_range(text);
  // A zone belongs to a client's address; an ACL cannot name one.
  if (address && text.find('%') == std::string_view::npos) {
    FUZZ_CHECK(range.has_value());
    FUZZ_CHECK(range->contains(*address));
    FUZZ_CHECK(range->bits == 128);
  }
  if (range) {
    FUZZ_CHECK(range->bits >= 0 && range->bits <= 128);
    FUZZ_CHECK(!range->address.v4 || range->bits >= 96);
    FUZZ_CHECK(range->contains(range->address));
  }
}

void check_utf8(std::string_view text) {
  const AllocationLimit limit(4096 + 16 * text.size());
  const std::string repaired = auth::utf8_repaired(text);
  FUZZ_CHECK(repaired.size() <= 3 * text.size());
  FUZZ_CHECK(auth::utf8_repaired(repaired) == repaired);
}

}  // namespace

std::vector<std::string> seeds() {
  return {"0192.168.1.7",           "010.0.0.0/8",
          "0::ffff:10.0.0.1/104",   "02001:db8::/32",
          "0fe80::1%eth0",          "1CN=a b,O=\"x, y\",OU=c\\,d+L=e",
          "11.2.840=#0c0161; DC=q", "2caf\xc3\xa9\xf0\x9f\x98\x80\xed\xa0\x80\xc0\x80"};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const std::string_view text = fuzz::as_view(data + 1, size - 1);
  switch (data[0] % 3) {
    case '0' % 3:
      fuzz::check_address(text);
      break;
    case '1' % 3:
      (void)auth::is_valid_dn(text);
      break;
    default:
      fuzz::check_utf8(text);
  }
  return 0;
}
