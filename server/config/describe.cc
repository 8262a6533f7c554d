// What a member shows of its configuration.
#include "server/config/describe.h"

#include <string_view>
#include <utility>

#include "server/config/key.h"

namespace quorate::config {
namespace {

/// The folder in which ZooKeeper keeps files of the present format.
std::string version_dir(const std::string& dir) {
  return dir + (dir.ends_with('/') ? "version-2" : "/version-2");
}

std::string escape_cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    result += c == '|' ? "\\|" : std::string(1, c);
  }
  return result;
}

std::string system_property_names(const Key& key) {
  switch (key.raw) {
    case Key::RawName::kNone:
      return {};
    case Key::RawName::kAlso:
      return "`-D" + key.name + "` too";
    case Key::RawName::kOnly:
      return "`-D" + key.name + "`, without `zookeeper.`";
    case Key::RawName::kOurs:
      return "`-D" + key.name + "`; ours";
  }
  return {};
}

/// " No effect without this, or without that."
std::string needs_text(const Key& key) {
  std::string text;
  std::string_view last;
  for (const Needs& needs : key.needs) {
    if (needs.otherwise == std::exchange(last, needs.otherwise)) {
      continue;  // The key's and its group's.
    }
    text += (text.empty() ? " No effect " : ", or ") + std::string(needs.otherwise);
  }
  return text.empty() ? text : escape_cell(text) + ".";
}

void append_supported_row(std::string& to, const Key& key, const Config& defaults) {
  const Family* family = std::get_if<Family>(&key.target);
  std::string name = key.name + (family != nullptr ? std::string(family->suffix) : "");
  for (const std::string& alias : key.aliases) {
    name += "`, `" + alias;
  }
  const std::string value = value_text(key, defaults);
  const std::string spelled = system_property_names(key);
  to += "| `" + name + "` | " + (value.empty() ? "" : "`" + escape_cell(value) + "`") + " | " +
        escape_cell(allowed_text(key)) + " | " + escape_cell(key.about) + needs_text(key) +
        (spelled.empty() ? "" : " (" + spelled + ")") + " |\n";
}

}  // namespace

std::vector<Entry> describe_conf_word(const Config& config, const RunningFacts& facts) {
  return {
      {"clientPort", int64_t{facts.client_port}},
      {"secureClientPort", int64_t{facts.secure_client_port}},
      {"dataDir", version_dir(config.storage.data_dir)},
      {"dataDirSize", facts.data_dir_size_bytes},
      {"dataLogDir", version_dir(config.storage.data_log_dir)},
      {"dataLogSize", facts.data_log_dir_size_bytes},
      {"tickTime", int64_t{config.session.tick_time_ms}},
      {"maxClientCnxns", int64_t{config.limits.max_client_cnxns}},
      {"minSessionTimeout", int64_t{config.session.min_session_timeout_ms}},
      {"maxSessionTimeout", int64_t{config.session.max_session_timeout_ms}},
      {"clientPortListenBacklog", int64_t{config.listen_backlog}},
      {"serverId", facts.server_id},
  };
}

std::vector<Entry> describe_admin_configuration(const Config& config, const RunningFacts& facts) {
  return {
      {"client_port", int64_t{facts.client_port}},
      {"data_dir", version_dir(config.storage.data_dir)},
      {"data_log_dir", version_dir(config.storage.data_log_dir)},
      {"tick_time", int64_t{config.session.tick_time_ms}},
      {"max_client_cnxns", int64_t{config.limits.max_client_cnxns}},
      {"min_session_timeout", int64_t{config.session.min_session_timeout_ms}},
      {"max_session_timeout", int64_t{config.session.max_session_timeout_ms}},
      {"server_id", facts.server_id},
      {"client_port_listen_backlog", int64_t{config.listen_backlog}},
  };
}

std::vector<Entry> describe_all(const Config& config) {
  std::vector<Entry> entries;
  for (const Key& key : all_keys()) {
    if (const Family* family = std::get_if<Family>(&key.target)) {
      for (FamilyMember& member : family->get(config)) {
        entries.push_back({key.name + member.suffix, std::move(member.value)});
      }
      continue;
    }
    std::string value = value_text(key, config);
    if (is_supported(key) && !value.empty()) {
      entries.push_back({key.name, std::move(value)});
    }
  }
  return entries;
}

std::string value_text(const Entry& entry) {
  const int64_t* number = std::get_if<int64_t>(&entry.value);
  return number != nullptr ? std::to_string(*number) : std::get<std::string>(entry.value);
}

std::string keys_markdown() {
  std::string text =
      "# Keys of zoo.cfg\n\n"
      "Written by the tests from the table in `server/config/*_keys.cc`; do not edit.\n\n"
      "Each key is a system property too: `-Dzookeeper.KEY=VALUE`, or as its row says. zoo.cfg is "
      "stronger than `-D`,\nand arguments are stronger than zoo.cfg. No key is ignored in "
      "silence: one that has no effect, here or beside\nthe other settings, is told of at start."
      "\n\n"
      "| key | default | allowed | meaning |\n|---|---|---|---|\n";
  const Config defaults;
  for (const Key& key : all_keys()) {
    if (is_supported(key)) {
      append_supported_row(text, key, defaults);
    }
  }
  text += "\n## Known, and refused unless harmless\n\n| key | harmless | why |\n|---|---|---|\n";
  for (const Key& key : all_keys()) {
    if (const Refused* refused = std::get_if<Refused>(&key.target)) {
      text += "| `" + key.name + "` | `" + std::string(refused->harmless) + "` | " +
              escape_cell(refused->reason) + " |\n";
    }
  }
  text += "\n## Known, and without effect\n\nEach gives a warning.\n\n| key | why |\n|---|---|\n";
  for (const Key& key : all_keys()) {
    if (const Ignored* ignored = std::get_if<Ignored>(&key.target)) {
      text += "| `" + key.name + "` | " + escape_cell(ignored->reason) + " |\n";
    }
  }
  return text;
}

}  // namespace quorate::config
