// Settings: which key has which value in the end, after duplicates and layers are resolved.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/key.h"
#include "server/config/problem.h"
#include "server/config/properties.h"

namespace quorate::config {

/// The value that counts for one key, and where it was written.
struct Setting {
  const Key* key = nullptr;
  /// For a family, the part of the name after the dot.
  std::string suffix;
  /// The name as it was written, `-D` names with that.
  std::string name;
  std::string value;
  Place place;
};

/// Collects settings layer by layer: system properties, then zoo.cfg, then arguments; a later one
/// replaces an earlier one. Warnings gather on the way.
class Settings {
 public:
  /// Takes `-D` properties: `zookeeper.KEY`, and the names that ZooKeeper reads without prefix.
  void add_system_properties(const Properties& properties);
  /// Takes the lines of zoo.cfg.
  void add_file(const Properties& properties);
  /// Takes values of arguments, whose keys are spelled as in zoo.cfg.
  void add_overrides(const Properties& properties);

  /// The settings in the order of all_keys(), families by suffix.
  [[nodiscard]] std::vector<const Setting*> in_table_order() const;
  /// The setting of a key of all_keys(), by its name there; null when it is not set.
  [[nodiscard]] const Setting* find(std::string_view key_name) const;
  /// The settings of a family, such as "server.".
  [[nodiscard]] std::vector<const Setting*> family(std::string_view key_name) const;
  [[nodiscard]] const std::vector<Problem>& warnings() const { return warnings_; }

 private:
  enum class Layer { kSystem, kFile, kOverride };
  struct Layered {
    Setting setting;
    Layer layer;
  };

  void put(const KeyMatch& match, const Property& property, Layer layer);
  /// `name` is the part that is compared with the keys, `prefix` what is put before a proposal.
  void warn_of_unknown(const Property& property, std::string_view name, std::string_view prefix);
  void warn(const Property& property, std::string message);

  /// By row and suffix. Rows are elements of one vector, so their addresses are in table order.
  std::map<std::pair<const Key*, std::string>, Layered> settings_;
  std::vector<Problem> warnings_;
};

}  // namespace quorate::config
