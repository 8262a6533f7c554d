// Words for refusals.
#include "operator/plugin/complaint.h"

#include <string_view>

namespace quorate::plugin {

namespace {

/// As RBAC names what a request does.
std::string_view right_of(kube::Verb verb) {
  switch (verb) {
    case kube::Verb::kGet:
      return "get";
    case kube::Verb::kList:
      return "list";
    case kube::Verb::kWatch:
      return "watch";
    case kube::Verb::kCreate:
    case kube::Verb::kEvict:
      return "create";
    case kube::Verb::kUpdate:
      return "update";
    case kube::Verb::kApply:
    case kube::Verb::kPatch:
      return "patch";
    case kube::Verb::kDelete:
      return "delete";
  }
  return "use";
}

std::string resource_of(const kube::Request& request) {
  std::string text(request.plural);
  if (!request.subresource.empty()) {
    text += "/" + std::string(request.subresource);
  }
  return text;
}

std::string in_space(const Place& place) {
  return place.space.empty() ? " in any namespace" : " in namespace " + place.space;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr size_t kShownMax = 12;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kShownMax; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kShownMax) {
    text += " and " + std::to_string(names.size() - kShownMax) + " more";
  }
  return text;
}

}  // namespace

Error complaint(const kube::Request& request, const Place& place, const kube::ApiError& error) {
  const std::string what =
      std::string(right_of(request.verb)) + " " + resource_of(request) + in_space(place);
  switch (error.kind) {
    case kube::ApiErrorKind::kForbidden:
      return {ErrorKind::kDenied, "no permission (403) to " + what +
                                      "; ask for a Role with this verb, or use another --context. "
                                      "The API server says: " +
                                      error.message};
    case kube::ApiErrorKind::kUnauthorized:
      return {ErrorKind::kDenied, "the API server " + place.url +
                                      " does not accept the credentials of " + place.source +
                                      " (401): log in again"};
    case kube::ApiErrorKind::kUnreachable:
    case kube::ApiErrorKind::kTimeout:
      return {ErrorKind::kUnavailable, "no answer from the API server " + place.url + " (" +
                                           place.source + "): " + error.message};
    case kube::ApiErrorKind::kInvalid:
      return {ErrorKind::kInvalidInput, "the API server refuses the change: " + error.message};
    case kube::ApiErrorKind::kConflict:
      return {ErrorKind::kConflict,
              "the object was changed meanwhile; try again: " + error.message};
    default:
      return {ErrorKind::kUnavailable, "cannot " + what + ": " + error.message};
  }
}

Error no_definition(const Place& place) {
  return {ErrorKind::kNotFound,
          "the API server " + place.url + " (" + place.source +
              ") knows no QuorumCluster: the operator is not installed there. "
              "Install it with `kubectl quorate install`, or choose another "
              "--context"};
}

Error no_cluster(const std::string& name, const Place& place,
                 const std::vector<std::string>& present) {
  std::string text = "there is no QuorumCluster " + name + in_space(place);
  text += present.empty() ? "; try -n NAMESPACE, or `kubectl quorate status -A`"
                          : "; there is " + joined(present);
  return {ErrorKind::kNotFound, text};
}

Error not_one_cluster(const Place& place, const std::vector<std::string>& present) {
  if (present.empty()) {
    return {ErrorKind::kNotFound, "there is no QuorumCluster" + in_space(place) +
                                      "; try -n NAMESPACE, or `kubectl quorate status -A`"};
  }
  return {ErrorKind::kInvalidInput,
          "which one? QuorumClusters" + in_space(place) + ": " + joined(present)};
}

}  // namespace quorate::plugin
