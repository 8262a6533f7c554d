// Parts of a StatefulSet: revisions of its template, its Pods and claims.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/local/objects.h"

namespace quorate::local {

/// The two revisions that Pods of a set may have; equal when no update is under way.
struct Revisions {
  ObjectPtr current;
  ObjectPtr update;
};

/// Records the present template as a ControllerRevision, or finds the one that is equal to it.
[[nodiscard]] Revisions sync_revisions(Objects& objects, const Json& set);
/// Removes the oldest revisions that no Pod has, beyond the limit of the set.
void trim_revisions(Objects& objects, const Json& set, const Revisions& revisions,
                    const std::vector<std::string>& used);

/// The number at the end of a Pod's name; nothing for names that are not the set's.
[[nodiscard]] std::optional<int64_t> ordinal_of(const std::string& set_name,
                                                const std::string& pod_name);
/// The Pod of an ordinal by a revision's template.
[[nodiscard]] Json pod_of(const Json& set, const Json& revision, int64_t ordinal);
/// Creates the claims of an ordinal that are not there. Returns whether all are, and none is being
/// deleted.
bool create_claims(Objects& objects, const Json& set, int64_t ordinal);
/// With whenScaled: Delete, claims go with the Pod that leaves.
void own_claims_of_scaled(Objects& objects, const Json& set, const Json& pod, int64_t ordinal);
void remove_owner(Json& object, const std::string& uid);

}  // namespace quorate::local
