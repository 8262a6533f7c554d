// Collecting a report.
#include "operator/plugin/report.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "operator/api/conditions.h"
#include "operator/api/names.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/kube/resource_kind.h"
#include "operator/plugin/redact.h"
#include "operator/plugin/status_text.h"
#include "operator/transport/clock.h"
#include "operator/transport/process.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr int64_t kTailOfReport = 5000;
constexpr size_t kTextBytesMax = size_t{16} << 20;
constexpr int kAdminPort = 8080;
constexpr const char* kOperatorLabel = "app.kubernetes.io/name=quorate-operator";
/// Open to everybody who reaches the admin port.
constexpr const char* kMemberPage = "/commands/monitor";

kube::Request text_request(std::string target, std::string_view subresource) {
  return {.verb = kube::Verb::kGet,
          .method = "GET",
          .target = std::move(target),
          .content_type = {},
          .body = {},
          .plural = "pods",
          .subresource = subresource};
}

class Report {
 public:
  Report(Session& session, std::filesystem::path folder, int64_t tail)
      : session_(session), folder_(std::move(folder)), tail_(tail) {}

  Status collect(const json& object) {
    name_ = kube::name_of(object);
    const std::string time = api::time_text(transport::now().wall);
    index_ = "Report of kubectl-quorate " QUORATE_VERSION " about QuorumCluster " +
             session_.space() + "/" + name_ + " at " + time + ".\n\n";
    add("quorumcluster.json", redacted(tidied(object)).dump(2) + "\n");
    add("status.txt", redacted_text(status_text(object, false)));
    objects();
    pods();
    events();
    operator_logs();
    add("report.txt", index_);
    return problem_;
  }

 private:
  void add(const std::string& path, const std::string& content) {
    const std::filesystem::path full = folder_ / path;
    std::error_code error;
    std::filesystem::create_directories(full.parent_path(), error);
    std::ofstream file(full, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) {
      problem_ = Error{ErrorKind::kIo, "cannot write " + full.string()};
    }
    index_ += path + "  " + std::to_string(content.size()) + " bytes\n";
  }

  void miss(const std::string& path, const std::string& why) {
    index_ += path + "  missing: " + redacted_text(why) + "\n";
  }

  std::vector<json> list(const kube::ResourceKind& kind, const std::string& selector) {
    auto found = session_.list(kind, selector);
    if (!found) {
      miss(std::string(kind.plural) + ".json", found.error().message);
      return {};
    }
    for (json& each : *found) {
      kube::strip_bulk(each);
    }
    return std::move(*found);
  }

  void add_list(const kube::ResourceKind& kind, const std::vector<json>& found) {
    if (!found.empty()) {
      add(std::string(kind.plural) + ".json", redacted(json(found)).dump(2) + "\n");
    }
  }

  void objects() {
    const std::string selector = std::string(api::labels::kInstance) + "=" + name_;
    for (const kube::ResourceKind* const kind :
         {&kube::kStatefulSet, &kube::kService, &kube::kConfigMap, &kube::kPodDisruptionBudget,
          &kube::kPersistentVolumeClaim}) {
      add_list(*kind, list(*kind, selector));
    }
    add_list(kube::kNode, list(kube::kNode, {}));
  }

  void pods() {
    const auto found = list(kube::kPod, std::string(api::labels::kInstance) + "=" + name_);
    add_list(kube::kPod, found);
    for (const json& pod : found) {
      const std::string name = kube::name_of(pod);
      log("logs/" + name + ".log", session_.space(), name, "member", false);
      if (has_restarted(pod)) {
        log("logs/" + name + ".previous.log", session_.space(), name, "member", true);
      }
      member_page(name, kube::text_at(pod, {"status", "podIP"}),
                  kube::annotation_of(pod, api::annotations::kAdminTls) == "true");
    }
  }

  static bool has_restarted(const json& pod) {
    const json* const containers = kube::find_at(pod, {"status", "containerStatuses"});
    if (containers == nullptr || !containers->is_array()) {
      return false;
    }
    for (const json& each : *containers) {
      if (kube::integer_at(each, {"restartCount"}).value_or(0) > 0) {
        return true;
      }
    }
    return false;
  }

  void log(const std::string& path, const std::string& space, const std::string& pod,
           const std::string& container, bool previous) {
    std::string target = kube::object_path(kube::kPod, {space, pod}, "log") +
                         "?timestamps=true&tailLines=" + std::to_string(tail_) +
                         (container.empty() ? "" : "&container=" + container) +
                         (previous ? "&previous=true" : "");
    auto text = session_.try_get_text(text_request(std::move(target), "log"), kTextBytesMax);
    if (text.ok()) {
      add(path, redacted_text(*text));
    } else {
      miss(path, text.error().message);
    }
  }

