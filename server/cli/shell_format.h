// How the shell prints what it reads: Stat, ACLs, lists, dates, bytes; as text and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"
#include "server/base/time.h"
#include "server/client/machine.h"
#include "server/wire/acl.h"
#include "server/wire/stat.h"

namespace quorate::cli {

using Json = nlohmann::ordered_json;

/// "Sat Nov 21 09:40:02 UTC 2026", as java.util.Date prints it, in the local time zone.
[[nodiscard]] std::string java_date(WallMillis time);
/// "0x50b21".
[[nodiscard]] std::string hexadecimal(int64_t value);
/// The eleven lines of a Stat, each with its end of line.
[[nodiscard]] std::string stat_text(const wire::Stat& stat);
[[nodiscard]] Json stat_json(const wire::Stat& stat);
/// "[a, b]".
[[nodiscard]] std::string list_text(const std::vector<std::string>& items);

/// "cdrwa".
[[nodiscard]] std::string permissions_text(int32_t permissions);
/// "'world,'anyone\n: cdrwa\n" for each entry.
[[nodiscard]] std::string acl_text(const std::vector<wire::Acl>& acls);
[[nodiscard]] Json acl_json(const std::vector<wire::Acl>& acls);
/// An ACL as typed, and what is strange about it.
struct ParsedAcl {
  std::vector<wire::Acl> acls;
  std::vector<std::string> complaints;  ///< "foo does not have the form scheme:id:perm".
};
/// Parses "scheme:id:perms[,...]"; the id may hold colons. Entries without the form are left out.
[[nodiscard]] ParsedAcl parse_acl(std::string_view text);

/// A hexadecimal dump, 16 bytes a row, in a frame as Netty draws it.
[[nodiscard]] std::string hex_dump(std::string_view bytes);
[[nodiscard]] std::string base64(std::string_view bytes);
/// The bytes that `text` encodes, or why it does not.
[[nodiscard]] Result<std::string> from_base64(std::string_view text);
/// Bytes as a JSON string if they are UTF-8, otherwise {"base64": ...}; null stays null.
[[nodiscard]] Json data_json(const std::optional<std::string>& data);
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// "\nWATCHER::\n\nWatchedEvent state:SyncConnected type:NodeCreated path:/a zxid: 7\n".
[[nodiscard]] std::string event_text(const client::Event& event);
[[nodiscard]] Json event_json(const client::Event& event);

/// What is wrong with a path that a user typed, in ZooKeeper's words; empty if nothing is.
/// `sequential`: a number will be appended.
[[nodiscard]] std::string path_problem(std::string_view path, bool sequential = false);

}  // namespace quorate::cli
