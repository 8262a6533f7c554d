// Text and JSON of the shell's answers.
#include "server/cli/shell_format.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace quorate::cli {
namespace {

struct Permission {
  int32_t bit;
  char letter;
};
constexpr std::array<Permission, 5> kPermissions{{{wire::kPermCreate, 'c'},
                                                  {wire::kPermDelete, 'd'},
                                                  {wire::kPermRead, 'r'},
                                                  {wire::kPermWrite, 'w'},
                                                  {wire::kPermAdmin, 'a'}}};

/// Bits of "cdrwa"; letters that are none are complained about, and left out.
int32_t parse_permissions(std::string_view text, std::vector<std::string>& complaints) {
  int32_t bits = 0;
  for (const char letter : text) {
    const auto found = std::find_if(kPermissions.begin(), kPermissions.end(),
                                    [letter](const Permission& p) { return p.letter == letter; });
    if (found == kPermissions.end()) {
      complaints.push_back(std::string("Unknown perm type: ") + letter);
      continue;
    }
    bits |= found->bit;
  }
  return bits;
}

}  // namespace

std::string java_date(WallMillis time) {
  const auto seconds = static_cast<std::time_t>(time.value / 1000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%a %b %d %H:%M:%S %Z %Y", &parts);
  return std::string(text.data(), size);
}

std::string hexadecimal(int64_t value) {
  std::array<char, 24> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "0x%llx", static_cast<unsigned long long>(value));
  return std::string(text.data(), static_cast<size_t>(size));
}

std::string stat_text(const wire::Stat& stat) {
  std::string text;
  const auto line = [&text](std::string_view name, std::string_view value) {
    text.append(name).append(" = ").append(value).append("\n");
  };
  line("cZxid", hexadecimal(stat.czxid.value));
  line("ctime", java_date(stat.ctime));
  line("mZxid", hexadecimal(stat.mzxid.value));
  line("mtime", java_date(stat.mtime));
  line("pZxid", hexadecimal(stat.pzxid.value));
  line("cversion", std::to_string(stat.cversion));
  line("dataVersion", std::to_string(stat.version));
  line("aclVersion", std::to_string(stat.aversion));
  line("ephemeralOwner", hexadecimal(stat.ephemeral_owner));
  line("dataLength", std::to_string(stat.data_length));
  line("numChildren", std::to_string(stat.num_children));
  return text;
}

Json stat_json(const wire::Stat& stat) {
  return Json{{"cZxid", hexadecimal(stat.czxid.value)},
              {"ctime", stat.ctime.value},
              {"mZxid", hexadecimal(stat.mzxid.value)},
              {"mtime", stat.mtime.value},
              {"pZxid", hexadecimal(stat.pzxid.value)},
              {"cversion", stat.cversion},
              {"dataVersion", stat.version},
              {"aclVersion", stat.aversion},
              {"ephemeralOwner", hexadecimal(stat.ephemeral_owner)},
              {"dataLength", stat.data_length},
              {"numChildren", stat.num_children}};
}

std::string list_text(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    text.append(text.size() > 1 ? ", " : "").append(item);
  }
  return text + "]";
}

std::string permissions_text(int32_t permissions) {
  std::string text;
  for (const Permission& permission : kPermissions) {
    if ((permissions & permission.bit) != 0) {
      text.push_back(permission.letter);
    }
  }
  return text;
}

std::string acl_text(const std::vector<wire::Acl>& acls) {
  std::string text;
  for (const wire::Acl& acl : acls) {
    text.append("'").append(acl.id.scheme).append(",'").append(acl.id.id).append("\n: ");
    text.append(permissions_text(acl.perms)).append("\n");
  }
  return text;
}

Json acl_json(const std::vector<wire::Acl>& acls) {
  Json json = Json::array();
  for (const wire::Acl& acl : acls) {
    json.push_back(Json{{"scheme", acl.id.scheme},
                        {"id", acl.id.id},
                        {"permissions", permissions_text(acl.perms)}});
  }
  return json;
}

ParsedAcl parse_acl(std::string_view text) {
  ParsedAcl result;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const size_t first = entry.find(':');
    const size_t last = entry.rfind(':');
    if (first == entry.npos || first == last) {
      result.complaints.push_back(std::string(entry) + " does not have the form scheme:id:perm");
      continue;
    }
    wire::Acl acl;
    acl.id.scheme = entry.substr(0, first);
    acl.id.id = entry.substr(first + 1, last - first - 1);
    acl.perms = parse_permissions(entry.substr(last + 1), result.complaints);
    result.acls.push_back(std::move(acl));
  }
  return result;
}

std::string event_text(const client::Event& event) {
  std::string text = "\nWATCHER::\n\nWatchedEvent state:";
  text.append(client::name_of(event.state));
  text.append(" type:").append(client::name_of_event(event.type));
  text.append(" path:").append(event.path.empty() ? "null" : event.path);
  text.append(" zxid: ").append(std::to_string(event.zxid.value)).append("\n");
  return text;
}

Json event_json(const client::Event& event) {
  return Json{{"event", client::name_of_event(event.type)},
              {"state", client::name_of(event.state)},
              {"path", event.path.empty() ? Json(nullptr) : Json(event.path)},
              {"zxid", event.zxid.value}};
}

}  // namespace quorate::cli
