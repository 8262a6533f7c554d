// Transactions as people and programs read them: the lines of zkTxnLogToolkit.sh, and JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "server/wire/txn.h"

namespace quorate::cli {

/// "11/21/26, 10:21:17 AM UTC", Java's short date with long time, in the local time zone.
[[nodiscard]] std::string short_java_date(WallMillis time);

/// "<date> session 0x… cxid 0x… zxid 0x… create /a,hello,[31,s{'world,'anyone}],false,1", on one
/// line: control characters of data and paths are escaped as \xNN.
[[nodiscard]] std::string txn_line(const wire::TxnRecord& record);

/// The transaction as one JSON object.
[[nodiscard]] nlohmann::ordered_json txn_json(const wire::TxnRecord& record);

/// Control characters and backslashes as \xNN.
[[nodiscard]] std::string escaped(std::string_view bytes);

}  // namespace quorate::cli