  /// Through the API server; where that does not pass requests on, from here.
  void member_page(const std::string& pod, const std::string& address, bool is_tls) {
    const std::string path = "members/" + pod + ".json";
    const std::string target = kube::collection_path(kube::kPod, session_.space()) +
                               (is_tls ? "/https:" : "/http:") + kube::percent_encoded(pod) + ":" +
                               std::to_string(kAdminPort) + "/proxy" + kMemberPage;
    auto page = session_.try_get_text(text_request(target, "proxy"), kTextBytesMax);
    if (!page.ok() && page.error().kind == kube::ApiErrorKind::kNotFound && !address.empty() &&
        !is_tls) {
      page = direct(address);
    }
    if (page.ok()) {
      const auto value = kube::parse_json(*page);
      add(path, value ? redacted(*value).dump(2) + "\n" : redacted_text(*page));
    } else {
      miss(path, page.error().message);
    }
  }

  static kube::ApiResult<std::string> direct(const std::string& address) {
    auto session = Session::open_url("http://" + address + ":" + std::to_string(kAdminPort));
    if (!session) {
      return kube::ApiError{.message = session.error().message};
    }
    return (*session)->try_get_text(text_request(kMemberPage, {}), kTextBytesMax);
  }

  /// Of the object and of what bears its name.
  void events() {
    const auto all = list(kube::kEvent, {});
    std::vector<json> found;
    for (const json& each : all) {
      const std::string about = kube::text_at(each, {"regarding", "name"});
      if (about == name_ || about.starts_with(name_ + "-") ||
          about.find("-" + name_ + "-") != about.npos) {
        found.push_back(each);
      }
    }
    add_list(kube::kEvent, found);
  }

  void operator_logs() {
    auto found = session_.list(kube::kPod, kOperatorLabel, true);
    if (!found) {
      miss("operator/", found.error().message);
      return;
    }
    if (found->empty()) {
      miss("operator/", std::string("no Pod has the label ") + kOperatorLabel);
    }
    for (json& pod : *found) {
      kube::strip_bulk(pod);
      const std::string name = kube::name_of(pod);
      add("operator/" + name + ".json", redacted(pod).dump(2) + "\n");
      log("operator/" + name + ".log", kube::namespace_of(pod), name, {}, false);
    }
  }

  Session& session_;
  const std::filesystem::path folder_;
  const int64_t tail_;
  std::string name_;
  std::string index_;
  Status problem_;
};

bool is_archive(const std::string& path) {
  return path.ends_with(".tar.gz") || path.ends_with(".tgz");
}

std::string default_path(const std::string& name) {
  std::string time = api::time_text(transport::now().wall);
  std::erase(time, ':');
  std::erase(time, '-');
  return "quorate-" + name + "-" + time + ".tar.gz";
}

Status pack(const std::filesystem::path& folder, const std::string& path) {
  const auto packed = transport::run_process(
      {.program = "tar",
       .arguments = {"-czf", path, "-C", folder.parent_path().string(), folder.filename().string()},
       .environment = {},
       .timeout = std::chrono::seconds(120)});
  std::error_code error;
  if (packed) {
    std::filesystem::remove_all(folder, error);
    return {};
  }
  return Error{packed.error().kind,
               packed.error().message + "; what was collected is in " + folder.string()};
}

}  // namespace

Status report(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  const std::string path =
      command.path.empty() ? default_path(kube::name_of(*object)) : command.path;
  std::filesystem::path folder = path;
  if (is_archive(path)) {
    folder = path.substr(0, path.size() - (path.ends_with(".tgz") ? 4 : 7));
  }
  folder = std::filesystem::absolute(folder).lexically_normal();
  std::error_code error;
  if (std::filesystem::exists(folder, error) || std::filesystem::exists(path, error)) {
    return Error{ErrorKind::kConflict, path + " is there already; name another with --to"};
  }
  std::filesystem::create_directories(folder, error);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  Report collected(session, folder, command.tail.value_or(kTailOfReport));
  if (Status done = collected.collect(*object); !done) {
    return done;
  }
  if (is_archive(path)) {
    if (Status packed = pack(folder, path); !packed) {
      return packed;
    }
  }
  std::printf("%s\nLook it through before you give it away: names, addresses and logs are in it.\n",
              path.c_str());
  return {};
}

}  // namespace quorate::plugin
