// Settings: resolves names, duplicates and layers.
#include "server/config/settings.h"

#include "server/base/text.h"
#include "server/config/suggest.h"

namespace quorate::config {
namespace {

constexpr std::string_view kPrefix = "zookeeper.";

/// Whether ZooKeeper ignores this spelling, as it does jute.maxbuffer in zoo.cfg.
bool is_trap(const KeyMatch& match) {
  return match.key->raw == Key::RawName::kOnly && is_supported(*match.key);
}

/// The property with its key as the user wrote it: `-DNAME`.
Property as_written(const Property& property) {
  Property result = property;
  result.key = "-D" + std::string(trim(property.key));
  return result;
}

std::string trap_message(const Key& key) {
  return "is honoured, but ZooKeeper ignores it here and reads only -D" + key.name;
}

}  // namespace

void Settings::add_system_properties(const Properties& properties) {
  for (const Property& each : properties) {
    const std::string_view name = trim(each.key);
    const bool has_prefix = name.starts_with(kPrefix);
    const std::string_view bare = has_prefix ? name.substr(kPrefix.size()) : name;
    const Property property = as_written(each);
    const KeyMatch match = find_key(bare);
    if (match.key == nullptr) {
      warn_of_unknown(property, bare, has_prefix ? "-Dzookeeper." : "-D");
      continue;
    }
    const Key::RawName raw = match.key->raw;
    if (has_prefix && raw == Key::RawName::kOurs) {
      warn(property, "has no effect; it is spelled -D" + std::string(bare));
      continue;
    }
    if (!has_prefix && raw == Key::RawName::kNone) {
      warn(property, "has no effect; it is spelled -Dzookeeper." + std::string(bare));
      continue;
    }
    if (has_prefix && is_trap(match)) {
      warn(property, trap_message(*match.key));
    }
    put(match, property, Layer::kSystem);
  }
}

void Settings::add_file(const Properties& properties) {
  for (const Property& property : properties) {
    const std::string_view name = trim(property.key);
    const KeyMatch match = find_key(name);
    if (match.key == nullptr) {
      warn_of_unknown(property, name, {});
      continue;
    }
    if (is_trap(match)) {
      warn(property, trap_message(*match.key));
    }
    put(match, property, Layer::kFile);
  }
}

void Settings::add_overrides(const Properties& properties) {
  for (const Property& property : properties) {
    const KeyMatch match = find_key(property.key);
    if (match.key == nullptr) {
      warn_of_unknown(property, property.key, {});
      continue;
    }
    put(match, property, Layer::kOverride);
  }
}

void Settings::put(const KeyMatch& match, const Property& property, Layer layer) {
  Layered next{.setting = {.key = match.key,
                           .suffix = std::string(match.suffix),
                           .name = std::string(trim(property.key)),
                           .value = std::string(trim(property.value)),
                           .place = property.place},
               .layer = layer};
  const auto [found, is_new] = settings_.try_emplace({match.key, std::string(match.suffix)}, next);
  if (is_new) {
    return;
  }
  const Setting& former = found->second.setting;
  if (found->second.layer == layer && layer == Layer::kFile) {
    warn(property,
         "is set again; this value replaces that of line " + std::to_string(former.place.line));
  } else if (layer == Layer::kFile && former.value != next.setting.value) {
    warn(property, "replaces the value of " + former.name + " (" + former.place.source + ")");
  }
  found->second = std::move(next);
}

void Settings::warn_of_unknown(const Property& property, std::string_view name,
                               std::string_view prefix) {
  const std::string closest = closest_key(name);
  std::string message = "is not a key of this server and has no effect";
  if (!closest.empty()) {
    message += "; did you mean " + std::string(prefix) + closest + "?";
  }
  warn(property, std::move(message));
}

void Settings::warn(const Property& property, std::string message) {
  warnings_.push_back({.place = property.place,
                       .key = std::string(trim(property.key)),
                       .message = std::move(message)});
}

std::vector<const Setting*> Settings::in_table_order() const {
  std::vector<const Setting*> result;
  for (const auto& [where, layered] : settings_) {
    result.push_back(&layered.setting);
  }
  return result;
}

const Setting* Settings::find(std::string_view key_name) const {
  const KeyMatch match = find_key(key_name);
  const auto found = settings_.find({match.key, std::string(match.suffix)});
  return found == settings_.end() ? nullptr : &found->second.setting;
}

std::vector<const Setting*> Settings::family(std::string_view key_name) const {
  std::vector<const Setting*> result;
  for (const auto& [where, layered] : settings_) {
    if (where.first->name == key_name) {
      result.push_back(&layered.setting);
    }
  }
  return result;
}

}  // namespace quorate::config
