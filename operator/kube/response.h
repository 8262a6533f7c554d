// Decoding of the API's answers: objects, pages of lists, Status errors.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/api_error.h"

namespace quorate::kube {

/// An answer of HTTP, any code.
struct Response {
  int code = 0;
  std::string body;
  std::string retry_after;  ///< The header's value; empty: none.
};

/// The error that a Status object stands for. `code` is that of HTTP or, in a watch, 0: then the
/// Status's own counts.
[[nodiscard]] ApiError error_of_status(const nlohmann::json& status, int code);

/// The object of a 2xx answer; the error of any other. Errors of proxies, which are no Status, keep
/// the beginning of their text.
[[nodiscard]] ApiResult<nlohmann::json> decode(const Response& response);

/// One page of a list.
struct ListPage {
  std::vector<nlohmann::json> items;  ///< Each with apiVersion and kind, which the API leaves out.
  std::string resource_version;       ///< Of the whole list: the same on each page.
  std::string continue_token;         ///< Empty on the last page.
};

/// A page out of a decoded object. Errors: kMalformed when it is no list.
[[nodiscard]] ApiResult<ListPage> page_of(nlohmann::json list);

}  // namespace quorate::kube
