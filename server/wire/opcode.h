// Operation numbers of requests and transactions, with ZooKeeper's values.
#pragma once

#include <cstdint>
#include <string_view>

namespace quorate::wire {

/// `type` of a RequestHeader or TxnHeader.
enum class OpCode : int32_t {
  kNotification = 0,
  kCreate = 1,
  kDelete = 2,
  kExists = 3,
  kGetData = 4,
  kSetData = 5,
  kGetAcl = 6,
  kSetAcl = 7,
  kGetChildren = 8,
  kSync = 9,
  kPing = 11,
  kGetChildren2 = 12,
  kCheck = 13,
  kMulti = 14,
  kCreate2 = 15,
  kReconfig = 16,
  kCheckWatches = 17,
  kRemoveWatches = 18,
  kCreateContainer = 19,
  kDeleteContainer = 20,
  kCreateTtl = 21,
  kMultiRead = 22,
  kAuth = 100,
  kSetWatches = 101,
  kSasl = 102,
  kGetEphemerals = 103,
  kGetAllChildrenNumber = 104,
  kSetWatches2 = 105,
  kAddWatch = 106,
  kWhoAmI = 107,
  kCreateSession = -10,
  kCloseSession = -11,
  kError = -1,
};

/// Special xids.
inline constexpr int32_t kNotificationXid = -1;
inline constexpr int32_t kPingXid = -2;
inline constexpr int32_t kAuthXid = -4;
inline constexpr int32_t kSetWatchesXid = -8;

/// Apache's name, such as "getChildren2"; "unknown" for others.
[[nodiscard]] std::string_view name_of(OpCode op);

/// Four-letter abbreviation of `cons` (facts of the `lop` field), such as "GETC"; "NA" for others.
[[nodiscard]] std::string_view short_name_of(OpCode op);

}  // namespace quorate::wire
