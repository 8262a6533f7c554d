// The API: from an HTTP request to an answer, without HTTP.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "operator/local/objects.h"
#include "operator/local/selector.h"
#include "operator/local/watch.h"

namespace quorate::local {

/// A request as it came. `target` is the path and the query, still encoded.
struct ApiRequest {
  std::string method;
  std::string target;
  std::string content_type;
  std::string accept;
  std::string user_agent;
  std::string body;
};

/// Asks the shell for a container's log.
struct LogRequest {
  std::string pod_uid;
  std::string container;
  int64_t attempt = 0;
  bool follow = false;
  bool timestamps = false;
  std::optional<int64_t> tail_lines;
  std::optional<int64_t> limit_bytes;
};

/// An answer: a body at once, or a stream that the caller feeds.
struct ApiResponse {
  int code = 200;
  Json body;
  std::string plain;  ///< When body is null.
  std::vector<std::string> warnings;
  int retry_after_s = 0;
  std::optional<Watch> watch;
  std::optional<LogRequest> log;
  std::string content_type = "application/json";
};

/// A path taken apart, with its query.
struct ApiPath {
  KindPtr kind;
  std::string ns;    ///< Empty: all namespaces, or a kind that has none.
  std::string name;  ///< Empty: the collection.
  std::string subresource;
  std::map<std::string, std::string> query;

  [[nodiscard]] std::string option(const std::string& key) const {
    const auto found = query.find(key);
    return found == query.end() ? std::string() : found->second;
  }
  [[nodiscard]] bool flag(const std::string& key) const {
    const std::string value = option(key);
    return value == "true" || value == "1";
  }
};

/// Serves requests from Objects. Pure; the time is that of Objects.
class Api {
 public:
  explicit Api(Objects& objects) : objects_(objects) {}

  [[nodiscard]] ApiResponse handle(const ApiRequest& request);

 private:
  ApiResponse dispatch(const ApiRequest& request, const ApiPath& path);
  ApiResponse collection(const ApiRequest& request, const ApiPath& path);
  ApiResponse item(const ApiRequest& request, const ApiPath& path);
  ApiResponse list(const ApiRequest& request, const ApiPath& path);
  ApiResponse watch(const ApiRequest& request, const ApiPath& path, const Selector& labels,
                    const Selector& fields);
  ApiResponse create(const ApiRequest& request, const ApiPath& path);
  ApiResponse replace(const ApiRequest& request, const ApiPath& path);
  ApiResponse patch(const ApiRequest& request, const ApiPath& path);
  ApiResponse apply_patch(const ApiRequest& request, const ApiPath& path, const Json& body);
  ApiResponse remove(const ApiRequest& request, const ApiPath& path);
  ApiResponse remove_all(const ApiRequest& request, const ApiPath& path);
  ApiResponse scale(const ApiRequest& request, const ApiPath& path);
  ApiResponse pod_subresource(const ApiRequest& request, const ApiPath& path);
  ApiResponse log(const ApiPath& path);
  [[nodiscard]] ApiResponse present(const ApiRequest& request, const Kind& kind, int code,
                                    Json object) const;
  [[nodiscard]] Outcome<ApiPath> resolve(const std::string& target) const;
  [[nodiscard]] WriteOptions write_options(const ApiRequest& request, const ApiPath& path) const;

  Objects& objects_;
};

/// What an Accept header asks for.
struct Representation {
  bool is_table = false;
  bool is_metadata_only = false;
};
[[nodiscard]] Representation representation_of(const std::string& accept);

[[nodiscard]] ApiResponse to_response(const ApiError& error);
/// Decodes %XX and, in a query, `+`.
[[nodiscard]] std::string url_decoded(std::string_view text, bool is_query);
/// DeleteOptions from the body and the query.
[[nodiscard]] Outcome<DeleteOptions> delete_options(const Json& body, const ApiPath& path);

}  // namespace quorate::local
