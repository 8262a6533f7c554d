// The values behind testdata/jute.txt, by the names that they have there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/request.h"
#include "server/wire/txn.h"

namespace quorate::wire {

inline constexpr std::string_view kData("\1\2\xff", 3);
inline constexpr std::string_view kPassword(
    "\x05\x4c\xc7\x4a\x37\x32\x7d\xb2\x15\xe7\x02\xe2\x0c\x73\xf0\x05", 16);

/// world:anyone:cdrwa and digest:u:p=:r, encoded.
[[nodiscard]] AclList two_acls();
/// A list of no entries, which is not a null list.
[[nodiscard]] AclList no_acls();
/// A list that was null on the wire.
[[nodiscard]] AclList null_acls();

struct RequestSample {
  std::string name;
  OpCode op;
  Request request;
  std::string encoded;  ///< By our encoder.
};
/// Every kind of request that has a body.
[[nodiscard]] std::vector<RequestSample> request_samples();

struct TxnSample {
  std::string name;
  TxnRecord record;
};
/// Every type of transaction.
[[nodiscard]] std::vector<TxnSample> txn_samples();

}  // namespace quorate::wire
