// The list of ids of a connection.
#include "server/auth/identity.h"

#include <algorithm>
#include <utility>

namespace quorate::auth {

bool Identities::add(wire::Id id) {
  if (std::find(ids.begin(), ids.end(), id) != ids.end()) {
    return true;
  }
  if (ids.size() >= kIdentitiesMax) {
    return false;
  }
  super = super || id.scheme == "super";
  ids.push_back(std::move(id));
  return true;
}

}  // namespace quorate::auth
