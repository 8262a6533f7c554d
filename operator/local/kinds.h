// The kinds that the API serves: built-in ones and those of custom resource definitions.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/local/object.h"
#include "operator/local/schema.h"

namespace quorate::local {

/// A column of a table, as additionalPrinterColumns has it.
struct Column {
  std::string name;
  std::string type;       ///< string, integer, number, boolean, date.
  std::string json_path;  ///< `.status.ready`.
  std::string description;
  int64_t priority = 0;  ///< Above 0: shown by `-o wide` only.
};

/// Where the scale subresource finds its numbers: JSON paths such as `.spec.replicas`.
struct ScalePaths {
  std::string spec_replicas;
  std::string status_replicas;
  std::string label_selector;
};

/// One kind in one version.
struct Kind {
  std::string group;
  std::string version;
  std::string kind;
  std::string plural;
  std::string singular;
  bool is_namespaced = true;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool has_status = false;
  std::optional<ScalePaths> scale;
  /// metadata.generation counts changes of what a person asks for.
  bool tracks_generation = false;
  bool is_custom = false;
  bool is_stored = true;  ///< Whether this is the version that is stored.
  SchemaPtr schema;       ///< Null: stored as it is.
  std::vector<Column> columns;

  [[nodiscard]] std::string api_version() const {
    return group.empty() ? version : group + "/" + version;
  }
  /// What Key::resource holds, the same for every version.
  [[nodiscard]] std::string resource() const {
    if (group == "events.k8s.io") {
      return plural;  // The same objects as the core group's events, in another shape.
    }
    return group.empty() ? plural : plural + "." + group;
  }
  [[nodiscard]] Subject subject(std::string name) const {
    return {.group = group, .kind = kind, .resource = plural, .name = std::move(name)};
  }
};
using KindPtr = std::shared_ptr<const Kind>;

/// All kinds by their places in the API. Starts with the built-in ones.
class Kinds {
 public:
  Kinds();

  [[nodiscard]] KindPtr find(std::string_view group, std::string_view version,
                             std::string_view plural) const;
  /// By apiVersion and kind of an object.
  [[nodiscard]] KindPtr find_kind(std::string_view api_version, std::string_view kind) const;
  /// By Key::resource, in the stored version.
  [[nodiscard]] KindPtr find_resource(std::string_view resource) const;
  /// All, in order of group, version and plural.
  [[nodiscard]] std::vector<KindPtr> all() const;

  /// Serves the kinds of a definition in place of those that it served before.
  void set_definition(const Json& definition);
  void remove_definition(const std::string& name);

 private:
  void add(Kind kind);

  std::map<std::string, KindPtr> by_place_;  ///< Key: group/version/plural.
  std::map<std::string, std::vector<std::string>> places_of_definition_;
};

/// The kinds of a CustomResourceDefinition; errors are those of its schemas.
[[nodiscard]] std::vector<Kind> kinds_of_definition(const Json& definition, FieldErrors& errors);

/// The schema of a built-in kind, or null for kinds that are stored as they are.
[[nodiscard]] SchemaPtr builtin_schema(std::string_view kind);

}  // namespace quorate::local
