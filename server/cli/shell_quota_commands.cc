// Commands on quotas, which are nodes below /zookeeper/quota.
#include <array>
#include <charconv>
#include <map>

#include "server/cli/shell_commands.h"
#include "server/wire/path.h"

namespace quorate::cli {
namespace {

constexpr std::string_view kRoot = "/zookeeper/quota";
constexpr std::string_view kLimits = "zookeeper_limits";
constexpr std::string_view kStats = "zookeeper_stats";

std::string quota_path(const std::string& path) { return std::string(kRoot) + path; }
std::string limits_path(const std::string& path) {
  return quota_path(path) + "/" + std::string(kLimits);
}
std::string stats_path(const std::string& path) {
  return quota_path(path) + "/" + std::string(kStats);
}

/// The numbers of a quota node: "count=5,bytes=-1=;byteHardLimit=-1;countHardLimit=6".
class QuotaNumbers {
 public:
  static constexpr std::array<std::string_view, 4> kKeys{"count", "bytes", "byteHardLimit",
                                                         "countHardLimit"};
  QuotaNumbers() = default;
  explicit QuotaNumbers(std::string_view text) {
    while (!text.empty()) {
      const std::string_view item = text.substr(0, text.find_first_of(",;"));
      text.remove_prefix(std::min(text.size(), item.size() + 1));
      const size_t equals = item.find('=');
      int64_t value = -1;
      if (equals != item.npos) {
        std::from_chars(item.data() + equals + 1, item.data() + item.size(), value);
        values_[std::string(item.substr(0, equals))] = value;
      }
    }
  }
  [[nodiscard]] int64_t get(std::string_view key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? -1 : found->second;
  }
  void set(std::string_view key, int64_t value) { values_[std::string(key)] = value; }
  [[nodiscard]] bool is_empty() const {
    for (const std::string_view key : kKeys) {
      if (get(key) != -1) {
        return false;
      }
    }
    return true;
  }
  /// All four limits, as Apache's shell writes them.
  [[nodiscard]] std::string limits_text() const {
    const auto number = [this](std::string_view key) { return std::to_string(get(key)); };
    return "count=" + number("count") + ",bytes=" + number("bytes") +
           "=;byteHardLimit=" + number("byteHardLimit") +
           ";countHardLimit=" + number("countHardLimit");
  }
  [[nodiscard]] Json json() const {
    Json json = Json::object();
    for (const auto& [key, value] : values_) {
      json[key] = value;
    }
    return json;
  }

