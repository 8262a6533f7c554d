// Columns and cells of tables.
#include "operator/local/table.h"

#include <algorithm>

#include "operator/local/pods.h"
#include "operator/local/selector.h"
#include "operator/local/table_rows.h"
#include "server/base/text.h"

namespace quorate::local {

namespace {

// A column of a custom resource.
Json custom_cell(const Json& object, const Column& column, WallMillis now) {
  const std::vector<Json> found = json_path(object, column.json_path);
  if (found.empty() || found[0].is_null()) {
    return Json();
  }
  const Json& value = found[0];
  if (column.type == "date") {
    const auto time = value.is_string() ? parse_time(value.get<std::string>()) : std::nullopt;
    return time ? Json(human_duration(now.value - time->value)) : Json("<invalid>");
  }
  if (column.type == "string") {
    if (found.size() > 1) {
      std::vector<std::string> parts;
      for (const Json& item : found) {
        parts.push_back(item.is_string() ? item.get<std::string>() : dump(item));
      }
      return join(parts, ",");
    }
    return value.is_string() ? value : Json(dump(value));
  }
  return value;
}

Json definition_of(const Column& column) {
  return {{"name", column.name},
          {"type", column.type == "date" ? "string" : column.type},
          {"format", column.name == "Name" ? "name" : ""},
          {"description", column.description},
          {"priority", column.priority}};
}

std::vector<Column> custom_columns(const Kind& kind) {
  std::vector<Column> columns = {{.name = "Name",
                                  .type = "string",
                                  .json_path = ".metadata.name",
                                  .description = "Name must be unique within a namespace."}};
  if (kind.columns.empty()) {
    columns.push_back({.name = "Age",
                       .type = "date",
                       .json_path = ".metadata.creationTimestamp",
                       .description = "When the object was created."});
  } else {
    columns.insert(columns.end(), kind.columns.begin(), kind.columns.end());
  }
  return columns;
}

Json row_object(const Json& object, const std::string& include) {
  if (include == "None") {
    return Json();
  }
  if (include == "Object") {
    return object;
  }
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", map_at(object, "metadata")}};
}

}  // namespace

Json make_table(const Kind& kind, const std::vector<Json>& objects, const Json& metadata,
                const TableOptions& options, WallMillis now) {
  const BuiltinTable* builtin = kind.is_custom ? nullptr : builtin_table(kind.kind);
  const std::vector<Column> columns = builtin == nullptr ? custom_columns(kind) : builtin->columns;
  Json definitions = Json::array();
  for (const Column& column : columns) {
    definitions.push_back(definition_of(column));
  }
  Json rows = Json::array();
  for (const Json& object : objects) {
    Json cells = Json::array();
    if (builtin != nullptr) {
      cells = builtin->cells(object, now);
    } else {
      for (const Column& column : columns) {
        cells.push_back(custom_cell(object, column, now));
      }
    }
    Json row = {{"cells", std::move(cells)}};
    if (Json carried = row_object(object, options.include); !carried.is_null()) {
      row["object"] = std::move(carried);
    }
    rows.push_back(std::move(row));
  }
  return {{"kind", "Table"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", metadata},
          {"columnDefinitions", options.with_definitions ? definitions : Json()},
          {"rows", std::move(rows)}};
}

std::string human_duration(int64_t millis) {
  const int64_t seconds = millis / 1000;
  const auto two = [](int64_t large, const char* large_unit, int64_t small,
                      const char* small_unit) {
    std::string shown = std::to_string(large) + large_unit;
    return small == 0 ? shown : shown + std::to_string(small) + small_unit;
  };
  if (seconds < 0) {
    return seconds < -1 ? "<invalid>" : "0s";
  }
  if (seconds < 120) {
    return std::to_string(seconds) + "s";
  }
  const int64_t minutes = seconds / 60;
  if (minutes < 10) {
    return two(minutes, "m", seconds % 60, "s");
  }
  if (minutes < 180) {
    return std::to_string(minutes) + "m";
  }
  const int64_t hours = minutes / 60;
  if (hours < 8) {
    return two(hours, "h", minutes % 60, "m");
  }
  if (hours < 48) {
    return std::to_string(hours) + "h";
  }
  const int64_t days = hours / 24;
  if (days < 8) {
    return two(days, "d", hours % 24, "h");
  }
  if (days < 730) {
    return std::to_string(days) + "d";
  }
  return two(days / 365, "y", days % 365, "d");
}

}  // namespace quorate::local
