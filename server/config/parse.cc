// parse(): layers -> settings -> fields -> checks.
#include "server/config/parse.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/config/check.h"
#include "server/config/key.h"
#include "server/config/settings.h"

namespace quorate::config {
namespace {

/// Sets every field that has a setting.
void apply_all(const Settings& settings, ParseResult& result) {
  for (const Setting* setting : settings.in_table_order()) {
    const KeyMatch match{.key = setting->key, .suffix = setting->suffix};
    Verdict verdict = apply(match, result.config, setting->value);
    if (verdict.kind == Verdict::Kind::kOk) {
      continue;
    }
    std::vector<Problem>& to =
        verdict.kind == Verdict::Kind::kError ? result.errors : result.warnings;
    to.push_back(
        {.place = setting->place, .key = setting->name, .message = std::move(verdict.message)});
  }
}

/// `tickTime (line 3)`; arguments have no lines.
std::string listed(const Setting& setting) {
  return setting.name +
         (setting.place.line > 0 ? " (line " + std::to_string(setting.place.line) + ")" : "");
}

/// Tells of every setting whose key lacks what it needs. Requires that there are no errors.
void note_ineffective(const Settings& settings, ParseResult& result) {
  std::map<std::string_view, size_t> note_by_reason;
  std::vector<const Setting*> by_line = settings.in_table_order();
  std::ranges::stable_sort(by_line, {}, [](const Setting* setting) { return setting->place.line; });
  for (const Setting* setting : by_line) {
    const std::vector<Needs>& needs = setting->key->needs;
    const auto missing = std::ranges::find_if_not(
        needs, [&](const Needs& each) { return each.is_met(result.config); });
    if (!is_supported(*setting->key) || missing == needs.end()) {
      continue;
    }
    const auto [found, is_new] =
        note_by_reason.try_emplace(missing->otherwise, result.notes.size());
    if (!is_new) {
      Problem& note = result.notes[found->second];
      const bool is_second = note.message.find("; nor ") == std::string::npos;
      note.message += (is_second ? "; nor have " : ", ") + listed(*setting);
      continue;
    }
    result.notes.push_back({.place = setting->place,
                            .key = setting->name,
                            .message = "has no effect " + std::string(missing->otherwise)});
  }
}

void sort_by_line(std::vector<Problem>& problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& problem) { return problem.place.line; });
}

}  // namespace

ParseResult parse(std::string_view text, std::string_view file_name,
                  const Properties& system_properties, const Properties& overrides) {
  ParseResult result;
  PropertiesText file = parse_properties(text, file_name);
  result.errors = std::move(file.errors);
  Settings settings;
  settings.add_system_properties(system_properties);
  settings.add_file(file.properties);
  settings.add_overrides(overrides);
  result.warnings = settings.warnings();
  apply_all(settings, result);
  complete(result.config, settings);
  check(result.config, settings, std::string(file_name), result.errors, result.warnings);
  sort_by_line(result.errors);
  sort_by_line(result.warnings);
  if (result.ok()) {
    note_ineffective(settings, result);
  }
  return result;
}

}  // namespace quorate::config