 private:
  std::map<std::string, int64_t, std::less<>> values_;
};

struct Setting {
  std::string_view option;
  std::string_view key;
  std::string_view what;
};
constexpr std::array<Setting, 4> kSettings{{{"n", "count", "num"},
                                            {"b", "bytes", "bytes"},
                                            {"N", "countHardLimit", "num"},
                                            {"B", "byteHardLimit", "bytes"}}};

/// A quota may not lie inside another one: the ancestor or descendant that has one.
CommandResult find_conflict(Shell& shell, const std::string& path) {
  for (std::string_view up = wire::parent_of(path); up.size() > 1; up = wire::parent_of(up)) {
    if (shell.run(shell.calls().exists(limits_path(std::string(up)))).ok()) {
      return CommandError{path + " has a parent " + std::string(up) + " which has a quota"};
    }
  }
  const std::string here = quota_path(path);
  for (const std::string& below : walk(shell, here).paths) {
    if (below != limits_path(path) && wire::name_of_path(below) == kLimits) {
      const std::string child(wire::parent_of(below).substr(kRoot.size()));
      return CommandError{path + " has a child " + child + " which has a quota"};
    }
  }
  return std::nullopt;
}

CommandResult create_parents(Shell& shell, const std::string& path) {
  const std::string whole = quota_path(path);
  client::NewNode node;
  node.data = std::nullopt;
  for (size_t slash = kRoot.size(); slash != std::string::npos;) {
    slash = whole.find('/', slash + 1);
    const auto made = shell.run(shell.calls().create(whole.substr(0, slash), node));
    if (!made.ok() && made.error != wire::ErrorCode::kNodeExists) {
      return keeper_error(made.error, whole.substr(0, slash));
    }
  }
  return std::nullopt;
}

CommandResult write_limits(Shell& shell, const std::string& path, const QuotaNumbers& limits,
                           bool exists) {
  if (exists) {
    const auto done = shell.run(shell.calls().set(limits_path(path), limits.limits_text()));
    return done.ok() ? CommandResult() : keeper_error(done.error, limits_path(path));
  }
  if (auto failed = create_parents(shell, path)) {
    return failed;
  }
  client::NewNode node;
  node.data = limits.limits_text();
  const auto made = shell.run(shell.calls().create(limits_path(path), node));
  if (!made.ok()) {
    return keeper_error(made.error, limits_path(path));
  }
  node.data = "count=0,bytes=0";
  const auto counted = shell.run(shell.calls().create(stats_path(path), node));
  return counted.ok() || counted.error == wire::ErrorCode::kNodeExists
             ? CommandResult()
             : keeper_error(counted.error, stats_path(path));
}

void warn_if_exceeded(Shell& shell, const std::string& path, const QuotaNumbers& limits,
                      Answer& answer) {
  const auto stats = shell.run(shell.calls().get(stats_path(path)));
  if (!stats.ok()) {
    return;
  }
  const QuotaNumbers used(stats.value.data.value_or(""));
  const auto exceeded = [&](std::string_view soft, std::string_view hard) {
    const auto over = [&](int64_t limit) { return limit > -1 && limit < used.get(soft); };
    if (over(limits.get(soft)) || over(limits.get(hard))) {
      const std::string name(soft);
      answer.out("[Warning]: the " + name + " quota you create is less than the existing " + name +
                 ":" + std::to_string(used.get(soft)) + "\n");
    }
  };
  exceeded("count", "countHardLimit");
  exceeded("bytes", "byteHardLimit");
}

}  // namespace

CommandResult command::set_quota(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  QuotaNumbers wanted;
  bool any = false;
  for (const Setting& setting : kSettings) {
    if (!arguments.has(setting.option)) {
      continue;
    }
    const std::string text = arguments.value(setting.option);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
      return CommandError{"NumberFormatException happens when parsing the option value"};
    }
    if (number <= 0) {
      return CommandError{"the " + std::string(setting.what) + " quota must be greater than zero"};
    }
    wanted.set(setting.key, number);
    any = true;
  }
  if (!any) {
    return CommandError{
        "Missing required option: [-n num soft quota, -b bytes soft quota, -N num hard quota, -B "
        "bytes hard quota]"};
  }
  if (auto bad = check_path(path)) {
    return bad;
  }
  if (path == "/" || path.starts_with("/zookeeper/") || path == "/zookeeper") {
    return CommandError{"cannot set a quota under " + path};
  }
  const auto found = shell.run(shell.calls().exists(path));
  if (!found.ok()) {
    return found.error == wire::ErrorCode::kNoNode
               ? CommandError{path + " does not exist.", 1, found.error, path}
               : keeper_error(found.error, path);
  }
  if (auto conflict = find_conflict(shell, path)) {
    return conflict;
  }
  const auto before = shell.run(shell.calls().get(limits_path(path)));
  QuotaNumbers limits(before.value.data.value_or(""));
  for (const std::string_view key : QuotaNumbers::kKeys) {
    if (wanted.get(key) != -1) {
      limits.set(key, wanted.get(key));
    }
  }
  if (auto failed = write_limits(shell, path, limits, before.ok())) {
    return failed;
  }
  warn_if_exceeded(shell, path, limits, answer);
  answer.json = Json{{"path", path}, {"quota", limits.json()}};
  return std::nullopt;
}

CommandResult command::list_quota(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  answer.err("absolute path is " + limits_path(path) + "\n");
  const auto limits = shell.run(shell.calls().get(limits_path(path)));
  if (limits.error == wire::ErrorCode::kNoNode) {
    answer.err("quota for " + path + " does not exist.\n");
    answer.json = Json{{"path", path}, {"quota", nullptr}};
    return std::nullopt;
  }
  if (!limits.ok()) {
    return keeper_error(limits.error, limits_path(path));
  }
  const std::string text = limits.value.data.value_or("");
  answer.out("Output quota for " + path + " " + text + "\n");
  answer.json = Json{{"path", path}, {"quota", QuotaNumbers(text).json()}};
  const auto stats = shell.run(shell.calls().get(stats_path(path)));
  if (stats.ok()) {
    const std::string used = stats.value.data.value_or("");
    answer.out("Output stat for " + path + " " + used + "\n");
    answer.json["used"] = QuotaNumbers(used).json();
  }
  return std::nullopt;
}

CommandResult command::remove_quota(Shell& shell, const Arguments& arguments, Answer& answer) {
  const std::string& path = arguments.operand(0);
  if (auto bad = check_path(path)) {
    return bad;
  }
  const auto before = shell.run(shell.calls().get(limits_path(path)));
  if (before.error == wire::ErrorCode::kNoNode) {
    answer.out("Quota does not exist for " + path + "\n");
    return std::nullopt;
  }
  if (!before.ok()) {
    return keeper_error(before.error, limits_path(path));
  }
  QuotaNumbers limits(before.value.data.value_or(""));
  bool some = false;
  for (const Setting& setting : kSettings) {
    if (arguments.has(setting.option)) {
      limits.set(setting.key, -1);
      some = true;
    }
  }
  if (some) {
    return write_limits(shell, path, limits, true);
  }
  for (const std::string& node : {limits_path(path), stats_path(path)}) {
    const auto removed = shell.run(shell.calls().remove(node));
    if (!removed.ok() && removed.error != wire::ErrorCode::kNoNode) {
      return keeper_error(removed.error, node);
    }
  }
  // Directories that hold no other quota go too; one that does refuses.
  for (std::string up = quota_path(path); up.size() > kRoot.size();
       up = std::string(wire::parent_of(up))) {
    if (!shell.run(shell.calls().remove(up)).ok()) {
      break;
    }
  }
  return std::nullopt;
}

}  // namespace quorate::cli
