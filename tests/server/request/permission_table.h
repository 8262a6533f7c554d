// Operation x permission, as one table: what each client operation needs, and from whose ACL.
#pragma once

#include <array>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "server/wire/acl.h"

namespace quorate::request::testing {

/// The caller works on /parent/node. One of the two carries an ACL that grants him some of the five
/// permissions (r READ, w WRITE, c CREATE, d DELETE, a ADMIN): first one alone, then all but that
/// one. The other node, and every node elsewhere, is open to all.
///
///     ok     the operation succeeds           -      it fails with NoAuth (-102)
///     mask   it succeeds, and digest ids are shown as "user:x"
///     -N     it fails with that error code, whatever is granted
///
/// For a multi the cell is the result of the named operation inside it. For an event: ok, it
/// reaches a watcher with these permissions; -, it does not.
/// Read by tests/server/request, tests/server/node, and by tests/compat/data/test_permissions.py,
/// which holds both Apache ZooKeeper 3.9.3 and this server to it.
inline constexpr std::string_view kPermissionTable = R"(
# operation                ACL of   one alone                      all but one
#                                   r     w     c     d     a      r     w     c     d     a
create                     parent   -     -     ok    -     -      ok    ok    -     ok    ok
create:ephemeral           parent   -     -     ok    -     -      ok    ok    -     ok    ok
create:sequential          parent   -     -     ok    -     -      ok    ok    -     ok    ok
create2                    parent   -     -     ok    -     -      ok    ok    -     ok    ok
createContainer            parent   -     -     ok    -     -      ok    ok    -     ok    ok
createTTL                  parent   -     -     ok    -     -      ok    ok    -     ok    ok
delete                     parent   -     -     -     ok    -      ok    ok    ok    -     ok
delete                     node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
exists                     node     ok    -     -     -     -      -     ok    ok    ok    ok
exists                     parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
exists:missing             parent   -101  -101  -101  -101  -101   -101  -101  -101  -101  -101
getData                    node     ok    -     -     -     -      -     ok    ok    ok    ok
getData                    parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setData                    node     -     ok    -     -     -      ok    -     ok    ok    ok
setData                    parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
getACL                     node     mask  -     -     -     ok     ok    ok    ok    ok    mask
getACL                     parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setACL                     node     -     -     -     -     ok     ok    ok    ok    ok    -
setACL                     parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
getChildren                node     ok    -     -     -     -      -     ok    ok    ok    ok
getChildren                parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
getChildren2               node     ok    -     -     -     -      -     ok    ok    ok    ok
getChildren2               parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
getAllChildrenNumber       node     ok    -     -     -     -      -     ok    ok    ok    ok
getAllChildrenNumber       parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
getEphemerals              node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
sync                       node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
whoAmI                     node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
multi/create               parent   -     -     ok    -     -      ok    ok    -     ok    ok
multi/create2              parent   -     -     ok    -     -      ok    ok    -     ok    ok
multi/createContainer      parent   -     -     ok    -     -      ok    ok    -     ok    ok
multi/createTTL            parent   -     -     ok    -     -      ok    ok    -     ok    ok
multi/delete               parent   -     -     -     ok    -      ok    ok    ok    -     ok
multi/delete               node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
multi/setData              node     -     ok    -     -     -      ok    -     ok    ok    ok
multi/setData              parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
multi/check                node     ok    -     -     -     -      -     ok    ok    ok    ok
multi/check                parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
multiRead/getData          node     ok    -     -     -     -      -     ok    ok    ok    ok
multiRead/getChildren      node     ok    -     -     -     -      -     ok    ok    ok    ok
check                      node     -6    -6    -6    -6    -6     -6    -6    -6    -6    -6
deleteContainer            node     -6    -6    -6    -6    -6     -6    -6    -6    -6    -6
reconfig                   node     -123  -123  -123  -123  -123   -123  -123  -123  -123  -123
setWatches/data            node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setWatches/exist           node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setWatches/child           node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setWatches2/persistent     node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
setWatches2/recursive      node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
addWatch/persistent        node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
addWatch/recursive         node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
checkWatches               node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
removeWatches              node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
closeSession               parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
event/created              node     ok    -     -     -     -      -     ok    ok    ok    ok
event/created              parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
event/dataChanged          node     ok    -     -     -     -      -     ok    ok    ok    ok
event/dataChanged          parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
event/deleted              node     ok    -     -     -     -      -     ok    ok    ok    ok
event/deleted              parent   ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
event/childDeleted         node     ok    -     -     -     -      -     ok    ok    ok    ok
event/childrenChanged      parent   ok    -     -     -     -      -     ok    ok    ok    ok
event/childrenChanged      node     ok    ok    ok    ok    ok     ok    ok    ok    ok    ok
)";

/// The ten columns: what is granted, in the order of the table.
inline constexpr std::array<int32_t, 10> kGrants = {
    wire::kPermRead,
    wire::kPermWrite,
    wire::kPermCreate,
    wire::kPermDelete,
    wire::kPermAdmin,
    wire::kPermAll & ~wire::kPermRead,
    wire::kPermAll & ~wire::kPermWrite,
    wire::kPermAll & ~wire::kPermCreate,
    wire::kPermAll & ~wire::kPermDelete,
    wire::kPermAll & ~wire::kPermAdmin,
};

/// One line of the table.
struct PermissionRow {
  std::string operation;
  bool on_parent = false;
  std::array<std::string, kGrants.size()> cells;
};

/// The lines in their order; an unreadable one has empty cells, which no result equals.
[[nodiscard]] inline std::vector<PermissionRow> permission_rows() {
  std::vector<PermissionRow> rows;
  std::istringstream lines{std::string(kPermissionTable)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') {
      continue;
    }
    std::istringstream words(line);
    PermissionRow& row = rows.emplace_back();
    std::string place;
    words >> row.operation >> place;
    row.on_parent = place == "parent";
    for (std::string& cell : row.cells) {
      words >> cell;
    }
  }
  return rows;
}

}  // namespace quorate::request::testing
