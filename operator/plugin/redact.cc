// Finding what may be secret by how it is named.
#include "operator/plugin/redact.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr std::string_view kHidden = "***";
constexpr std::array<std::string_view, 9> kSecretWords = {"password", "passwd",     "passphrase",
                                                          "token",    "digest",     "secret",
                                                          "apikey",   "credential", "privatekey"};

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char each) { return static_cast<char>(std::tolower(each)); });
  return lowered;
}

/// Whether a value of that name may be secret. Names of Secrets and of their keys are not, nor is
/// the number of bytes of one.
bool is_secret_name(std::string_view name) {
  const std::string lowered = lower(name);
  for (const std::string_view harmless :
       {"secretname", "secretref", "secretkeyref", "secret-hash", "automountserviceaccounttoken",
        "imagedigest", "image-digest"}) {
    if (lowered.ends_with(harmless)) {
      return false;
    }
  }
  std::string plain = lowered;
  std::erase_if(plain, [](char each) { return each == '_' || each == '-' || each == '.'; });
  return std::ranges::any_of(kSecretWords,
                             [&](std::string_view word) { return plain.find(word) != plain.npos; });
}

/// One value and where it stands; objects are walked without recursion, for they come from outside.
void redact_here(json& value, std::vector<json*>& waiting) {
  if (value.is_array()) {
    for (json& each : value) {
      waiting.push_back(&each);
    }
    return;
  }
  if (!value.is_object()) {
    return;
  }
  const bool is_variable = value.contains("name") && value["name"].is_string() &&
                           value.contains("value") && value["value"].is_string();
  if (is_variable && is_secret_name(value["name"].get<std::string>())) {
    value["value"] = kHidden;
  }
  if (value.contains("kind") && value["kind"] == "Secret") {
    value.erase("data");
    value.erase("stringData");
  }
  value.erase("kubectl.kubernetes.io/last-applied-configuration");
  for (const auto& [key, each] : value.items()) {
    if (each.is_string()) {
      each = is_secret_name(key) ? json(kHidden) : json(redacted_text(each.get<std::string>()));
    } else {
      waiting.push_back(&each);
    }
  }
}

bool is_word(char each) {
  return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '.' || each == '_' ||
         each == '-';
}

/// Where the value ends that begins at `at`: at its quote, or at a blank.
size_t end_of_value(std::string_view line, size_t at) {
  if (at < line.size() && line[at] == '"') {
    const size_t quote = line.find('"', at + 1);
    return quote == line.npos ? line.size() : quote + 1;
  }
  return std::min(line.find_first_of(" \t,;}\"", at), line.size());
}

std::string redacted_line(std::string_view line) {
  std::string text;
  size_t at = 0;
  while (at < line.size()) {
    const size_t begin = at;
    while (at < line.size() && is_word(line[at])) {
      ++at;
    }
    const std::string_view word = line.substr(begin, at - begin);
    text += word;
    if (word.empty()) {
      text += line[at++];
      continue;
    }
    size_t value = at;
    while (value < line.size() && (line[value] == '"' || line[value] == ' ')) {
      ++value;
    }
    const bool is_bearer = lower(word) == "bearer" && value > at;
    const bool is_pair = value < line.size() && (line[value] == '=' || line[value] == ':') &&
                         (is_secret_name(word) || lower(word) == "authorization");
    if (!is_bearer && !is_pair) {
      continue;
    }
    if (is_pair) {
      value = std::min(line.find_first_not_of(' ', value + 1), line.size());
    }
    text += line.substr(at, value - at);
    text += kHidden;
    // Of `Authorization: Bearer x` both words are hidden.
    const bool has_scheme = lower(line.substr(value, 7)) == "bearer ";
    at = end_of_value(line, has_scheme ? value + 7 : value);
  }
  return text;
}

}  // namespace

json redacted(const json& object) {
  json copy = object;
  std::vector<json*> waiting{&copy};
  while (!waiting.empty()) {
    json* const next = waiting.back();
    waiting.pop_back();
    redact_here(*next, waiting);
  }
  return copy;
}

std::string redacted_text(std::string_view text) {
  std::string result;
  bool is_in_key = false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const bool begins_key =
        line.find("-----BEGIN") != line.npos && line.find("PRIVATE KEY-----") != line.npos;
    if (begins_key) {
      result += kHidden;
    } else if (!is_in_key) {
      result += redacted_line(line);
    }
    const bool ends_key =
        line.find("-----END") != line.npos && line.find("PRIVATE KEY-----") != line.npos;
    const bool was_in_key = is_in_key;
    is_in_key = (is_in_key || begins_key) && !ends_key;
    if (end == text.npos) {
      break;
    }
    if (!was_in_key) {
      result += '\n';
    }
    text.remove_prefix(end + 1);
  }
  return result;
}

}  // namespace quorate::plugin
